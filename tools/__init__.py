"""What the makers of cotrack use; nothing of it is installed."""
