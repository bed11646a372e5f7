"""Places where the trail was found altered: kept, shown on every page, and acknowledged by a person."""
