"""Tables of results, of their investigations, and of what QA signs about a lot."""

from cotrack.release.models.dispositions import DECISIONS, Disposition, ExpiryDecision, TrailReview
from cotrack.release.models.investigations import OUTCOMES, InvestigatedResult, Investigation
from cotrack.release.models.laboratories import FileMapping, Laboratory, MappedImport
from cotrack.release.models.results import VALID, EntryEnd, Invalidation, Result, ResultEntry, ResultFile, ResultImport

__all__ = [
    "DECISIONS",
    "OUTCOMES",
    "VALID",
    "Disposition",
    "EntryEnd",
    "ExpiryDecision",
    "FileMapping",
    "Invalidation",
    "InvestigatedResult",
    "Investigation",
    "Laboratory",
    "MappedImport",
    "Result",
    "ResultEntry",
    "ResultFile",
    "ResultImport",
    "TrailReview",
]
