"""What comes after an infusion: samples, adverse events, responses. Nothing is recorded here yet."""
