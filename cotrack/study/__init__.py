"""The protocol as data: product, arms, eligibility, specification, schedule and texts, from one versioned file."""
