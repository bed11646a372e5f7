"""Codes on labels, and every print of a label as an instance of its own."""
