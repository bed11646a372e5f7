"""What a study definition says, and what follows from it."""
