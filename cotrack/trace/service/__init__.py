"""Following things through every stage, and who must read that a lot they gave failed."""
