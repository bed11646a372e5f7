"""People, roles, passwords and sign-ins through the services: who gets in, who is stopped, and what is recorded."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from support.clinic import refusal
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.gateways import Passwords
from cotrack.foundation.access.models import Person, SignInCounter, SignInSession
from cotrack.foundation.access.service import people
from cotrack.foundation.access.service.sign_ins import SignIn, locked_names
from cotrack.foundation.errors import (
    InvalidInput,
    NotFound,
    PermissionDenied,
    SignatureMissing,
    SignatureRefused,
    SignInRefused,
)
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.work import Work

NEW = "a long new password"


def add(world: World, username: str = "new.p", roles: Sequence[str] = ("nurse",), *, password: str = NEW) -> Person:
    def act(work: Work) -> Person:
        return people.add_person(
            work,
            world.runtime.passwords,
            username=username,
            printed_name="新人 NEW",
            roles=roles,
            password=password,
            identity_verified_by="passport, QIAN Mei",
        )

    found: Person = world.do("root.a", act)
    return found


def signed_in(world: World, username: str, password: str = PASSWORD, *, kind: str = "api") -> SignIn:
    return world.runtime.door.sign_in(username, password, kind=kind, station="", request="")


def gets_in(world: World, username: str, password: str = PASSWORD) -> bool:
    try:
        signed_in(world, username, password)
    except SignInRefused:
        return False
    return True


def stands(world: World, opened: SignIn, kind: str = "api") -> bool:
    return world.runtime.door.visitor(opened.secret, kind=kind, request="") is not None


def test_somebody_new_gets_in_must_choose_a_password_and_says_who_verified_them(world: World) -> None:
    add(world)
    opened = signed_in(world, "new.p", NEW)
    assert opened.must_change_password
    person = world.read(lambda session: people.person_named(session, "new.p"))
    assert (person.role_names, person.identity_verified_by) == (("nurse",), "passport, QIAN Mei")
    record = records(world, event="person.add")[-1]
    assert (record["actor"], record["subject"]) == ("root.a", "person:new.p")
    assert NEW not in str(record)


@pytest.mark.parametrize("username", ["", "N", "Upper.Case", "two words", "1first", "王", "a" * 32, "zhou.n"])
def test_a_user_name_is_of_one_shape_and_never_given_twice(world: World, username: str) -> None:
    with pytest.raises(InvalidInput):
        add(world, username)


def test_a_user_name_stays_its_persons_after_they_left(world: World) -> None:
    world.do("root.a", lambda work: people.disable_person(work, "zhou.n", reason="left"))
    with refused("username_taken"):
        add(world, "zhou.n")


@pytest.mark.parametrize(
    ("password", "allowed"), [("eleven char", False), ("twelve chars", True), ("x-new.p-xxxxxx", False)]
)
def test_a_password_has_twelve_characters_and_does_not_hold_the_name(
    world: World, password: str, allowed: bool
) -> None:
    if allowed:
        add(world, password=password)
        return
    with pytest.raises(InvalidInput) as told:
        add(world, password=password)
    assert list(told.value.fields) == ["new_password"]


@pytest.mark.parametrize(
    "roles", [(), ("wizard",), ("system",), ("administrator", "nurse"), ("qa_reviewer", "administrator")]
)
def test_roles_are_known_at_least_one_and_go_together(world: World, roles: Sequence[str]) -> None:
    with pytest.raises(InvalidInput):
        add(world, roles=roles)


def test_an_administrator_gets_no_role_of_the_work_and_who_works_none_of_the_administration(world: World) -> None:
    for username, role in (("root.a", "nurse"), ("zhou.n", "administrator")):
        act = lambda work, who=username, what=role: people.grant_role(work, who, what, reason="x")  # noqa: E731
        assert isinstance(refusal(world, "root.a", act), InvalidInput)


def test_a_role_is_given_and_taken_with_a_reason_on_the_record(world: World) -> None:
    world.do("root.a", lambda work: people.grant_role(work, "ma.k", "technician", reason="stand-in"))
    assert world.read(lambda session: people.person_named(session, "ma.k")).role_names == ("logistics", "technician")
    world.do("root.a", lambda work: people.revoke_role(work, "ma.k", "technician", reason="over"))
    assert world.read(lambda session: people.person_named(session, "ma.k")).role_names == ("logistics",)
    assert [each["reason"] for each in records(world, subject="person:ma.k")][-2:] == ["stand-in", "over"]
    act = lambda work: people.revoke_role(work, "ma.k", "technician", reason="again")  # noqa: E731 (one line)
    assert isinstance(refusal(world, "root.a", act), NotFound)


LAST: dict[str, Callable[[Work], Any]] = {
    "disabled": lambda work: people.disable_person(work, "root.a", reason="left"),
    "revoked": lambda work: people.revoke_role(work, "root.a", "administrator", reason="left"),
}


@pytest.mark.parametrize("act", LAST.values(), ids=LAST)
def test_the_last_administrator_stays(world: World, act: Callable[[Work], Any]) -> None:
    with refused("last_administrator"):
        world.do("root.a", act)
    add(world, "root.b", ["administrator"])
    world.do("root.a", act)
    with refused("last_administrator"):
        world.do("root.b", lambda work: people.disable_person(work, "root.b", reason="left"))


def test_an_administrator_whose_access_was_taken_counts_as_none(world: World) -> None:
    add(world, "root.b", ["administrator"])
    world.do("root.a", lambda work: people.disable_person(work, "root.b", reason="left"))
    with refused("last_administrator"):
        world.do("root.a", lambda work: people.disable_person(work, "root.a", reason="left"))


def test_two_administrators_do_not_take_each_other_away_at_the_same_moment(world: World) -> None:
    add(world, "root.b", ["administrator"])
    first = HeldCommand(world, "root.a", lambda work: people.disable_person(work, "root.b", reason="left"))
    second = Waiting(world, "root.b", lambda work: people.disable_person(work, "root.a", reason="left"))
    assert second.waits()
    first.commit()
    second.end()
    assert first.refusal is None
    assert second.refusal is not None
    assert [each.code for each in second.refusal.reasons] == ["last_administrator"]


@pytest.mark.parametrize("username", ["qian.m", "zhou.n", "shen.i"])
def test_only_an_administrator_touches_people(world: World, username: str) -> None:
    act = lambda work: people.disable_person(work, "ma.k", reason="x")  # noqa: E731 (one line)
    assert isinstance(refusal(world, username, act), PermissionDenied)


def test_a_disabled_person_does_not_get_in_and_every_sign_in_ends_at_once(world: World) -> None:
    browser, token = signed_in(world, "zhou.n", kind="browser"), signed_in(world, "zhou.n")
    world.do("root.a", lambda work: people.disable_person(work, "zhou.n", reason="left"))
    assert [stands(world, browser, "browser"), stands(world, token), gets_in(world, "zhou.n")] == [False] * 3
    with pytest.raises(SignatureRefused):
        world.runtime.door.prove(world.cast.actor("zhou.n"), PASSWORD)


def test_a_password_set_by_an_administrator_ends_every_sign_in_and_must_be_changed(world: World) -> None:
    browser, token = signed_in(world, "zhou.n", kind="browser"), signed_in(world, "zhou.n")
    world.do(
        "root.a",
        lambda work: people.reset_password(work, world.runtime.passwords, "zhou.n", password=NEW, reason="forgotten"),
    )
    assert [stands(world, browser, "browser"), stands(world, token), gets_in(world, "zhou.n")] == [False] * 3
    assert signed_in(world, "zhou.n", NEW).must_change_password


def test_a_token_is_no_browsers_session_and_a_session_no_token(world: World) -> None:
    token, browser = signed_in(world, "zhou.n"), signed_in(world, "zhou.n", kind="browser")
    assert not stands(world, token, "browser")
    assert not stands(world, browser, "api")


def test_only_the_hash_of_a_secret_is_kept(world: World) -> None:
    opened = signed_in(world, "zhou.n")
    kept = world.read(lambda session: session.scalars(select(SignInSession.secret_sha256)).all())
    assert opened.secret not in kept
    assert {len(each) for each in kept} == {64}


def test_a_token_ends_after_its_twelve_hours_and_an_idle_browser_after_its_half_hour(world: World) -> None:
    token, browser = signed_in(world, "zhou.n"), signed_in(world, "zhou.n", kind="browser")
    world.clock.pass_by(minutes=29)
    assert stands(world, browser, "browser")
    world.clock.pass_by(minutes=30)
    assert not stands(world, browser, "browser")
    world.clock.pass_by(hours=11)
    assert stands(world, token)
    world.clock.pass_by(minutes=1)
    assert not stands(world, token)


def test_a_busy_browser_ends_after_its_twelve_hours_too(world: World) -> None:
    browser = signed_in(world, "zhou.n", kind="browser")
    for _ in range(12 * 3 - 1):
        world.clock.pass_by(minutes=20)
        assert stands(world, browser, "browser")
    world.clock.pass_by(minutes=20)
    assert not stands(world, browser, "browser")


def test_five_wrong_passwords_lock_a_name_for_a_quarter_of_an_hour_and_are_recorded(world: World) -> None:
    for _ in range(5):
        assert not gets_in(world, "zhou.n", "wrong")
    assert not gets_in(world, "zhou.n")
    assert records(world, event="person.lock_out")[-1]["subject"] == "person:zhou.n"
    world.clock.pass_by(minutes=15)
    assert gets_in(world, "zhou.n")


def test_a_right_password_makes_the_wrong_ones_before_it_forgotten(world: World) -> None:
    for _ in range(3):
        assert [gets_in(world, "zhou.n", "wrong") for _ in range(4)] == [False] * 4
        assert gets_in(world, "zhou.n")


def test_wrong_passwords_under_signatures_count_towards_the_same_lock(world: World) -> None:
    actor = world.cast.actor("zhou.n")
    for _ in range(5):
        with pytest.raises(SignatureRefused):
            world.runtime.door.prove(actor, "wrong")
    with pytest.raises(SignatureRefused):
        world.runtime.door.prove(actor, PASSWORD)
    assert not gets_in(world, "zhou.n")


def test_a_stranger_who_locks_a_name_out_keeps_nobody_who_is_signed_in_from_signing(world: World) -> None:
    actor = world.cast.actor("zhou.n")
    for _ in range(5):
        assert not gets_in(world, "zhou.n", "wrong")
    assert not gets_in(world, "zhou.n")
    assert world.runtime.door.prove(actor, PASSWORD).person_id == actor.person_id
    assert world.runtime.door.is_password_of(actor, PASSWORD)
    assert not gets_in(world, "zhou.n")


def test_signatures_alone_that_lock_are_recorded_once_and_shown_as_one_name(world: World) -> None:
    actor = world.cast.actor("zhou.n")
    for _ in range(3):
        assert not world.runtime.door.is_password_of(actor, "wrong")
    assert gets_in(world, "zhou.n"), "the count of the door begins anew"
    for _ in range(2):
        assert not world.runtime.door.is_password_of(actor, "wrong")
    assert [each["subject"] for each in records(world, event="person.lock_out")] == ["person:zhou.n"]
    assert list(world.read(lambda session: locked_names(session, world.clock()))) == ["zhou.n"]


def test_a_right_signature_makes_the_wrong_ones_before_it_forgotten(world: World) -> None:
    actor = world.cast.actor("zhou.n")
    for _ in range(3):
        for _ in range(4):
            assert not world.runtime.door.is_password_of(actor, "wrong")
        assert world.runtime.door.is_password_of(actor, PASSWORD)


def test_a_name_that_nobody_has_is_refused_in_the_same_words_and_counts_nowhere(world: World) -> None:
    with pytest.raises(SignInRefused) as stranger:
        signed_in(world, "nobody")
    with pytest.raises(SignInRefused) as colleague:
        signed_in(world, "zhou.n", "wrong")
    assert str(stranger.value) == str(colleague.value)
    assert world.read(lambda session: session.scalars(select(SignInCounter.username)).all()) == ["zhou.n"]


def test_a_locked_name_is_answered_no_sooner_than_one_that_nobody_has(world: World) -> None:
    door = replace(world.runtime.door, passwords=Passwords(time_cost=8, memory_kib=32 * 1024))
    for _ in range(world.settings.sign_in_attempts):
        gets_in(world, "zhou.n", "wrong")

    def seconds(username: str) -> float:
        began = time.perf_counter()
        with pytest.raises(SignInRefused):
            door.sign_in(username, PASSWORD, kind="api", station="", request="")
        return time.perf_counter() - began

    assert min(seconds("zhou.n") for _ in range(3)) > min(seconds("nobody") for _ in range(3)) / 2


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "x" * 10_000])
def test_a_strange_password_is_a_wrong_one(world: World, password: str) -> None:
    assert not gets_in(world, "zhou.n", password)


def test_wrong_passwords_at_the_same_moment_are_all_counted(world: World) -> None:
    threads = [threading.Thread(target=gets_in, args=(world, "zhou.n", "wrong")) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert world.read(lambda session: session.scalar(select(SignInCounter.failures))) == 4


def test_nobody_signs_with_another_persons_proof(world: World) -> None:
    proof = world.runtime.door.prove(world.cast.actor("dr.gao"), PASSWORD)

    def sign() -> None:
        with unit_of_work(world.runtime.ground, world.cast.actor("prof.han"), proof=proof) as work:
            work.record("study_definition.approve_investigator", "study:x", permission="study:approve_investigator")
            work.sign("approved", "a text")

    with pytest.raises(SignatureMissing):
        sign()


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_new_password_by_the_administrator_lifts_the_lock_of_a_name_from_outside_and_inside(
    world: World, *, is_inside: bool
) -> None:
    actor = world.cast.actor("zhou.n")
    for _ in range(5):
        if is_inside:
            assert not world.runtime.door.is_password_of(actor, "wrong")
        else:
            assert not gets_in(world, "zhou.n", "wrong")
    assert not gets_in(world, "zhou.n")
    passwords = world.runtime.passwords
    world.do(
        "root.a",
        lambda work: people.reset_password(work, passwords, "zhou.n", password="a long new password", reason="lost"),
    )
    assert gets_in(world, "zhou.n", "a long new password")
    assert world.runtime.door.is_password_of(actor, "a long new password")
    assert world.read(lambda session: locked_names(session, world.clock())) == {}
    (kept,) = records(world, event="person.reset")
    assert (kept["subject"], kept["outcome"], kept["reason"]) == ("person:zhou.n", "done", "lost")
