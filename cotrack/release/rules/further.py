"""What a further result of a test is to those stored: never their replacement (reference/domain.md §3.3 rule 5)."""

from collections.abc import Sequence
from enum import StrEnum

from cotrack.release.rules.investigations import has_failed
from cotrack.release.rules.lots import ResultFacts
from cotrack.study.rules.definition import ReleaseTest


class Further(StrEnum):
    """How a further row of a replicate stands to the rows of it that are stored."""

    NEW = "new"
    CORRECTION = "correction"
    CONTRADICTION = "contradiction"


def further(stored: Sequence[ResultFacts]) -> Further:
    """Say what a row is that differs from every stored row of its replicate.

    It corrects where QA made the newest invalid; while one of them is valid, it contradicts that and is not stored.
    """
    if not stored:
        return Further.NEW
    return Further.CONTRADICTION if any(each.is_valid for each in stored) else Further.CORRECTION


def may_be_retested(test: ReleaseTest, result: ResultFacts) -> bool:
    """Whether a result is a ground for a retest: it failed, could not be judged, or was made invalid.

    A pass is not tested again until it is a better one; and a failing result that is valid fails the test whatever a
    retest says.
    """
    return has_failed(test, result.reported) or not result.is_valid
