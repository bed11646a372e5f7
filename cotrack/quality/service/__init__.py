"""Holding and recalling things, deviations with their actions, and alerts."""
