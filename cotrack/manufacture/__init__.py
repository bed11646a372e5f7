"""Lots and the units filled from them."""
