"""Whoever is not granted is denied; what each role is for; who may not be one person."""

from collections.abc import Iterable
from itertools import combinations

import pytest

from cotrack.policy import EVERYBODY, PERMISSIONS, ROLES, permissions_of, role_for, roles_in_conflict

PEOPLE = sorted(set(ROLES) - {"system"})
OFFICE = {
    "person:read",
    "person:add",
    "person:disable",
    "person:grant",
    "person:reset",
    "metrics:read",
    "station:test",
    "backup:create",
    "backup:restore",
    "location:read",
    "label:print",
    "label:print_badge",
    "label:apply",
    "label:void",
}
READING = {"lot:read", "unit:read", "study:read", "location:read", "participant:read", "order:read", "infusion:read"}


def holders(permission: str) -> set[str]:
    return {role for role, granted in ROLES.items() if permission in granted}


@pytest.mark.parametrize("roles", [(), [], frozenset(), [""], ["stranger"], ["Nurse"], ["nurse,physician"], ["*"]])
def test_an_unknown_or_empty_set_of_roles_grants_nothing(roles: Iterable[str]) -> None:
    assert permissions_of(roles) == frozenset()


def test_an_unknown_role_beside_a_known_one_adds_nothing() -> None:
    assert permissions_of(["nurse", "stranger"]) == ROLES["nurse"]


def test_two_roles_grant_what_either_grants_and_no_more() -> None:
    for first, second in combinations(ROLES, 2):
        assert permissions_of([first, second]) == ROLES[first] | ROLES[second]


def test_everybody_but_the_system_may_sign_in_and_change_the_own_password() -> None:
    assert holders("self:sign_in") == holders("self:change_password") == set(PEOPLE)


def test_an_administrator_holds_office_permissions_and_nothing_of_the_product_or_the_clinic() -> None:
    assert ROLES["administrator"] - EVERYBODY == OFFICE


def test_an_auditor_only_reads() -> None:
    assert ROLES["auditor"] - EVERYBODY == READING | {"trail:read", "person:read", "source:read", "equipment:read"}


def test_the_system_only_starts_watches_copies_adds_the_first_people_loads_a_study_and_keeps_what_was_signed() -> None:
    assert ROLES["system"] == {
        "system:start",
        "trail:verify",
        "backup:create",
        "person:add",
        "study:load",
        "study:begin",
        "document:keep",
    }


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("lot:release", {"qa_reviewer"}),
        ("lot:release_conditionally", {"qa_reviewer"}),
        ("lot:reject", {"qa_reviewer"}),
        ("hold:lift", {"qa_reviewer"}),
        ("hold:recall", {"qa_reviewer"}),
        ("study:approve_quality", {"qa_reviewer"}),
        ("study:approve_investigator", {"principal_investigator"}),
        ("participant:enrol", {"physician"}),
        ("order:make", {"physician"}),
        ("infusion:check", {"nurse"}),
        ("infusion:start", {"nurse"}),
        ("unit:thaw", {"nurse"}),
        ("unit:issue", {"logistics"}),
        ("result:import", {"analyst"}),
        ("step:perform", {"technician"}),
        ("step:verify", {"technician"}),
        ("equipment:keep", {"qa_reviewer"}),
        ("equipment:stop", {"technician", "qa_reviewer"}),
        ("label:print_bag", {"technician"}),
        ("label:print_band", {"coordinator", "nurse"}),
        ("person:grant", {"administrator"}),
        ("backup:create", {"administrator", "system"}),
        ("backup:restore", {"administrator"}),
        ("participant:identify", {"coordinator", "nurse", "physician"}),
        ("trail:read", {"auditor", "principal_investigator", "qa_reviewer"}),
    ],
)
def test_the_decisive_permissions_are_held_by_these_roles_alone(permission: str, roles: set[str]) -> None:
    assert holders(permission) == roles


def test_nobody_who_makes_or_tests_a_lot_may_release_it() -> None:
    for role in ("technician", "analyst"):
        assert not {"lot:release", "lot:release_conditionally", "lot:reject"} & ROLES[role]


def test_no_product_role_reads_participants_and_no_administrator_does() -> None:
    assert {"technician", "analyst", "logistics", "administrator"}.isdisjoint(holders("participant:read"))


def test_a_permission_is_a_noun_and_a_verb() -> None:
    for permission in PERMISSIONS:
        noun, separator, verb = permission.partition(":")
        assert noun.isidentifier(), permission
        assert separator, permission
        assert verb.isidentifier(), permission


@pytest.mark.parametrize(
    ("permission", "roles", "role"),
    [
        ("infusion:stop", ["physician", "nurse"], "nurse"),
        ("infusion:stop", ["nurse", "physician"], "nurse"),
        ("order:make", ["nurse", "physician"], "physician"),
        ("order:make", ["nurse"], None),
        ("order:make", [], None),
        ("order:make", ["stranger"], None),
        ("order:nothing", ["physician"], None),
    ],
)
def test_a_person_acts_under_the_first_role_by_name_that_grants_the_act(
    permission: str, roles: list[str], role: str | None
) -> None:
    assert role_for(permission, roles) == role


@pytest.mark.parametrize("other", sorted(set(PEOPLE) - {"administrator"}))
def test_an_administrator_is_in_conflict_with_every_other_role_of_a_person(other: str) -> None:
    assert roles_in_conflict(["administrator", other]) == sorted(["administrator", other])


@pytest.mark.parametrize("roles", [[], ["administrator"], ["administrator", "administrator"], ["stranger"]])
def test_one_role_alone_is_in_no_conflict(roles: list[str]) -> None:
    assert roles_in_conflict(roles) == []


def test_roles_of_work_may_be_held_together() -> None:
    assert roles_in_conflict(["physician", "principal_investigator", "nurse"]) == []


def test_every_role_in_a_conflict_is_named_and_no_other() -> None:
    assert roles_in_conflict(["nurse", "administrator", "analyst", "stranger"]) == [
        "administrator",
        "analyst",
        "nurse",
    ]
