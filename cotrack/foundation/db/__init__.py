"""Tables and connections: typed columns with one text form each, the engines, and the guard against unseen writes."""

from cotrack.foundation.db.base import APPEND_ONLY, Base, Standing, column, is_append_only, one_of
from cotrack.foundation.db.columns import ExactDecimal, PlainText, UtcInstant
from cotrack.foundation.db.prepared import Prepared
from cotrack.foundation.db.sessions import Sessions

__all__ = [
    "APPEND_ONLY",
    "Base",
    "ExactDecimal",
    "PlainText",
    "Prepared",
    "Sessions",
    "Standing",
    "UtcInstant",
    "column",
    "is_append_only",
    "one_of",
]
