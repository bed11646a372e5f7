"""What stands between a lot and its release: every reason, from the specification its lot is bound to (§3.3)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.manufacture.rules import SourceFacts, against_unapproved
from cotrack.manufacture.rules.process import LotSteps, against_steps
from cotrack.quality.rules import DeviationFacts, HoldFacts, against_held, against_open
from cotrack.release.rules.entries import UnsettledEntry, against_unsettled
from cotrack.release.rules.investigations import InvestigationFacts, against_investigations
from cotrack.release.rules.reasons import gravest_first
from cotrack.study.rules.definition import Definition, ReleaseTest
from cotrack.study.rules.specification import Reported, Standing, judge_all

RELEASED_STATES = frozenset({"released", "conditionally_released"})


@dataclass(frozen=True)
class ResultFacts:
    """One stored result: what was reported, by whom, and whether and by whom it was reviewed.

    `authors` are the user names, in small letters, of everybody whom the analyst's cell may mean and of who entered it.
    `invalid_because` says by which deviation, why and by whom it was made invalid; such a result counts in nothing.
    """

    test: str
    replicate: int
    reported: Reported
    authors: frozenset[str]
    reviewed_by_id: int | None
    invalid_because: str = ""
    invalidated_by_id: int | None = None

    @property
    def is_valid(self) -> bool:
        """Whether the result counts: QA has not made it invalid."""
        return not self.invalid_because


@dataclass(frozen=True)
class TestStanding:
    """Where a lot stands in one test of its specification, by its valid results; the others stand beside them."""

    test: ReleaseTest
    standing: Standing
    results: tuple[ResultFacts, ...]
    invalidated: tuple[ResultFacts, ...] = ()

    @property
    def is_reviewed(self) -> bool:
        """Whether every result of the test was reviewed by a second person."""
        return bool(self.results) and all(each.reviewed_by_id is not None for each in self.results)


@dataclass(frozen=True)
class Decider:
    """Who would sign a decision about a lot."""

    person_id: int | None
    username: str


@dataclass(frozen=True)
class TrailStanding:
    """How far a lot's trail was reviewed, how far it goes by now (ids of records), and who reviewed it last.

    `reviewer_may_release` is what the site says: whether one QA person may review the trail and release the lot.
    `has_gaps` is whether the review skipped a record: one that was numbered before it, and committed after it.
    """

    reviewed_up_to: int
    newest: int
    reviewer_id: int | None
    reviewer_may_release: bool = True
    has_gaps: bool = False

    @property
    def is_reviewed(self) -> bool:
        """Whether nothing was done to the lot since its trail was reviewed."""
        return 0 < self.newest <= self.reviewed_up_to and not self.has_gaps


@dataclass(frozen=True)
class LotFacts:
    """A lot as far as its disposition depends on it."""

    number: str
    expires_at: datetime
    standings: tuple[TestStanding, ...]
    holds: tuple[HoldFacts, ...]
    deviations: tuple[DeviationFacts, ...]
    producer_ids: frozenset[int]
    trail: TrailStanding
    sources: tuple[SourceFacts, ...] = ()
    steps: LotSteps | None = None
    unsettled: tuple[UnsettledEntry, ...] = ()
    typist_ids: frozenset[int] = frozenset()
    """Who typed or withdrew an entry of a result of the lot, whatever became of it."""
    investigations: tuple[InvestigationFacts, ...] = ()


def standings(definition: Definition, results: Sequence[ResultFacts]) -> tuple[TestStanding, ...]:
    """Judge a lot's valid results test by test, in the order of the specification; a test without one is missing."""
    by_test: dict[str, list[ResultFacts]] = {}
    for result in results:
        by_test.setdefault(result.test, []).append(result)
    return tuple(
        _standing(test, by_test.get(key, []))
        for key, test in definition.tests.items()
        if test.is_required or key in by_test
    )


def _standing(test: ReleaseTest, results: Sequence[ResultFacts]) -> TestStanding:
    valid = tuple(each for each in results if each.is_valid)
    invalidated = tuple(each for each in results if not each.is_valid)
    return TestStanding(test, judge_all(test, [each.reported for each in valid]), valid, invalidated)


def against_release(definition: Definition, facts: LotFacts, decider: Decider, now: datetime) -> list[Blocker]:
    """Return every reason against a full release (§3.3 rule 1)."""
    blockers = [*definition.against_use("test"), *against_going_on(facts, decider, now)]
    for each in facts.standings:
        blockers.extend(against_test(facts.number, each))
    return gravest_first(blockers)


def against_conditional_release(
    definition: Definition, facts: LotFacts, decider: Decider, now: datetime
) -> list[Blocker]:
    """Return every reason against a conditional release: only tests that may be outstanding may be missing (rule 2)."""
    needed = definition.against_use("test", "product.conditional_release_days")
    blockers = [*needed, *against_going_on(facts, decider, now)]
    missing = {each.key for each in outstanding(facts.standings)}
    if not missing:
        blockers.append(Blocker("nothing_outstanding", "No test is outstanding: there is nothing to wait for."))
    for each in facts.standings:
        if each.test.key not in missing:
            blockers.extend(against_test(facts.number, each))
    return gravest_first(blockers)


def outstanding(standings: Sequence[TestStanding]) -> list[ReleaseTest]:
    """Return the required tests without a result that may still be outstanding at a conditional release."""
    return [
        each.test
        for each in standings
        if each.standing is Standing.MISSING and each.test.is_required and each.test.may_be_outstanding
    ]


def against_rejection(facts: LotFacts, decider: Decider) -> list[Blocker]:
    """Return the reasons against signing a rejection: only that whoever made the lot does not decide on it.

    It waits for nothing else, not even for the review of the trail: what stops a lot is never held up.
    """
    return against_involved(facts, decider)


def against_going_on(facts: LotFacts, decider: Decider, now: datetime) -> list[Blocker]:
    """Return what keeps a lot from going on at all, whatever its results are."""
    blockers = [*against_held(facts.holds), *against_unapproved(facts.sources), *against_open(facts.deviations)]
    blockers += against_steps(facts.steps) if facts.steps is not None else []
    blockers += against_unsettled(facts.number, facts.unsettled)
    blockers += against_investigations(facts.investigations)
    if facts.expires_at <= now:
        blockers.append(Blocker("expired", "Lot {lot} expired at {at}.", {"lot": facts.number, "at": facts.expires_at}))
    return [*blockers, *against_involved(facts, decider), *_against_trail(facts, decider)]


def _against_trail(facts: LotFacts, decider: Decider) -> list[Blocker]:
    """No lot goes on before its trail was reviewed up to the newest act (EU GMP Annex 11 draft 12.8)."""
    trail = facts.trail
    if not trail.is_reviewed:
        return [_trail_unreviewed(facts)]
    if trail.reviewer_id == decider.person_id and not trail.reviewer_may_release:
        words = N_("You reviewed the trail of this lot: at this site another person releases it.")
        return [Blocker("same_person", words)]
    return []


def _trail_unreviewed(facts: LotFacts) -> Blocker:
    words = N_("The trail of lot {lot} is not reviewed yet.")
    if facts.trail.reviewed_up_to:
        words = N_("Something was done to lot {lot} since its trail was reviewed: it is reviewed again first.")
    return Blocker("trail_unreviewed", words, {"lot": facts.number}, solve=f"trail_review:{facts.number}")


def waits_for_trail_only(blockers: Sequence[Blocker]) -> bool:
    """Whether nothing but the review of its trail keeps a lot from going on."""
    return [each.code for each in blockers] == ["trail_unreviewed"]


def against_trail_review(trail: TrailStanding, doers: Collection[str], reviewer: str) -> list[Blocker]:
    """Return the reasons against a person's review of a lot's trail: only somebody who did none of it reviews it."""
    blockers = []
    if trail.newest == 0:
        blockers.append(Blocker("nothing_to_review", "There is nothing to review yet."))
    if reviewer in doers:
        blockers.append(
            Blocker("same_person", "You did something to this lot: somebody who did none of it reviews its trail.")
        )
    return blockers


def against_involved(facts: LotFacts, decider: Decider) -> list[Blocker]:
    """Whoever made the lot, or made or reviewed one of its results, valid or not, does not decide on it."""
    results = [each for standing in facts.standings for each in (*standing.results, *standing.invalidated)]
    blockers = []
    if decider.person_id in facts.producer_ids:
        blockers.append(Blocker("same_person", "You made, filled or labelled this lot: another person decides on it."))
    if any(decider.username.casefold() in each.authors for each in results):
        blockers.append(
            Blocker("same_person", "You made or entered results of this lot: another person decides on it.")
        )
    if decider.person_id is not None and any(each.reviewed_by_id == decider.person_id for each in results):
        blockers.append(Blocker("same_person", "You reviewed results of this lot: another person decides on it."))
    if decider.person_id is not None and any(each.invalidated_by_id == decider.person_id for each in results):
        words = N_("You made a result of this lot invalid: another person decides on it.")
        blockers.append(Blocker("same_person", words))
    if decider.person_id in facts.typist_ids:
        words = N_("You typed or withdrew an entry of a result of this lot: another person decides on it.")
        blockers.append(Blocker("same_person", words))
    return blockers


def against_test(lot_number: str, each: TestStanding) -> list[Blocker]:
    """Return every reason that one test of a lot gives against its release."""
    details: Mapping[str, object] = {"test": each.test.name, "lot": lot_number}
    where = f"lot:{lot_number}"
    if each.standing is Standing.MISSING:
        if not each.test.is_required:
            return []
        return [Blocker("result_missing", "{test}: no result yet.", details, solve=where)]
    found = []
    if each.standing is Standing.OUT_OF_SPECIFICATION:
        found.append(Blocker("out_of_specification", "{test}: out of specification.", details, solve=where))
    if each.standing is Standing.UNDECIDABLE:
        words = N_("{test}: the result cannot be held against the limit.")
        found.append(Blocker("result_undecidable", words, details, solve=where))
    if not each.is_reviewed:
        found.append(Blocker("result_unreviewed", "{test}: not reviewed by a second person yet.", details, solve=where))
    return found


def against_review(results: Sequence[ResultFacts], reviewer: str) -> list[Blocker]:
    """Return the reasons against a person's review: nobody reviews results that they made or entered."""
    own = sorted({each.test for each in results if reviewer.casefold() in each.authors})
    if not own:
        return []
    return [Blocker("same_person", "You made or entered results among these: another person reviews them.")]


def against_going_on_released(lot_number: str, status: str, standings: Sequence[TestStanding]) -> list[Blocker]:
    """Return why a lot that was released does not go on after a hold: by its valid results it would not be released.

    Under a conditional release, tests that may be outstanding are awaited. What is not released waits for QA anyway.
    """
    if status not in RELEASED_STATES:
        return []
    awaited = {each.key for each in outstanding(standings)} if status == "conditionally_released" else set()
    return [
        found
        for each in standings
        if each.test.is_required and each.test.key not in awaited
        for found in against_test(lot_number, each)
    ]


def against_failed(lot_number: str, standings: Sequence[TestStanding]) -> list[Blocker]:
    """Return a reason for each test that failed or cannot be judged: no physician accepts a lot over one (rule 2)."""
    codes = {"out_of_specification", "result_undecidable"}
    return [found for each in standings for found in against_test(lot_number, each) if found.code in codes]
