"""Every route is tried by a stranger and by every role; `tests/safety/routes.csv` says by hand who may pass."""

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from support.clients import Client
from support.worlds import World, open_world
from werkzeug.routing import Rule

from cotrack.app import create_app
from cotrack.demonstration.players import PLAYERS

EXPECTED = Path(__file__).parent.parent / "safety" / "routes.csv"
EVERYBODY, ANYBODY = "everybody", "anybody"
PEOPLE = {role: player.username for player in PLAYERS.values() for role in player.roles}
ARGUMENTS = {"filename": "cotrack.css", "number": "X", "username": "x", "sha256": "x", "code": "zh"}


def permitted() -> dict[tuple[str, str], set[str]]:
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return {(row["method"], row["route"]): set(row["roles"].split()) for row in csv.DictReader(file)}


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def address(rule: Rule) -> str:
    return re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda found: "1" if found[1] == "int" else ARGUMENTS.get(found[2], "1"), rule.rule
    )


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One site for all routes: nothing here may change it."""
    home = tmp_path_factory.mktemp("routes") / "home"
    shutil.copytree(request.getfixturevalue("sqlite_template"), home)
    return open_world(home)


@pytest.fixture(scope="module")
def app(site: World) -> Flask:
    return create_app(site.runtime)


def test_every_route_stands_in_the_list_that_is_kept_by_hand(app: Flask) -> None:
    assert {(method, rule.rule) for method, rule in routes(app)} == set(permitted())


def test_every_view_says_what_it_needs(app: Flask) -> None:
    silent = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(view, "cotrack_needs") and endpoint not in {"static", "api-docs.openapi_json"}
    ]
    assert silent == []


def test_a_stranger_passes_only_where_anybody_may(app: Flask) -> None:
    client = app.test_client()
    for method, rule in routes(app):
        path = address(rule)
        sent = {} if path.startswith("/api/v1") else None
        response = client.open(path, method=method, json=sent, buffered=True)
        if permitted()[method, rule.rule] == {ANYBODY}:
            assert response.status_code not in {302, 303, 403}, (method, path)
        elif path.startswith(("/api/v1", "/metrics")) or method != "GET":
            assert response.status_code == 401, (method, path, response.status_code)
        else:
            assert response.status_code == 303, (method, path, response.status_code)
            assert "/sign-in" in response.headers["Location"]


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_passes_only_where_the_list_names_it(app: Flask, role: str) -> None:
    client = Client(app, PEOPLE[role])
    for method, rule in routes(app):
        if rule.endpoint in {"access.sign_out", "api_access.end_token"}:
            continue
        path, allowed = address(rule), permitted()[method, rule.rule]
        status = client.send(method, path).status_code
        if allowed & {ANYBODY, EVERYBODY, role}:
            assert status not in {401, 403}, (method, path, status)
        else:
            assert status == 403, (method, path, status)
