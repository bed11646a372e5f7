"""An identity check costs a few statements, however much data there is (surface.md §6)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, event
from support.clients import Client
from support.conditional import accept, released_conditionally
from support.expiry import decided
from support.stages import HER, LOT, Bedside, at_the_bedside, enrolled
from support.supply import supplied_at_the_bedside
from support.worlds import World

from cotrack.app import create_app
from cotrack.bedside.service.checks import check_identity
from cotrack.bedside.service.infusions import record_wash
from cotrack.manufacture.service import lots
from cotrack.quality.service import holds

MOST = 12
MANY = 200


@dataclass
class Traffic:
    """What went to the database: statements, and the ends of transactions beside them."""

    statements: list[str] = field(default_factory=list)
    transactions: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([*self.statements, " ".join(self.transactions)])


@contextmanager
def traffic(engine: Engine) -> Iterator[Traffic]:
    """Listen to an engine; BEGIN, COMMIT and ROLLBACK are listed, not counted."""
    heard = Traffic()

    def execute(*, statement: str, **_: Any) -> None:
        if not statement.startswith("BEGIN"):
            heard.statements.append(statement)

    listeners: dict[str, Callable[..., None]] = {
        "begin": lambda _: heard.transactions.append("BEGIN"),
        "commit": lambda _: heard.transactions.append("COMMIT"),
        "rollback": lambda _: heard.transactions.append("ROLLBACK"),
    }
    event.listen(engine, "before_cursor_execute", execute, named=True)
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", execute)
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


@dataclass(frozen=True)
class Scanned:
    """A bag at its bedside, and what its nurse scans."""

    bedside: Bedside
    question: dict[str, str]

    @property
    def world(self) -> World:
        return self.bedside.world

    def ask_the_service(self) -> Traffic:
        """Check once through the service."""
        with traffic(self.world.runtime.ground.sessions.engine) as heard:
            check = self.world.do("wu.n", lambda work: check_identity(work, **self.question))
        assert check.result == "match"
        return heard

    def ask_the_api(self, client: Client) -> Traffic:
        """Check once over HTTP, with a token."""
        with traffic(self.world.runtime.ground.sessions.engine) as heard:
            answer = client.post("/api/v1/identity-checks", self.question)
        assert (answer.status_code, answer.get_json()["result"]) == (201, "match")
        return heard

    def grow(self, numbers: range) -> None:
        """Let the site grow by a lot with a bag, a hold that was lifted, and an earlier check, for each number."""
        for number in numbers:
            lot = self.world.journey.lot(f"MSC25-{number:04d}")
            self.world.journey.labelled_unit(lot)
            hold = self.world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="an alarm"))
            self.world.do("qian.m", lambda work, held=hold.id: holds.lift(work, held, reason="a false alarm"))
            self.ask_the_service()


@pytest.fixture
def scanned(world: World) -> Scanned:
    bedside = at_the_bedside(world)
    journey = world.journey
    question = {
        "participant_code": journey.live_code(f"participant:{HER}", "wristband"),
        "unit_code": journey.live_code(f"unit:{bedside.bag}", "bag"),
        "station": "WARD-3A-1",
    }
    found = Scanned(bedside, question)
    found.grow(range(1))
    return found


def test_a_check_takes_at_most_twelve_statements_in_one_transaction(scanned: Scanned) -> None:
    heard = scanned.ask_the_service()
    assert len(heard.statements) <= MOST, str(heard)
    assert heard.transactions == ["BEGIN", "COMMIT"], str(heard)


def test_a_check_over_http_takes_at_most_twelve_statements_with_its_token(scanned: Scanned) -> None:
    client = Client(create_app(scanned.world.runtime), "wu.n")
    heard = scanned.ask_the_api(client)
    assert len(heard.statements) <= MOST, str(heard)


def test_a_check_takes_as_many_statements_however_much_data_there_is(scanned: Scanned) -> None:
    client = Client(create_app(scanned.world.runtime), "wu.n")
    few = scanned.ask_the_service(), scanned.ask_the_api(client)
    scanned.grow(range(1, MANY))
    many = scanned.ask_the_service(), scanned.ask_the_api(client)
    assert [each.statements for each in many] == [each.statements for each in few]


def test_a_check_of_a_conditional_lot_that_was_accepted_takes_no_more_than_twelve(world: World) -> None:
    released_conditionally(world)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    accept(world, order)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    question = {
        "participant_code": world.journey.live_code(f"participant:{HER}", "wristband"),
        "unit_code": world.journey.live_code(f"unit:{bag}", "bag"),
        "station": "WARD-3A-1",
    }
    heard = Scanned(Bedside(world, bag, order), question).ask_the_api(Client(create_app(world.runtime), "wu.n"))
    assert len(heard.statements) <= MOST, str(heard)


def test_a_changed_expiry_and_a_wash_add_no_statement_to_a_check(scanned: Scanned) -> None:
    before = scanned.ask_the_service()
    decided(scanned.world, -30)
    scanned.world.do("wu.n", lambda work: record_wash(work, scanned.bedside.bag))
    assert scanned.ask_the_service().statements == before.statements


def test_a_check_of_a_bag_that_is_supplied_out_of_specification_takes_no_more_than_any(world: World) -> None:
    bag, _, _ = supplied_at_the_bedside(world)
    question = {
        "participant_code": world.journey.live_code(f"participant:{HER}", "wristband"),
        "unit_code": world.journey.live_code(f"unit:{bag}", "bag"),
        "station": "WARD-3A-1",
    }
    heard = Scanned(Bedside(world, bag, ""), question).ask_the_api(Client(create_app(world.runtime), "wu.n"))
    assert len(heard.statements) <= MOST, str(heard)
