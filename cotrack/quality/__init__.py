"""Deviations, holds and alerts about any thing, named by `noun:id`; a hold stands over a status and changes none."""
