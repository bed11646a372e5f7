"""A lifecycle is a table of actions: what it refuses to be, and what it answers."""

import pytest

from cotrack.foundation.state_machine import Action, Lifecycle, Refusal

MAKE = Action("make", "Make", frozenset(), "open", "door:make", "A door is made.")
CLOSE = Action("close", "Close", frozenset({"open"}), "closed", "door:close", "It is shut.", needs_reason=True)
PAINT = Action("paint", "Paint", frozenset({"open", "closed"}), None, "door:paint", "It stays.", meaning="painted")
DOOR = Lifecycle("door", ("open", "closed"), (MAKE, CLOSE, PAINT))
EVERYTHING = {"door:make", "door:close", "door:paint"}


def test_an_action_named_twice_stops_the_program() -> None:
    with pytest.raises(ValueError, match=r"^door: an action is named twice$"):
        Lifecycle("door", ("open",), (MAKE, MAKE))


@pytest.mark.parametrize(
    "action",
    [
        Action("burn", "Burn", frozenset({"open"}), "burnt", "door:burn", "To a state nobody knows."),
        Action("burn", "Burn", frozenset({"burnt"}), "open", "door:burn", "From a state nobody knows."),
        Action("burn", "Burn", frozenset({"burnt"}), None, "door:burn", "Staying in a state nobody knows."),
    ],
    ids=lambda action: action.sentence,
)
def test_a_state_that_nobody_knows_stops_the_program(action: Action) -> None:
    with pytest.raises(ValueError, match=r"^door\.burn: unknown state \['burnt'\]$"):
        Lifecycle("door", ("open",), (MAKE, action))


def test_only_an_action_without_a_state_before_creates() -> None:
    assert [action.name for action in DOOR.actions.values() if action.creates] == ["make"]


def test_an_event_is_the_noun_and_the_action() -> None:
    assert DOOR.event("close") == "door.close"


def test_an_action_that_is_not_in_the_table_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        DOOR.event("burn")
    with pytest.raises(KeyError):
        DOOR.decide("burn", state="open", permissions=EVERYTHING, has_reason=True)


@pytest.mark.parametrize(
    ("name", "state", "fits"),
    [
        ("make", None, True),
        ("make", "open", False),
        ("close", "open", True),
        ("close", "closed", False),
        ("close", None, False),
        ("close", "", False),
        ("paint", "closed", True),
    ],
)
def test_an_action_fits_only_the_states_that_its_row_names(name: str, state: str | None, fits: bool) -> None:
    assert DOOR.fits(name, state) is fits


@pytest.mark.parametrize(
    ("name", "state", "permissions", "has_reason", "refusal"),
    [
        ("close", "open", EVERYTHING, True, None),
        ("close", "open", EVERYTHING, False, Refusal.REASON),
        ("close", "closed", EVERYTHING, True, Refusal.STATE),
        ("close", "closed", EVERYTHING, False, Refusal.REASON),
        ("close", "closed", {"door:paint"}, False, Refusal.PERMISSION),
        ("close", "open", frozenset(), True, Refusal.PERMISSION),
        ("paint", "open", EVERYTHING, False, None),
        ("make", None, EVERYTHING, False, None),
        ("make", "open", EVERYTHING, False, Refusal.STATE),
    ],
)
def test_permission_is_asked_before_reason_and_reason_before_state(
    *, name: str, state: str | None, permissions: set[str], has_reason: bool, refusal: Refusal | None
) -> None:
    assert DOOR.decide(name, state=state, permissions=permissions, has_reason=has_reason) is refusal


@pytest.mark.parametrize(
    ("state", "permissions", "offered"),
    [
        ("open", EVERYTHING, ["close", "paint"]),
        ("closed", EVERYTHING, ["paint"]),
        ("open", {"door:close", "door:make"}, ["close"]),
        ("open", frozenset(), []),
        ("burnt", EVERYTHING, []),
    ],
)
def test_a_page_offers_what_state_and_permissions_allow_and_never_a_creation(
    state: str, permissions: set[str], offered: list[str]
) -> None:
    assert [action.name for action in DOOR.available(state, permissions)] == offered
