"""What a code says, and which kinds of label there are."""
