"""Every label that came out of a printer is accounted for (reference/domain.md §3.3 rule 9)."""

import pytest

from cotrack.labelling.models import PAPERS as KEPT_PAPERS
from cotrack.labelling.rules.reconciliation import PAPERS, Fate, account_of, fate_of, paper_of_superseded

CASES = [
    ("applied", True, True, None, Fate.APPLIED),
    ("superseded", True, True, None, Fate.APPLIED),
    ("void", True, True, "destroyed", Fate.APPLIED),
    ("printed", True, False, None, Fate.IN_HAND),
    ("sending", False, False, None, Fate.IN_HAND),
    ("intended", False, False, None, Fate.IN_HAND),
    ("void", True, False, None, Fate.SPOILED),
    ("void", True, False, "destroyed", Fate.DESTROYED),
    ("void", True, False, "returned", Fate.RETURNED),
    ("void", False, False, "destroyed", Fate.DESTROYED),
    ("superseded", True, False, None, Fate.SPOILED),
    ("superseded", True, False, "in_hand", Fate.IN_HAND),
    ("superseded", True, False, "spoiled", Fate.SPOILED),
    ("void", False, False, None, Fate.NEVER_PRINTED),
    ("superseded", False, False, None, Fate.NEVER_PRINTED),
]


@pytest.mark.parametrize(("status", "printed", "applied", "paper", "fate"), CASES)
def test_what_became_of_a_label_follows_from_its_status_its_thing_and_its_paper(
    status: str, *, printed: bool, applied: bool, paper: str | None, fate: Fate
) -> None:
    assert fate_of(status, was_printed=printed, was_applied=applied, paper=paper) is fate


@pytest.mark.parametrize(
    ("status", "paper"), [("intended", None), ("sending", "in_hand"), ("printed", "in_hand"), ("applied", None)]
)
def test_what_came_out_of_the_printer_is_in_hand_once_a_newer_label_replaces_it(status: str, paper: str | None) -> None:
    assert paper_of_superseded(status) == paper


def test_printed_labels_are_applied_spoiled_destroyed_returned_or_in_hand() -> None:
    account = account_of([fate for *_, fate in CASES])
    ends = account.applied + account.spoiled + account.destroyed + account.returned + account.in_hand
    assert account.printed == ends == len(CASES) - 2
    assert account.never_printed == 2


def test_an_account_is_settled_only_when_nothing_is_in_hand() -> None:
    assert account_of([Fate.APPLIED, Fate.SPOILED, Fate.DESTROYED, Fate.RETURNED]).is_settled
    assert not account_of([Fate.APPLIED, Fate.IN_HAND]).is_settled


def test_the_ends_of_paper_are_the_same_in_rules_and_table() -> None:
    assert KEPT_PAPERS == PAPERS
