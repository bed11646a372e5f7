"""Importing results, reviewing them, and deciding about a lot."""
