"""Laboratory results, their review, and the signed disposition of a lot."""
