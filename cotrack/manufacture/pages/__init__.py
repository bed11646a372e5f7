"""Pages of lots and units, of what lots are made from, and of how they are made."""
