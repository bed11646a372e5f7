"""The tables of status and of roles, held against `tests/safety/permitted.csv`, which is kept by hand."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cotrack.foundation.state_machine import Lifecycle, Refusal
from cotrack.labelling.rules.kinds import KINDS
from cotrack.lifecycles import FOLLOWS, LIFECYCLES
from cotrack.policy import PERMISSIONS, ROLES, permissions_of, roles_in_conflict
from cotrack.vocabulary import STATE_TONES, STATE_WORDS, WORDS

EXPECTED = Path(__file__).parent.parent / "safety" / "permitted.csv"
NOBODY = "nobody"
NEW = "-"
STAYS = "="
EVERY_NOUN = pytest.mark.parametrize("noun", LIFECYCLES)


class Permitted(NamedTuple):
    """One change by one role, as the hand-kept list writes it."""

    noun: str
    action: str
    before: str
    after: str
    role: str


def rows() -> list[dict[str, str]]:
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = rows()


def by_hand() -> list[Permitted]:
    return [
        Permitted(row["noun"], row["action"], row["from"], row["to"], role)
        for row in ROWS
        for role in row["roles"].split()
    ]


def by_the_tables() -> Iterator[Permitted]:
    for noun, lifecycle in LIFECYCLES.items():
        for action in lifecycle.actions.values():
            roles = [role for role, granted in ROLES.items() if action.permission in granted]
            for before in action.from_states or {NEW}:
                for role in roles or [NOBODY]:
                    yield Permitted(noun, action.name, before, action.to_state or STAYS, role)


def test_the_tables_permit_exactly_what_the_list_kept_by_hand_permits() -> None:
    assert sorted(by_the_tables()) == sorted(by_hand())


@EVERY_NOUN
def test_every_state_action_and_role_is_decided_as_the_list_says(noun: str) -> None:
    lifecycle = LIFECYCLES[noun]
    permitted = {(each.action, each.before, each.role) for each in by_hand() if each.noun == noun}
    for name in lifecycle.actions:
        for state in (None, *lifecycle.states):
            for role in ROLES:
                refusal = lifecycle.decide(name, state=state, permissions=permissions_of([role]), has_reason=True)
                assert (refusal is None) == ((name, state or NEW, role) in permitted), (name, state, role)


def test_a_signature_and_its_meaning_are_asked_where_the_list_says() -> None:
    for row in ROWS:
        assert (LIFECYCLES[row["noun"]][row["action"]].meaning or "no") == row["signed"], row


def test_a_reason_is_asked_where_the_list_says_and_an_action_without_it_is_refused() -> None:
    for row in ROWS:
        lifecycle = LIFECYCLES[row["noun"]]
        state = None if row["from"] == NEW else row["from"]
        permissions = {lifecycle[row["action"]].permission}
        refusal = lifecycle.decide(row["action"], state=state, permissions=permissions, has_reason=False)
        assert refusal == (Refusal.REASON if row["reason"] == "yes" else None), row


@EVERY_NOUN
def test_nobody_may_ask_for_a_change_that_only_follows_from_another(noun: str) -> None:
    follows = {row["action"] for row in ROWS if row["noun"] == noun and row["roles"] == NOBODY}
    lifecycle = LIFECYCLES[noun]
    assert {action.name for action in lifecycle.actions.values() if action.permission == FOLLOWS} == follows
    for name in follows:
        for state in lifecycle.states:
            refusal = lifecycle.decide(name, state=state, permissions=PERMISSIONS, has_reason=True)
            assert refusal is Refusal.PERMISSION


def reached(lifecycle: Lifecycle) -> set[str]:
    found: set[str] = set()
    while True:
        more = {
            action.to_state
            for action in lifecycle.actions.values()
            if action.to_state is not None and (action.creates or action.from_states & found)
        }
        if more <= found:
            return found
        found |= more


@EVERY_NOUN
def test_every_state_can_be_reached_from_nothing(noun: str) -> None:
    assert reached(LIFECYCLES[noun]) == set(LIFECYCLES[noun].states)


@EVERY_NOUN
def test_every_state_has_words_for_people(noun: str) -> None:
    for state in LIFECYCLES[noun].states:
        assert WORDS[state].strip()


def test_words_and_tones_name_no_state_that_does_not_exist() -> None:
    states = {state for lifecycle in LIFECYCLES.values() for state in lifecycle.states}
    assert set(STATE_WORDS) == states
    assert frozenset().union(*STATE_TONES.values()) <= states


def test_no_state_has_two_tones() -> None:
    toned = [state for states in STATE_TONES.values() for state in states]
    assert len(toned) == len(set(toned))


@EVERY_NOUN
def test_every_action_has_a_title_and_a_sentence(noun: str) -> None:
    for action in LIFECYCLES[noun].actions.values():
        assert action.title.strip()
        assert action.sentence.endswith(".")


@EVERY_NOUN
def test_every_permission_that_a_table_asks_for_is_held_by_some_role(noun: str) -> None:
    for action in LIFECYCLES[noun].actions.values():
        assert action.permission in PERMISSIONS | {FOLLOWS}


def test_no_role_holds_the_permission_of_changes_that_only_follow() -> None:
    assert FOLLOWS not in PERMISSIONS


@pytest.mark.parametrize("roles", [(), ("",), ("stranger",), ("TECHNICIAN",), ("nurse ",)])
def test_an_unknown_or_empty_set_of_roles_may_do_nothing(roles: tuple[str, ...]) -> None:
    for lifecycle in LIFECYCLES.values():
        for name, action in lifecycle.actions.items():
            for state in (None, *lifecycle.states):
                refusal = lifecycle.decide(name, state=state, permissions=permissions_of(roles), has_reason=True)
                assert refusal is Refusal.PERMISSION, (action.name, state)


@pytest.mark.parametrize(("role", "nouns"), [("administrator", {"label_instance", "print_job"}), ("auditor", set())])
def test_an_auditor_changes_no_status_and_an_administrator_none_but_of_badges(role: str, nouns: set[str]) -> None:
    assert {each.noun for each in by_the_tables() if each.role == role} == nouns
    printed = {name for name, kind in KINDS.items() if {kind.permission, kind.reader} <= ROLES[role]}
    assert printed == ({"badge"} if nouns else set())


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"administrator", "system"}))
def test_an_administrator_holds_no_other_role(role: str) -> None:
    assert roles_in_conflict(["administrator", role]) == sorted(["administrator", role])


@EVERY_NOUN
def test_nothing_leads_out_of_an_end_and_every_other_state_has_a_way_on(noun: str) -> None:
    lifecycle = LIFECYCLES[noun]
    left = {state for action in lifecycle.actions.values() if action.to_state for state in action.from_states}
    assert set(lifecycle.states) - left == ENDS[noun]


ENDS = {
    "study_definition": {"superseded"},
    "label_instance": {"superseded"},
    "print_job": {"done", "failed", "cancelled"},
    "foreign_scan": {"purged"},
    "hold": {"lifted", "recalled"},
    "deviation": {"closed"},
    "deviation_action": {"done", "dropped"},
    "donor": {"not_eligible"},
    "cell_bank": {"rejected"},
    "material": {"rejected"},
    "equipment": set(),
    "lot": {"closed"},
    "step": set(),
    "line_clearance": {"ended", "withdrawn"},
    "unit": {"completed", "stopped_early", "destroyed", "used_up"},
    "result": {"invalidated"},
    "file_mapping": {"superseded", "withdrawn"},
    "investigation": {"error_found", "oos_confirmed", "oos_not_confirmed"},
    "participant": {"withdrawn"},
    "band": {"removed"},
    "order": {"completed", "cancelled"},
    "oos_supply": {"declined", "withdrawn", "void"},
}
