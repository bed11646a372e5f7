"""Every label that came out of a printer is accounted for (reference/domain.md §3.3 rule 9)."""

import pytest

from cotrack.labelling.rules.reconciliation import Fate, account_of, fate_of

CASES = [
    ("applied", True, True, Fate.APPLIED),
    ("superseded", True, True, Fate.APPLIED),
    ("void", True, True, Fate.APPLIED),
    ("printed", True, False, Fate.IN_HAND),
    ("sending", False, False, Fate.IN_HAND),
    ("intended", False, False, Fate.IN_HAND),
    ("void", True, False, Fate.SPOILED),
    ("superseded", True, False, Fate.REPLACED),
    ("void", False, False, Fate.NEVER_PRINTED),
    ("superseded", False, False, Fate.NEVER_PRINTED),
]


@pytest.mark.parametrize(("status", "printed", "applied", "fate"), CASES)
def test_what_became_of_a_label_follows_from_its_status_and_whether_it_was_printed_and_applied(
    status: str, *, printed: bool, applied: bool, fate: Fate
) -> None:
    assert fate_of(status, was_printed=printed, was_applied=applied) is fate


def test_printed_labels_are_applied_spoiled_replaced_or_in_hand() -> None:
    account = account_of([fate for *_, fate in CASES])
    assert account.printed == account.applied + account.spoiled + account.replaced + account.in_hand == 8
    assert account.never_printed == 2


def test_an_account_is_settled_only_when_nothing_is_in_hand() -> None:
    assert account_of([Fate.APPLIED, Fate.SPOILED]).is_settled
    assert not account_of([Fate.APPLIED, Fate.IN_HAND]).is_settled
