"""Signing in and out in a browser, one's own password, and the pages of people."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.clients import SignIn
from support.worlds import World
from werkzeug.test import TestResponse

from cotrack.app import create_app
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.service import people

NEW = "a long new password"


@pytest.fixture
def app(world: World) -> Flask:
    return create_app(world.runtime)


def token_on(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def sign_in(browser: FlaskClient, username: str, password: str = PASSWORD, **more: str) -> TestResponse:
    token = token_on(browser.get("/sign-in").get_data(as_text=True))
    return browser.post("/sign-in", data={"form_token": token, "username": username, "password": password, **more})


def cookies(answer: TestResponse) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def test_signing_in_leads_to_the_page_that_was_asked_for(app: Flask) -> None:
    browser = app.test_client()
    asked = browser.get("/lots?status=released")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=/lots?status%3Dreleased")
    answer = sign_in(browser, "zhou.n", next="/lots?status=released")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/lots?status=released")
    assert browser.get("/lots").status_code == 200


def test_a_wrong_password_keeps_the_name_and_says_no_more_than_needed(app: Flask) -> None:
    browser = app.test_client()
    answer = sign_in(browser, "zhou.n", "wrong password")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert 'value="zhou.n"' in page
    assert "wrong password" not in page
    assert browser.get("/lots").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    (session,) = [each for each in cookies(sign_in(app.test_client(), "zhou.n")) if each.startswith("cotrack=")]
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session


def test_under_tls_the_cookie_goes_over_tls_alone_and_from_this_host_alone(world: World) -> None:
    app = create_app(replace(world.runtime, settings=replace(world.settings, is_behind_tls=True)))
    browser = app.test_client()
    page = browser.get("/sign-in", base_url="https://site.example/")
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    form = {"form_token": token_on(page.get_data(as_text=True)), "username": "zhou.n", "password": PASSWORD}
    answer = browser.post("/sign-in", data=form, base_url="https://site.example/")
    (session,) = [each for each in cookies(answer) if each.startswith("__Host-cotrack=")]
    assert ["Secure" in session, "Path=/" in session, "Domain" not in session] == [True, True, True]


def test_a_sign_in_without_its_pages_token_is_refused(app: Flask) -> None:
    browser = app.test_client()
    browser.get("/sign-in")
    answer = browser.post("/sign-in", data={"username": "zhou.n", "password": PASSWORD, "form_token": "x"})
    assert answer.status_code == 400
    assert browser.get("/lots").status_code == 303


def test_signing_in_as_somebody_else_ends_the_sign_in_before_it(app: Flask) -> None:
    browser, other = app.test_client(), app.test_client()
    sign_in(browser, "zhou.n")
    cookie = browser.get_cookie("cotrack")
    assert cookie is not None
    sign_in(browser, "wu.n")
    other.set_cookie("cotrack", cookie.value)
    assert other.get("/lots").status_code == 303


def test_signing_out_ends_the_session_on_the_server_too(app: Flask) -> None:
    browser, other = app.test_client(), app.test_client()
    sign_in(browser, "zhou.n")
    cookie = browser.get_cookie("cotrack")
    assert cookie is not None
    page = browser.get("/").get_data(as_text=True)
    assert browser.post("/sign-out", data={"form_token": token_on(page)}).headers["Location"] == "/sign-in"
    other.set_cookie("cotrack", cookie.value)
    assert other.get("/").status_code == 303


def test_who_got_a_password_from_somebody_else_changes_it_before_anything(world: World, app: Flask) -> None:
    world.do(
        "root.a",
        lambda work: people.reset_password(work, world.runtime.passwords, "zhou.n", password=NEW, reason="forgotten"),
    )
    browser = app.test_client()
    sign_in(browser, "zhou.n", NEW)
    for path in ("/", "/lots", "/bedside"):
        assert browser.get(path).headers["Location"] == "/password"
    page = browser.get("/password").get_data(as_text=True)
    form = {"form_token": token_on(page), "current_password": NEW, "new_password": "another long password"}
    assert browser.post("/password", data=form).headers["Location"] == "/"
    assert browser.get("/lots").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "words"),
    [
        ("wrong", "another long password", "Your present password is another one."),
        (PASSWORD, "short", "A password has at least 12 characters and does not hold the user name."),
        (PASSWORD, "my-zhou.n-password", "A password has at least 12 characters and does not hold the user name."),
        (PASSWORD, PASSWORD, "Choose another password than the present one."),
        (PASSWORD, "", "Enter a value."),
        ("", "another long password", "Enter a value."),
    ],
    ids=["wrong", "short", "name", "same", "none", "no present one"],
)
def test_a_new_password_is_refused_in_words_and_the_old_one_stays(
    person: SignIn, current: str, new: str, words: str
) -> None:
    answer = person("zhou.n").send("POST", "/password", form={"current_password": current, "new_password": new})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert new == "" or new not in page
    assert sign_in(person("zhou.n").app.test_client(), "zhou.n").status_code == 303


def test_changing_the_password_ends_the_other_sign_ins_and_not_this_one(person: SignIn) -> None:
    nurse = person("zhou.n")
    form = {"current_password": PASSWORD, "new_password": "another long password"}
    assert nurse.send("POST", "/password", form=form).status_code == 303
    assert nurse.get("/lots").status_code == 200
    assert nurse.get("/api/v1/lots").status_code == 401


def test_guessing_the_present_password_locks_the_name(person: SignIn) -> None:
    for _ in range(5):
        form = {"current_password": "wrong", "new_password": "another long password"}
        assert person("zhou.n").send("POST", "/password", form=form).status_code == 422
    form = {"current_password": PASSWORD, "new_password": "another long password"}
    assert person("zhou.n").send("POST", "/password", form=form).status_code == 422


def test_people_are_added_and_what_was_typed_stays_but_the_password(person: SignIn) -> None:
    form = {"username": "New.P", "printed_name": "新人 NEW", "identity_verified_by": "passport", "roles": "nurse"}
    answer = person("root.a").send("POST", "/people/new", form={**form, "new_password": NEW})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert ["Choose another user name." in page, "新人 NEW" in page, NEW in page] == [True, True, False]
    done = person("root.a").send("POST", "/people/new", form={**form, "username": "new.p", "new_password": NEW})
    assert (done.status_code, done.headers["Location"]) == (303, "/people/new.p")


def test_a_persons_page_gives_takes_resets_and_disables_and_says_why_not(person: SignIn) -> None:
    administrator, path = person("root.a"), "/people/ma.k"
    given = administrator.send("POST", f"{path}/grant", form={"role": "technician", "reason": "stand-in"})
    assert given.status_code == 303
    assert "GMP technician" in administrator.get(path).get_data(as_text=True)
    conflict = administrator.send("POST", f"{path}/grant", form={"role": "administrator", "reason": "x"})
    assert conflict.status_code == 422
    assert "One person may not hold these roles together" in conflict.get_data(as_text=True)
    assert administrator.send("POST", f"{path}/reset", form={"new_password": NEW, "reason": "lost"}).status_code == 303
    assert administrator.send("POST", f"{path}/disable", form={"reason": "left"}).status_code == 303
    last = administrator.send("POST", "/people/root.a/disable", form={"reason": "left"})
    assert last.status_code == 409
    assert "Nobody else administers this site" in last.get_data(as_text=True)


def test_the_pages_of_people_are_read_by_qa_and_auditor_who_change_nothing(person: SignIn) -> None:
    for reader in ("qian.m", "shen.i"):
        assert "zhou.n" in person(reader).get("/people").get_data(as_text=True)
        page = person(reader).get("/people/zhou.n").get_data(as_text=True)
        assert "/people/zhou.n/disable" not in page
        assert person(reader).send("POST", "/people/zhou.n/disable", form={"reason": "x"}).status_code == 403


def test_the_pages_of_people_say_until_when_a_name_is_locked_and_no_longer_once_it_has_a_new_password(
    app: Flask, person: SignIn
) -> None:
    administrator = person("root.a")

    def told(path: str) -> tuple[bool, bool]:
        page = re.sub("<[^>]*>", "", administrator.get(path).get_data(as_text=True))
        return "locked until 2026-11-23 12:15 +08:00" in page, "may sign in" in page

    assert [told("/people"), told("/people/zhou.n")] == [(False, True), (False, True)]
    for _ in range(5):
        sign_in(app.test_client(), "zhou.n", "wrong")
    assert [told("/people"), told("/people/zhou.n")] == [(True, True), (True, False)]
    done = administrator.send("POST", "/people/zhou.n/reset", form={"new_password": NEW, "reason": "lost"})
    assert done.status_code == 303
    assert [told("/people"), told("/people/zhou.n")] == [(False, True), (False, True)]
