"""What a result does that comes, or is made invalid, after the release of its lot (reference/domain.md §3.3 rule 3)."""

from collections.abc import Sequence

from cotrack.foundation.words import Words
from cotrack.release.rules.lots import TestStanding
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Reported, Standing, judge_one


def against_staying_released(new: Sequence[tuple[ReleaseTest, Reported]]) -> str:
    """Return why a lot that was released goes on hold at once; empty if nothing of its new results is a reason.

    Out of specification, or not to be held against the limit: by neither would it have been released (§3.3 rule 1).
    """
    failed = [(test, each, standing) for test, each in new if (standing := judge_one(test, each)) in _STOPPING]
    told = {
        language: "; ".join(
            f"{test.name[language]}: {_with_unit(test, each)} ({_STOPPING[standing][language]})"
            for test, each, standing in failed
        )
        for language in ("en", "zh")
    }
    return f"{told['en']} / {told['zh']}" if failed else ""


def against_staying_released_without(standing: TestStanding, *, is_conditional: bool) -> str:
    """Return why a lot that was released goes on hold when a result of this test was made invalid; empty if it stays.

    `standing` is the test without that result. A required test needs a valid and reviewed one (§3.3 rule 1); only
    under a conditional release may it be awaited, where the study lets it be outstanding (rule 2).
    """
    test = standing.test
    may_wait = is_conditional and test.may_be_outstanding
    if not test.is_required or may_wait or any(each.reviewed_by_id is not None for each in standing.results):
        return ""
    return " / ".join(f"{test.name[language]}: {_LEFT[language]}" for language in ("en", "zh"))


_LEFT = Words("no valid, reviewed result is left", "已无有效且经复核的结果")
_STOPPING = {
    Standing.OUT_OF_SPECIFICATION: Words("out of specification", "超标"),
    Standing.UNDECIDABLE: Words("cannot be held against the limit", "无法与限度比较"),
}


def _with_unit(test: ReleaseTest, reported: Reported) -> str:
    return f"{reported.words} {test.unit}".rstrip()
