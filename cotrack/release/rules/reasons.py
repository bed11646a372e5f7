"""In which order the reasons against a lot are told, and how they are told in short."""

from collections.abc import Sequence
from dataclasses import replace

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_

_ORDER = (
    "oos_confirmed",
    "out_of_specification",
    "result_undecidable",
    "investigation_open",
    "",
    "result_missing",
    "result_unreviewed",
    "trail_unreviewed",
)


def gravest_first(blockers: Sequence[Blocker]) -> list[Blocker]:
    """Return reasons with the failed tests first, then the lot's own, then what is missing, then what waits.

    The trail stands last: its review comes after everything that is done to the lot.
    """
    return sorted(blockers, key=lambda each: _ORDER.index(each.code if each.code in _ORDER else ""))


def in_short(blockers: Sequence[Blocker]) -> list[Blocker]:
    """Return reasons as they stand under a button: tests without a result or a review are counted, not named."""
    counted: dict[str, list[Blocker]] = {}
    for each in blockers:
        counted.setdefault(each.code, []).append(each)
    shown = []
    for code, found in counted.items():
        words = _COUNTED.get(code, "") if len(found) > 1 else ""
        shown += [replace(found[0], detail=words, parameters={"count": len(found)})] if words else found
    return shown


_COUNTED = {
    "result_missing": N_("{count} tests have no result yet."),
    "result_unreviewed": N_("{count} tests are not reviewed by a second person yet."),
}
