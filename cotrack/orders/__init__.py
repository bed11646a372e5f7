"""Dose orders, the arithmetic of the dose, and the bags set aside for it."""
