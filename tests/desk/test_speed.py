"""Every page of the demonstration, opened by every role as its links lead: it answers in time and says where it is."""

import html
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from flask import Flask
from support.clients import Client
from support.demonstrations import ROLES
from support.pace import slowness
from support.worlds import World

from cotrack.app import create_app

MOST_SECONDS = 0.1
MOST_SECONDS_OF_A_DOCUMENT = 1.0
LOOKS = 15
MOST_OF_A_ROUTE = 8
BANNER = "TRAINING SITE"


@dataclass
class Walk:
    """What somebody saw on the way through all pages: an ordinary machine's seconds by address, and what was wrong."""

    seconds: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    without_banner: list[str] = field(default_factory=list)


def route_of(app: Flask, path: str) -> str:
    endpoint, _ = app.url_map.bind("localhost").match(path.partition("?")[0])
    return str(endpoint)


def walk(app: Flask, username: str) -> Walk:
    """Open the home page and every page that any page links to; of a route no more than a few."""
    client, found, opened = Client(app, username), Walk(), Counter[str]()
    waiting, known = ["/"], {"/"}
    while waiting:
        path = waiting.pop(0)
        opened[route_of(app, path)] += 1
        if opened[route_of(app, path)] > MOST_OF_A_ROUTE:
            continue
        page = look(client, path, found)
        links = {html.unescape(each) for each in re.findall(r'href="(/[^"#]*)"', page)}
        new = sorted(each for each in links - known if not each.startswith("/static/"))
        waiting += new
        known.update(new)
    return found


def limit(path: str) -> float:
    """Return how long an address may take: a page a tenth of a second, a document to print what needs no progress."""
    return MOST_SECONDS_OF_A_DOCUMENT if path.partition("?")[0].endswith(".pdf") else MOST_SECONDS


def look(client: Client, path: str, found: Walk) -> str:
    """Open a page, a few times where it is slow beside the machine's own pace; return what it says."""
    best, answer, most = float("inf"), None, limit(path)
    for _ in range(LOOKS):
        started = time.perf_counter()
        answer = client.get(path)
        took = time.perf_counter() - started
        best = min(best, took if took < most else took / slowness())
        if best < most:
            break
    assert answer is not None
    found.seconds[path] = best
    if answer.status_code != 200:
        found.refused[path] = answer.status_code
    if answer.mimetype != "text/html":
        return ""
    page = answer.get_data(as_text=True)
    if BANNER not in page:
        found.without_banner.append(path)
    return page


@pytest.fixture(scope="module")
def app(demonstration: World) -> Flask:
    return create_app(demonstration.runtime)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_role_is_led_to_opens_in_a_tenth_of_a_second_and_says_that_it_is_a_training_site(
    app: Flask, role: str, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    found = walk(app, ROLES[role])
    slowest = sorted(found.seconds.items(), key=lambda each: -each[1])[:3]
    told = ", ".join(f"{path} {1000 * took:.0f} ms" for path, took in slowest)
    with capsys.disabled():
        pytestconfig.get_terminal_writer().line(f"\n{role}: {len(found.seconds)} pages, slowest {told}")
    assert found.refused == {}
    assert found.without_banner == []
    assert {path: took for path, took in found.seconds.items() if took >= limit(path)} == {}
    assert len(found.seconds) >= 10
