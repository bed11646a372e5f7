"""What a result does that comes after the release of its lot (reference/domain.md §3.3 rule 3)."""

from collections.abc import Sequence

from cotrack.foundation.words import Words
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


_STOPPING = {
    Standing.OUT_OF_SPECIFICATION: Words("out of specification", "超标"),
    Standing.UNDECIDABLE: Words("cannot be held against the limit", "无法与限度比较"),
}


def _with_unit(test: ReleaseTest, reported: Reported) -> str:
    return f"{reported.words} {test.unit}".rstrip()
