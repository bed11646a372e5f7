"""Sign-in and people over the JSON API."""

import pytest
from flask import Flask
from support.clients import SignIn
from support.refusals import codes
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.demonstration.players import PASSWORD

NEW = {
    "username": "new.p",
    "printed_name": "新人 NEW",
    "identity_verified_by": "passport",
    "roles": ["nurse"],
    "new_password": "a long new password",
}


def sign_in(person: SignIn, username: str, password: str, **more: str) -> TestResponse:
    app: Flask = person("shen.i").app
    return app.test_client().post("/api/v1/tokens", json={"username": username, "password": password, **more})


def ask(person: SignIn, token: str, path: str, method: str = "GET") -> TestResponse:
    app: Flask = person("shen.i").app
    return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {token}"})


def test_a_token_is_given_for_name_and_password_says_when_it_ends_and_opens_the_api(
    world: World, person: SignIn
) -> None:
    answer = sign_in(person, "zhou.n", PASSWORD, station="WARD-3A-1")
    assert answer.status_code == 201
    assert set(answer.get_json()) == {"token", "expires_at"}
    assert answer.get_json()["expires_at"] == "2026-11-23T16:00:00+00:00"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ask(person, answer.get_json()["token"], "/api/v1/lots").status_code == 200


def test_a_token_that_was_ended_opens_nothing(person: SignIn) -> None:
    token = sign_in(person, "zhou.n", PASSWORD).get_json()["token"]
    assert ask(person, token, "/api/v1/tokens", "DELETE").status_code == 204
    assert ask(person, token, "/api/v1/lots").status_code == 401


@pytest.mark.parametrize(
    "sent", ["", "x", "Bearer", "Basic enhvdS5uOng=", "Bearer ", "Bearer a b", "bearer\tx", "Bearer " + "x" * 5000]
)
def test_what_is_no_token_opens_nothing_and_says_how_to_sign_in(person: SignIn, sent: str) -> None:
    answer = person("shen.i").app.test_client().get("/api/v1/lots", headers={"Authorization": sent})
    assert (answer.status_code, answer.get_json()["type"]) == (401, "urn:cotrack:problem:not-signed-in")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="cotrack"'


def test_a_browsers_cookie_opens_no_route_of_the_api(person: SignIn) -> None:
    assert person("zhou.n").browser.get("/api/v1/lots").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "zhou.n"},
        {"username": "zhou.n", "password": None},
        {"username": "zhou.n", "password": "\ud800"},
        {"username": "a\u0000", "password": "x"},
        {"username": "zhou.n", "password": "x" * 1_001},
        {"username": "zhou.n", "password": PASSWORD, "role": "qa_reviewer"},
        [],
    ],
)
def test_a_sign_in_of_another_shape_is_refused_by_field(person: SignIn, body: object) -> None:
    answer = person("shen.i").app.test_client().post("/api/v1/tokens", json=body)
    assert (answer.status_code, answer.get_json()["type"]) == (422, "urn:cotrack:problem:invalid-input")
    assert answer.get_json()["errors"]


def test_a_wrong_password_and_a_stranger_are_answered_alike(person: SignIn) -> None:
    wrong, stranger = sign_in(person, "zhou.n", "wrong"), sign_in(person, "nobody", PASSWORD)
    assert (wrong.status_code, stranger.status_code) == (401, 401)
    assert wrong.get_json()["detail"] == stranger.get_json()["detail"]


def test_who_must_choose_a_password_does_nothing_else_before(person: SignIn) -> None:
    assert person("root.a").post("/api/v1/people", NEW).status_code == 201
    token = sign_in(person, "new.p", NEW["new_password"]).get_json()["token"]
    answer = ask(person, token, "/api/v1/lots")
    assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:cotrack:problem:permission-denied")


def test_people_are_added_listed_and_disabled(person: SignIn) -> None:
    added = person("root.a").post("/api/v1/people", NEW)
    assert (added.status_code, added.get_json()["roles"]) == (201, ["nurse"])
    assert "password" not in added.get_data(as_text=True)
    everybody = {each["username"]: each for each in person("shen.i").get("/api/v1/people").get_json()}
    assert everybody["new.p"]["is_active"]
    assert person("root.a").post("/api/v1/people/new.p/disable", {}).status_code == 422
    assert person("root.a").post("/api/v1/people/new.p/disable", {"reason": "left"}).get_json()["is_active"] is False
    assert sign_in(person, "new.p", NEW["new_password"]).status_code == 401
    assert person("root.a").post("/api/v1/people/nobody/disable", {"reason": "left"}).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "New.P"}, "username"),
        ({"new_password": "short"}, "new_password"),
        ({"roles": []}, "roles"),
        ({"roles": ["system"]}, "roles"),
        ({"roles": ["administrator", "nurse"]}, "roles"),
        ({"printed_name": "  "}, "printed_name"),
        ({"identity_verified_by": ""}, "identity_verified_by"),
    ],
)
def test_a_fault_in_somebody_new_is_told_at_its_field(person: SignIn, changed: dict[str, object], field: str) -> None:
    answer = person("root.a").post("/api/v1/people", {**NEW, **changed})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_the_last_administrator_stays(person: SignIn) -> None:
    answer = person("root.a").post("/api/v1/people/root.a/disable", {"reason": "left"})
    assert (answer.status_code, codes(answer)) == (409, ["last_administrator"])
