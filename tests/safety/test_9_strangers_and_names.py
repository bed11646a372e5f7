"""What must never happen, 9: a stranger sees or does anything; a name or hospital number appears where it must not."""

import io
import json
import logging
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, select
from support.clients import Client
from support.clinic import candidate, file_of
from support.stages import COLUMNS, HER, at_the_bedside, screening
from support.worlds import World

from cotrack.app import create_app
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.service import people
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.errors import PermissionDenied, SignInRefused
from cotrack.participants.models import Observation

NAME, HOSPITAL_NUMBER, BORN = "欧阳测试 OUYANG Ceshi", "H-7788-9911", date(1961, 12, 31)


@pytest.fixture
def app(world: World) -> Flask:
    return create_app(world.runtime)


def told(world: World) -> None:
    """Bring somebody with a name into the study."""
    world.journey.screened(file_of(candidate(world, birth_date=BORN.isoformat())))
    world.journey.identified(HER, NAME, HOSPITAL_NUMBER, BORN)
    world.journey.answered(HER)
    world.journey.enrolled(HER)
    world.journey.banded(HER)


def test_a_name_stands_in_no_table_in_plain_text(world: World) -> None:
    told(world)
    metadata = MetaData()
    engine = world.runtime.ground.sessions.engine
    metadata.reflect(engine)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            stored = str(connection.execute(select(Table(table.name, metadata))).all())
            for secret in (NAME, HOSPITAL_NUMBER, "OUYANG", BORN.isoformat()):
                assert secret not in stored, table.name


def test_a_name_stands_in_no_code_and_no_log(world: World, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told(world)
    nurse = Client(app, "zhou.n")
    shown = nurse.send("POST", f"/participants/{HER}/look", form={"purpose": "bedside"}).get_data(as_text=True)
    assert NAME in shown
    nurse.send("POST", f"/participants/{HER}/identity", form={"name": NAME, "hospital_number": HOSPITAL_NUMBER})
    assert NAME not in world.journey.live_code(f"participant:{HER}", "wristband")
    for secret in (NAME, HOSPITAL_NUMBER):
        assert secret not in caplog.text


def test_each_look_at_a_name_is_recorded_with_its_purpose(world: World, app: Flask) -> None:
    told(world)
    before = looks(world)
    Client(app, "zhou.n").post(f"/api/v1/participants/{HER}/looks", {"purpose": "telephone call"})
    assert [each["reason"] for each in looks(world)[len(before) :]] == ["telephone call"]


def looks(world: World) -> list[dict[str, Any]]:
    statement = select(AuditRecord.body).where(AuditRecord.event == "participant.look").order_by(AuditRecord.id)
    return [json.loads(body) for body in world.read(lambda session: session.scalars(statement).all())]


SECRETS = ("张伟明", "ZY0099887", "1961/02/03")
HEAD, ROW = COLUMNS, "IFN-001,DEMO,2026-11-01,1961-02-03,M,sarcoma,2,1,2026-07-01,1,,,61.5,no,,,,no,none,0,no,"
BAD_FILES = {
    "a list without a head": f"{ROW}\n".replace("IFN-001", "张伟明").replace("sarcoma", "ZY0099887"),
    "a name as a column": f"{HEAD},张伟明\n{ROW},x\n",
    "a column named twice": f"{HEAD},张伟明,张伟明\n{ROW},x,y\n",
    "a name as a number": f"{HEAD}\n{ROW}\n".replace("IFN-001", "张伟明 ZY0099887"),
    "a birth date written another way": f"{HEAD}\n{ROW}\n".replace("1961-02-03", "1961/02/03"),
    "names in the place of values": f"{HEAD}\n{ROW}\n".replace(",2,1,", ",张伟明,ZY0099887,"),
}


@pytest.mark.parametrize("kind", ["screenings", "result-imports"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_refused_file_shows_its_cells_to_who_sent_it_and_leaves_none_in_the_trail(
    world: World, app: Flask, name: str, kind: str
) -> None:
    sender = Client(app, "li.c" if kind == "screenings" else "wang.l")
    file = {"file_name": "list.csv", "content": BAD_FILES[name]}
    answer = sender.post(f"/api/v1/{kind}", file)
    assert answer.status_code == 422
    assert kind == "result-imports" or any(secret in str(answer.get_json()) for secret in SECRETS)
    page = "/participants/screen" if kind == "screenings" else "/results/import"
    sent = {"file": (io.BytesIO(BAD_FILES[name].encode()), "list.csv")}
    assert sender.send("POST", page, form=sent).status_code == 422
    kept = [each for each in trail(world) if each["subject"].startswith("file:")]
    assert [each["outcome"] for each in kept] == ["refused", "refused"]
    told = json.dumps(kept, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in told] == []


def test_what_the_trail_keeps_of_a_refused_list_is_line_number_of_the_column_and_rule(world: World, app: Flask) -> None:
    content = BAD_FILES["a name as a number"].replace("1961-02-03", "1961/02/03")
    Client(app, "li.c").post("/api/v1/screenings", {"file_name": "张伟明.csv", "content": content})
    record = trail(world)[-1]
    assert [each["detail"] for each in record["blockers"][:2]] == [
        "Line 2, column 1: “…” is no subject number such as IFN-001.",
        "Line 2, column 4: “…” is no date such as 2026-11-22.",
    ]
    assert list(record["details"]) == ["file_sha256"]


def trail(world: World) -> list[dict[str, Any]]:
    statement = select(AuditRecord.body).order_by(AuditRecord.id)
    return [json.loads(body) for body in world.read(lambda session: session.scalars(statement).all())]


def test_pages_of_participants_show_no_name(world: World, app: Flask) -> None:
    told(world)
    for username in ("dr.gao", "li.c", "qian.m", "shen.i"):
        client = Client(app, username)
        for path in ("/participants", f"/participants/{HER}", "/participants?format=csv", "/"):
            assert NAME not in client.get(path).get_data(as_text=True), path


def test_a_disabled_persons_session_ends_at_the_next_request(world: World, app: Flask) -> None:
    nurse = Client(app, "zhou.n")
    assert nurse.get("/").status_code == 200
    world.do("root.a", lambda work: people.disable_person(work, "zhou.n", reason="left"))
    assert nurse.get("/").status_code == 303
    assert nurse.get(f"/api/v1/participants/{HER}").status_code == 401


def test_a_role_taken_away_grants_nothing_from_the_next_request(world: World, app: Flask) -> None:
    nurse = Client(app, "zhou.n")
    assert nurse.get("/bedside").status_code == 200
    world.do("root.a", lambda work: people.revoke_role(work, "zhou.n", "nurse", reason="moved"))
    assert nurse.get("/bedside").status_code == 403


def test_wrong_passwords_lock_the_name_and_the_right_one_does_not_help_then(world: World) -> None:
    door = world.runtime.door

    def try_in(password: str) -> None:
        door.sign_in("zhou.n", password, kind="browser", station="", request="")

    for _ in range(world.settings.sign_in_attempts):
        with pytest.raises(SignInRefused):
            try_in("wrong")
    with pytest.raises(SignInRefused):
        try_in(PASSWORD)
    world.clock.pass_by(seconds=world.settings.lock_out_seconds + 1)
    try_in(PASSWORD)
    statement = select(AuditRecord.event).where(AuditRecord.event == "person.lock_out")
    assert len(world.read(lambda session: session.scalars(statement).all())) == 1


def test_a_person_without_a_role_does_not_get_in(world: World) -> None:
    world.do("root.a", lambda work: people.revoke_role(work, "zhou.n", "nurse", reason="moved"))
    with pytest.raises(PermissionDenied):
        world.runtime.door.sign_in("zhou.n", PASSWORD, kind="browser", station="", request="")


def test_an_idle_session_ends(world: World, app: Flask) -> None:
    nurse = Client(app, "zhou.n")
    world.clock.pass_by(seconds=world.settings.session_idle_seconds + 1)
    assert nurse.get("/").status_code == 303


def test_a_form_from_another_site_or_without_its_token_is_refused(world: World, app: Flask) -> None:
    coordinator = Client(app, "li.c")
    page = f"/participants/{HER}/look"
    assert coordinator.browser.post(page, data={"purpose": "x"}).status_code == 400
    wrong = {"purpose": "x", "form_token": "0" * 43}
    assert coordinator.browser.post(page, data=wrong).status_code == 400
    own = {"purpose": "x", "form_token": coordinator.form_token}
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert coordinator.browser.post(page, data=own, headers=foreign).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "http://[",
        "//[::1",
        "/x\r\nSet-Cookie: a=b",
        "/\0",
        "lots",
    ],
)
def test_sign_in_leads_to_no_other_site_and_from_nonsense_home(world: World, app: Flask, address: str) -> None:
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="form_token" value="')[1].split('"')[0]
    form = {"username": "zhou.n", "password": PASSWORD, "next": address, "form_token": token}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_every_answer_carries_the_strict_headers(world: World, app: Flask) -> None:
    for path in ("/sign-in", "/healthz", "/nowhere", "/api/v1/openapi.json"):
        headers = app.test_client().get(path).headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_a_stranger_learns_nothing_of_what_exists(world: World, app: Flask) -> None:
    at_the_bedside(world)
    analyst = Client(app, "wang.l")
    known = analyst.get(f"/api/v1/participants/{HER}").get_json()
    unknown = analyst.get("/api/v1/participants/IFN-999").get_json()
    assert {**known, "request": ""} == {**unknown, "request": ""}
    assert known["status"] == 403


def test_an_unexpected_fault_shows_nothing_of_its_inside(world: World, app: Flask) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("password=hunter2")

    broken.cotrack_needs = frozenset({"*"})  # type: ignore[attr-defined]
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("username", ["li.c", "zhou.n", "dr.gao"])
@pytest.mark.parametrize("answer", [{"hiv": "no"}, {"consent_signed_on": "2026-11-01"}, {"prior_lines": "2"}])
def test_nobody_answers_a_criterion_by_measuring(
    world: World, app: Flask, username: str, answer: dict[str, str]
) -> None:
    world.journey.screened(screening(world, HER))
    body = {"measured_on": world.journey.today().isoformat(), "values": {"weight_kg": "61.0", **answer}}
    answered = Client(app, username).post(f"/api/v1/participants/{HER}/measurements", body)
    assert answered.status_code == 422
    assert list(answered.get_json()["errors"]) == list(answer)
    kept = world.read(
        lambda session: session.scalars(select(Observation).where(Observation.source == "measured")).all()
    )
    assert kept == []


@pytest.mark.parametrize("username", ["li.c", "zhou.n", "qian.m"])
def test_only_the_physician_answers_criteria(world: World, app: Flask, username: str) -> None:
    world.journey.screened(screening(world, HER))
    answered = Client(app, username).post(f"/api/v1/participants/{HER}/answers", {"values": {"hiv": "no"}})
    assert answered.status_code == 403
