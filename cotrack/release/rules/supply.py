"""What may be supplied of a lot out of specification: all but the failed tests is in order (domain.md §3.3 rule 4).

EU ATMP GMP §11.5: only exceptionally, at the treating physician's request, after the manufacturer's risk evaluation.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.release.rules.lots import Decider, LotFacts, TestStanding, against_going_on, against_test, outstanding
from cotrack.release.rules.reasons import gravest_first
from cotrack.study.rules.definition import Definition, ReleaseTest
from cotrack.study.rules.specification import Standing

SUPPLY_NUMBER: Final = "SUP-{lot}-{count}"
"""How the supplies of a lot are numbered, counted up from 1: by it the trail of the lot finds them."""


def failed(standings: Sequence[TestStanding]) -> list[TestStanding]:
    """Return the tests that are out of specification; one that cannot be held against its limit is none of them."""
    return [each for each in standings if each.standing is Standing.OUT_OF_SPECIFICATION]


def against_supplying(lot: str, status: str, tests: Sequence[TestStanding]) -> list[Blocker]:
    """Return why a lot is never supplied out of specification: it is not in quarantine, or no test of it failed.

    A lot that was released and failed later is on hold, and a rejected one is never given (§3.3 rules 3 and 4).
    """
    details, solve = {"lot": lot}, f"lot:{lot}"
    if status != "quarantine":
        words = N_("Lot {lot} is not in quarantine: only such a lot is supplied out of specification.")
        return [Blocker("lot_not_in_quarantine", words, details, solve=solve)]
    if not failed(tests):
        words = N_("No test of lot {lot} is out of specification: QA releases it, or waits for its results.")
        return [Blocker("nothing_failed", words, details, solve=solve)]
    return []


def against_evaluation(definition: Definition, facts: LotFacts, decider: Decider, now: datetime) -> list[Blocker]:
    """Return every reason why QA cannot sign that bags of a lot may be supplied out of specification.

    Everything but the tests that failed, and their own investigations, is in order as for a release; a required test is
    missing only where it may be outstanding at a conditional release.
    """
    names = {each.test.name for each in failed(facts.standings)}
    others = replace(facts, investigations=tuple(each for each in facts.investigations if each.test not in names))
    blockers = [*definition.against_use("test"), *against_going_on(others, decider, now)]
    awaited = {each.key for each in outstanding(facts.standings)}
    for each in facts.standings:
        if each.test.key not in awaited:
            found = against_test(facts.number, each)
            blockers.extend(reason for reason in found if reason.code != "out_of_specification")
    return gravest_first(blockers)


def against_uninvestigated(lot: str, tests: Collection[ReleaseTest]) -> list[Blocker]:
    """Return a reason for each test that failed and has no investigation: nobody evaluates what nobody looked into."""
    words = N_("{test}: the failed result has no investigation yet. Open one first.")
    return [
        Blocker("investigation_missing", words, {"test": each.name, "lot": lot}, solve=f"lot:{lot}") for each in tests
    ]


@dataclass(frozen=True)
class Beside:
    """What stands beside a lot's results: investigations with their state, deviations, and holds of all time."""

    investigations: Sequence[tuple[str, str]]
    deviations: Sequence[str]
    holds: Sequence[int]


_DEVIATION: Final = "deviation "


def findings(standings: Sequence[TestStanding], beside: Beside) -> str:
    """Return the one text of what is known of a lot: what is evaluated and accepted counts only while it is the same.

    Of a test that failed each result counts, of another whether it passes, is reviewed, and how often it was made
    invalid: a further pass changes nothing. A hold that was lifted stays in it, so that nothing counts again.
    """
    lines = [
        *(_line(each) for each in standings),
        *(f"investigation {number} {status}" for number, status in sorted(beside.investigations)),
        *(f"{_DEVIATION}{number}" for number in sorted(beside.deviations)),
        *(f"hold {hold_id}" for hold_id in sorted(beside.holds)),
    ]
    return "\n".join(lines)


def without_deviations(text: str) -> str:
    """Return findings as they count for a bag that is being given: over a deviation a person judges at the bed."""
    return "\n".join(each for each in text.splitlines() if not each.startswith(_DEVIATION))


def _line(each: TestStanding) -> str:
    passes = each.standing in {Standing.WITHIN, Standing.NEAR_LIMIT}
    said = "passes" if passes else each.standing.value
    reviewed = "reviewed" if each.is_reviewed else "unreviewed"
    line = f"test {each.test.key} {said} {reviewed} invalid {len(each.invalidated)}"
    if passes:
        return line
    return " ".join([line, *(f"#{found.replicate}={found.reported.words}" for found in each.results)])
