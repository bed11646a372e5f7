"""When QA may make a result invalid: for a cause that was found, and by somebody who had no part in the result."""

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.quality.rules import DeviationFacts
from cotrack.release.rules.lots import Decider, ResultFacts


def against_invalidation(result: ResultFacts, deviation: DeviationFacts | None, decider: Decider) -> list[Blocker]:
    """Return every reason against making a result invalid.

    A failing result does not go away because it fails: a deviation of this very lot names the cause that was found
    (reference/domain.md §3.3 rules 4 and 5; FDA, Investigating Out-of-Specification Test Results, 2022).
    `deviation` is None where the lot has none of the number that was given.
    """
    return [*_against_cause(deviation), *against_involved(result, decider)]


def _against_cause(deviation: DeviationFacts | None) -> list[Blocker]:
    if deviation is None:
        return [Blocker("deviation_unknown", "Name a deviation of this lot: it says what the investigation found.")]
    if not deviation.is_open:
        words = N_("Deviation {number} is closed: whoever closed it knew of no result that would fall with it.")
        details = {"number": deviation.number}
        return [Blocker("deviation_closed", words, details, solve=f"deviation:{deviation.number}")]
    if not deviation.cause:
        words = N_("Deviation {number} names no cause yet: without a cause that was found, the result stands.")
        return [
            Blocker("cause_missing", words, {"number": deviation.number}, solve=f"deviation:{deviation.number}"),
        ]
    return []


def against_involved(result: ResultFacts, decider: Decider) -> list[Blocker]:
    """Return why a person may not make this result invalid, whatever its cause: nobody judges their own work."""
    if decider.username.casefold() in result.authors:
        return [Blocker("same_person", "You made or entered this result: another person makes it invalid.")]
    if decider.person_id is not None and decider.person_id == result.reviewed_by_id:
        return [Blocker("same_person", "You reviewed this result: another person makes it invalid.")]
    return []
