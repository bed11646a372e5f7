"""Screening, identity, enrolment, and bands."""
