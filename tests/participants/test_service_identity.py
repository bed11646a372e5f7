"""Who a participant is: encrypted, bound to the subject number, shown to few, each look recorded."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from sqlalchemy import select
from support.clients import SignIn
from support.clinic import candidate, file_of, newest_record, refusal
from support.stages import HER, HIM, enrolled
from support.worlds import World

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.errors import InvalidInput, PermissionDenied, ReasonMissing, SystemNeedMissing
from cotrack.foundation.work import Work
from cotrack.participants.gateways import seal, unseal
from cotrack.participants.models import ParticipantIdentity
from cotrack.participants.service import bands, identity
from cotrack.participants.service.knowledge import participant_numbered

NAME, HOSPITAL_NUMBER, BORN = "王小明 WANG Xiaoming", "H0047112", date(1970, 1, 1)


def known(world: World, number: str = HER) -> None:
    world.journey.screened(file_of(candidate(world, number)))
    world.journey.identified(number, NAME, HOSPITAL_NUMBER, BORN)


RIGHT = {"name": "王晓明 WANG Xiaoming", "hospital_number": "H0047113", "birth_date": BORN}


def replaced(world: World, username: str, *, reason: str) -> None:
    world.do(username, lambda work: identity.identify(work, HER, **RIGHT, reason=reason))


def sealed(world: World) -> str:
    return str(world.read(lambda session: session.scalar(select(ParticipantIdentity.sealed))))


def test_the_row_in_the_database_shows_nothing_and_the_trail_neither(world: World) -> None:
    known(world)
    bodies = world.read(lambda session: session.scalars(select(AuditRecord.body)).all())
    written = "\n".join([sealed(world), *bodies])
    for secret in (NAME, "Xiaoming", HOSPITAL_NUMBER, BORN.isoformat()):
        assert secret not in written
    changed = json.loads(bodies[-1])["changes"]
    assert [each["new"][:5] for each in changed if each["column"] == "sealed"] == ["hmac:"]


def test_the_same_identity_is_never_sealed_to_the_same_text(world: World) -> None:
    known(world)
    first = sealed(world)
    world.journey.identified(HER, NAME, HOSPITAL_NUMBER, BORN)
    assert sealed(world) != first


def test_a_sealed_identity_opens_only_for_its_own_subject_number(world: World) -> None:
    key = world.runtime.ground.keys.identity
    text = seal(key, HER, {"name": NAME})
    assert unseal(key, HER, text) == {"name": NAME}
    with pytest.raises(SystemNeedMissing):
        unseal(key, HIM, text)


def test_another_installations_key_opens_nothing_and_says_what_to_do(world: World) -> None:
    known(world)
    ground = world.runtime.ground
    other = replace(ground, keys=replace(ground.keys, identity=AESGCMSIV(AESGCMSIV.generate_key(256))))
    with ground.sessions.reading() as session, pytest.raises(SystemNeedMissing, match="restore the right one"):
        identity.read_identity(Work(other, session, world.cast.actor("li.c")), participant_numbered(session, HER))


def test_each_look_stands_in_the_trail_with_who_and_what_for(world: World) -> None:
    known(world)
    for purpose in ("band", "phone call"):
        shown = world.do("zhou.n", lambda work, why=purpose: identity.look(work, HER, purpose=why))
        assert shown == {"name": NAME, "hospital_number": HOSPITAL_NUMBER, "birth_date": "1970-01-01"}
        record = json.loads(newest_record(world))
        assert (record["event"], record["subject"]) == ("participant.look", f"participant:{HER}")
        assert (record["actor"], record["role"], record["reason"]) == ("zhou.n", "nurse", purpose)
        assert record["changes"] == []


def test_nobody_looks_without_saying_what_for(world: World) -> None:
    known(world)
    assert isinstance(refusal(world, "zhou.n", lambda work: identity.look(work, HER, purpose=" ")), ReasonMissing)
    assert json.loads(newest_record(world))["outcome"] == "refused"


@pytest.mark.parametrize("username", ["wang.l", "qian.m", "ma.k", "zhao.l", "root.a", "shen.i", "prof.han"])
def test_those_who_do_not_treat_see_no_identity_and_their_try_is_recorded(world: World, username: str) -> None:
    known(world)
    refused = refusal(world, username, lambda work: identity.look(work, HER, purpose="curiosity"))
    assert isinstance(refused, PermissionDenied)
    record = json.loads(newest_record(world))
    assert (record["actor"], record["outcome"], record["subject"]) == (username, "refused", f"participant:{HER}")


def test_a_birth_date_lies_not_in_the_future(world: World) -> None:
    known(world)
    tomorrow = world.journey.today() + timedelta(days=1)
    refused = refusal(
        world,
        "li.c",
        lambda work: identity.identify(work, HER, name=NAME, hospital_number=HOSPITAL_NUMBER, birth_date=tomorrow),
    )
    assert isinstance(refused, InvalidInput)
    assert refused.fields == {"birth_date": ["Enter a day up to today."]}


def test_another_birth_date_than_the_screening_lists_is_refused_and_neither_stands_in_the_trail(world: World) -> None:
    known(world)
    before = sealed(world)
    other = {"name": NAME, "hospital_number": HOSPITAL_NUMBER, "birth_date": date(1949, 1, 2)}
    refused = refusal(world, "li.c", lambda work: identity.identify(work, HER, **other))
    assert [each.code for each in refused.reasons] == ["birth_date_differs"]
    assert "not the one on the screening list" in refused.reasons[0].sentence
    assert sealed(world) == before
    record = json.loads(newest_record(world))
    assert (record["event"], record["outcome"]) == ("participant.identify", "refused")
    for secret in (NAME, HOSPITAL_NUMBER, BORN.isoformat(), "1949-01-02"):
        assert secret not in newest_record(world)


def test_name_and_hospital_number_are_put_right_under_the_same_birth_date(world: World) -> None:
    known(world)
    replaced(world, "li.c", reason="misspelt on the referral")
    shown = world.do("li.c", lambda work: identity.look(work, HER, purpose="check"))
    assert shown == {"name": "王晓明 WANG Xiaoming", "hospital_number": "H0047113", "birth_date": BORN.isoformat()}


@pytest.mark.parametrize("changed", [{"name": RIGHT["name"]}, {"hospital_number": RIGHT["hospital_number"]}])
def test_a_recorded_identity_is_replaced_only_with_a_reason_that_stands_in_the_trail(
    world: World, changed: dict[str, str]
) -> None:
    known(world)
    before = sealed(world)
    other = {"name": NAME, "hospital_number": HOSPITAL_NUMBER, "birth_date": BORN, **changed}
    found = refusal(world, "li.c", lambda work: identity.identify(work, HER, **other, reason=" "))
    assert isinstance(found, ReasonMissing)
    assert sealed(world) == before
    world.do("li.c", lambda work: identity.identify(work, HER, **other, reason="misspelt"))
    assert sealed(world) != before
    record = json.loads(newest_record(world))
    assert (record["event"], record["reason"]) == ("participant.identify", "misspelt")


def test_nobodys_identity_is_replaced_while_a_band_says_the_older_one(world: World) -> None:
    enrolled(world, HER)
    found = refusal(world, "li.c", lambda work: identity.identify(work, HER, **RIGHT, reason="misspelt"))
    assert [each.code for each in found.reasons] == ["band_worn"]
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="misspelt"))
    replaced(world, "li.c", reason="misspelt")
    world.journey.banded(HER)


def test_a_band_printed_with_the_older_identity_is_never_put_on(world: World) -> None:
    enrolled(world, HER)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="torn"))
    code = world.journey.printed_band(HER)
    replaced(world, "li.c", reason="misspelt")
    put_on = lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True)  # noqa: E731 (one line)
    assert [each.code for each in refusal(world, "zhou.n", put_on).reasons] == ["label_void"]


def test_the_page_asks_why_an_identity_is_replaced_and_keeps_what_was_typed(world: World, person: SignIn) -> None:
    known(world)
    path = f"/participants/{HER}/identity"
    form = {**RIGHT, "birth_date": BORN.isoformat()}
    asked = person("li.c").send("POST", path, form=form)
    assert asked.status_code == 422
    assert "An identity is recorded already: say why it is replaced." in asked.get_data(as_text=True)
    assert 'value="H0047113"' in asked.get_data(as_text=True)
    assert person("li.c").send("POST", path, form={**form, "reason": "misspelt"}).status_code == 303
