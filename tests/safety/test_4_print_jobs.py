"""Eight people print at once: each label is its own, byte for byte, and comes out once; a thousand in a soak."""

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import select
from support.printers import PaperPrinter, read_by_two
from support.servers import Server
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.labelling.gateways import zpl
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import label_template
from cotrack.labelling.models import LabelInstance, PrintJobLabel

PEOPLE = 8
JOBS = 1000 if os.environ.get("COTRACK_SOAK") else 104
DOTS = 300
READ_BY_TWO = 16
"""So many are decoded as well; all are compared byte for byte with what their own rows draw."""


@pytest.fixture
def paper() -> Iterator[PaperPrinter]:
    found = PaperPrinter()
    yield found
    found.close()


def served_at(world: World, paper: PaperPrinter) -> Server:
    """Serve the site with every station at this printer."""
    file = world.home / "site.toml"
    text = file.read_text(encoding="utf-8").replace("port = 9100", f"port = {paper.port}")
    file.write_text(text.replace('printer = "P-BROWSER"', 'printer = "P-FILL"'), encoding="utf-8")
    return Server(world, world.settings.database_url)


class Person:
    """Prints one bag's label again and again, each time twice: the first answer might have been lost."""

    def __init__(self, server: Server, name: str, bag: str) -> None:
        self._server, self._bag, self._http = server, bag, requests.Session()
        body = {"username": name, "password": PASSWORD, "station": "FILL-1"}
        token = self._http.post(f"{server.url}/api/v1/tokens", json=body, timeout=60).json()["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def print_anew(self, count: int) -> list[tuple[int, list[int]]]:
        """Return each label asked for, with the two answers to handing it out."""
        return [self._print() for _ in range(count)]

    def _print(self) -> tuple[int, list[int]]:
        asked = self._post(f"units/{self._bag}/labels", {"kind": "bag", "reason": "measured"})
        assert asked.status_code == 201, asked.text
        label_id = int(asked.json()["id"])
        return label_id, [self._post(f"labels/{label_id}/hand-out", {}).status_code for _ in range(2)]

    def _post(self, path: str, body: dict[str, str]) -> requests.Response:
        return self._http.post(f"{self._server.url}/api/v1/{path}", json=body, timeout=120)


def test_eight_people_print_at_once_and_each_gets_their_own_labels_once(world: World, paper: PaperPrinter) -> None:
    bags = world.journey.finished_lot(LOT, bags=PEOPLE)
    server = served_at(world, paper)
    try:
        people = [Person(server, ("zhao.l", "feng.t")[number % 2], bag) for number, bag in enumerate(bags)]
        with ThreadPoolExecutor(PEOPLE) as at_once:
            answers = [each for one in at_once.map(lambda one: one.print_anew(JOBS // PEOPLE), people) for each in one]
        documents = paper.wait_for(len(answers))
    finally:
        server.stop()
    assert all(told == [204, 409] for _, told in answers)
    asked = [label_id for label_id, _ in answers]
    rows = world.read(lambda session: session.scalars(select(LabelInstance).where(LabelInstance.id.in_(asked))).all())
    expected = {hashlib.sha256(each).hexdigest(): each for each in documents}
    assert len(expected) == len(documents) == len(rows) == len(set(asked))
    for row in rows:
        drawn = draw(
            label_template(None, row.kind),
            json.loads(row.fields),
            world.journey.code(row.id),
            drawn_at=row.requested_at,
            output="png",
            dots_per_inch=DOTS,
        )
        assert expected[row.bytes_sha256] == zpl.zpl_of_png(drawn)
        assert row.subject.partition(":")[2] in row.fields
    for row in rows[:READ_BY_TWO]:
        assert read_by_two(expected[row.bytes_sha256]) == {world.journey.code(row.id)}
    sure = select(PrintJobLabel.label_id).where(PrintJobLabel.label_id.in_(asked), PrintJobLabel.outcome == "sure")
    assert sorted(world.read(lambda session: session.scalars(sure).all())) == sorted(asked)
