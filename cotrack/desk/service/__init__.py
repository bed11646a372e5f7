"""Reads that compose all stages into what people look at."""
