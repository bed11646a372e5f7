"""Making lots, filling units, labelling them, and what may happen to a unit's status."""
