"""Verifying the trail: code of its own, apart from what writes it, and for an export nothing but the exported files."""
