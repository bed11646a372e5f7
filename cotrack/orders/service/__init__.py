"""Ordering a dose, setting bags aside for it, and what was given before."""
