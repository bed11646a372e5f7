"""Whom an alert concerns, and when what they read is no longer everything."""

import pytest

from cotrack.trace.rules import Reached, is_read, list_of, parties, parties_of

HERS = Reached("L-001", "IFN-001", "IFN-001-1", "dr.gao", is_given=True)
HIS = Reached("L-002", "IFN-002", "IFN-002-1", "dr.lin", is_given=False)


def test_an_alert_is_for_qa_the_investigator_and_each_treating_physician_once() -> None:
    again = Reached("L-003", "IFN-003", "IFN-003-1", "dr.gao", is_given=False)
    assert parties([HERS, HIS, again]) == [
        "qa_reviewer",
        "principal_investigator",
        "physician:dr.gao",
        "physician:dr.lin",
    ]


def test_an_alert_of_a_lot_that_reached_nobody_is_for_qa_and_the_investigator() -> None:
    assert parties([]) == ["qa_reviewer", "principal_investigator"]
    assert parties([Reached("L-001", "IFN-001", "IFN-001-1", "", is_given=True)]) == parties([])


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("qa_reviewer",), {"qa_reviewer"}),
        (("physician",), {"physician:dr.gao"}),
        (("physician", "principal_investigator"), {"physician:dr.gao", "principal_investigator"}),
        (("nurse", "auditor"), set()),
    ],
)
def test_a_person_reads_for_their_roles_and_a_physician_in_person(roles: tuple[str, ...], expected: set[str]) -> None:
    assert parties_of("dr.gao", roles) == expected


def test_the_list_names_every_bag_and_whom_each_reached() -> None:
    assert list_of(["L-001", "L-002"], [HERS, HIS]).splitlines() == [
        "unit:L-001",
        "unit:L-002",
        "given unit:L-001 participant:IFN-001",
        "set_aside unit:L-002 participant:IFN-002",
    ]


def test_what_nobody_read_is_not_read() -> None:
    assert not is_read([], list_of(["L-001"], []))


def test_a_list_that_names_a_bag_more_as_given_is_read_again() -> None:
    shown = list_of(["L-001", "L-002"], [HERS, HIS])
    given_too = Reached("L-002", "IFN-002", "IFN-002-1", "dr.lin", is_given=True)
    assert is_read([shown], shown)
    assert not is_read([shown], list_of(["L-001", "L-002"], [HERS, given_too]))
    assert is_read([shown, list_of([], [HERS, given_too])], list_of(["L-001", "L-002"], [HERS, given_too]))


def test_a_bag_that_is_set_aside_no_more_asks_nobody_to_read_again() -> None:
    assert is_read([list_of(["L-001", "L-002"], [HERS, HIS])], list_of(["L-001", "L-002"], [HERS]))
