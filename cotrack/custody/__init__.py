"""Where every unit is, and by which hands it went there."""
