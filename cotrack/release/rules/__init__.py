"""What stands between a lot and its release, and who made its results."""
