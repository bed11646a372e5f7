"""What may go into a lot, and what may be approved: every reason against it at once."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cotrack.foundation.blockers import Blocker
from cotrack.manufacture.rules import (
    SourceFacts,
    Use,
    against_approval,
    against_refused,
    against_status,
    against_use,
    is_amount,
)
from cotrack.quality.rules import HoldFacts, against_held

TODAY = date(2026, 11, 27)
WORKING = SourceFacts("cell_bank:WCB-1", "approved", date(2028, 1, 1))
MASTER = SourceFacts("cell_bank:MCB-1", "approved", date(2027, 1, 1))
DONOR = SourceFacts("donor:DON-1", "eligible")
USE = Use("MSC26-0031", "in_process", (WORKING, MASTER, DONOR), vials_wanted=2, vials_left=2)


def held(subject: str) -> tuple[HoldFacts, ...]:
    return (HoldFacts(subject, "standing", "growth", datetime(2026, 11, 27, tzinfo=UTC)),)


def codes(blockers: list[Blocker]) -> list[str]:
    return [each.code for each in blockers]


def test_an_approved_bank_of_an_eligible_donor_is_used() -> None:
    assert against_use(USE, TODAY) == []


def test_the_last_day_of_use_counts_and_the_day_after_does_not() -> None:
    use = replace(USE, chain=(replace(WORKING, expires_on=TODAY), MASTER, DONOR))
    assert against_use(use, TODAY) == []
    assert codes(against_use(use, TODAY.replace(day=28))) == ["source_expired"]


def test_a_master_bank_that_expired_later_stops_no_working_bank() -> None:
    assert against_use(replace(USE, chain=(WORKING, replace(MASTER, expires_on=date(2020, 1, 1)), DONOR)), TODAY) == []


@pytest.mark.parametrize(("status", "code"), [("quarantine", "source_not_approved"), ("rejected", "source_rejected")])
@pytest.mark.parametrize("place", [0, 1])
def test_a_bank_in_quarantine_or_rejected_is_not_used_nor_what_was_made_of_it(
    place: int, status: str, code: str
) -> None:
    chain = [WORKING, MASTER, DONOR]
    chain[place] = replace(chain[place], status=status)
    assert codes(against_use(replace(USE, chain=chain), TODAY)) == [code]


@pytest.mark.parametrize("status", ["undecided", "not_eligible"])
def test_nothing_of_a_donor_who_was_not_found_eligible_is_used(status: str) -> None:
    use = replace(USE, chain=(WORKING, MASTER, replace(DONOR, status=status)))
    assert codes(against_use(use, TODAY)) == ["donor_not_eligible"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_hold_on_the_bank_its_master_bank_or_its_donor_stops_its_use(place: int) -> None:
    chain = [WORKING, MASTER, DONOR]
    chain[place] = replace(chain[place], holds=held(chain[place].subject))
    (reason,) = against_use(replace(USE, chain=chain), TODAY)
    assert (reason.code, reason.solve) == ("source_on_hold", chain[place].subject)


def test_no_more_vials_are_drawn_than_are_left() -> None:
    assert codes(against_use(replace(USE, vials_wanted=3), TODAY)) == ["no_vial_left"]


def test_nothing_goes_into_a_lot_whose_filling_has_ended() -> None:
    assert codes(against_use(replace(USE, lot_status="quarantine"), TODAY)) == ["lot_not_in_process"]


def test_a_refused_use_says_every_reason_at_once() -> None:
    worst = replace(WORKING, status="rejected", expires_on=date(2020, 1, 1), holds=held("cell_bank:WCB-1"))
    use = replace(USE, lot_status="released", chain=(worst, replace(DONOR, status="not_eligible")), vials_left=0)
    assert codes(against_use(use, TODAY)) == [
        "lot_not_in_process",
        "source_rejected",
        "source_expired",
        "source_on_hold",
        "donor_not_eligible",
        "no_vial_left",
    ]


def test_nobody_approves_what_they_registered_or_what_is_expired_held_or_of_a_refused_origin() -> None:
    waiting = replace(WORKING, status="quarantine")
    assert against_approval(waiting, [MASTER, DONOR], TODAY, is_own=False) == []
    worst = replace(waiting, expires_on=date(2020, 1, 1), holds=held("cell_bank:WCB-1"))
    found = against_approval(worst, [replace(DONOR, status="undecided")], TODAY, is_own=True)
    assert codes(found) == ["same_person", "source_expired", "source_on_hold", "donor_not_eligible"]


def test_a_lot_is_not_released_from_a_source_that_was_rejected_later() -> None:
    assert against_refused([WORKING, DONOR]) == []
    refused = [replace(WORKING, status="rejected"), replace(DONOR, status="not_eligible")]
    assert codes(against_refused(refused)) == ["source_rejected", "donor_not_eligible"]
    assert against_status(DONOR) == []


def test_a_hold_on_a_source_reads_as_one_on_the_lot() -> None:
    (reason,) = against_held(held("material:MAT-1"))
    assert (reason.code, reason.solve) == ("lot_on_hold", "material:MAT-1")


@pytest.mark.parametrize(
    ("kind", "text", "is_said"),
    [
        ("medium", "500 mL", True),
        ("vector", "1.2mL", True),
        ("medium", "2,5 L", True),
        ("reagent", "500 毫升", True),
        ("reagent", "5 × 10⁶ TU", True),
        ("container", "12", True),
        ("medium", "1.2", False),
        ("vector", "mL", False),
        ("reagent", "about 2", False),
        ("container", "some", False),
        ("medium", "", False),
    ],
)
def test_an_amount_of_a_material_is_a_number_with_its_unit_and_containers_are_counted(
    kind: str, text: str, *, is_said: bool
) -> None:
    assert is_amount(kind, text) is is_said
