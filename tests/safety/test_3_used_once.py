"""What must never happen, 3: a bag is consumed, allocated or issued twice, however many press, however often."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import func, select
from support.races import HeldCommand, Waiting
from support.servers import Server
from support.stages import HER, HIM, LOT, at_the_bedside, enrolled
from support.worlds import World

from cotrack.bedside.models import Infusion
from cotrack.bedside.service import infusions
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.db.sessions import wall_clock
from cotrack.foundation.errors import Blocked, TransitionNotAllowed
from cotrack.orders.models import Allocation
from cotrack.orders.service import allocation

TABLETS = 20


def test_a_second_start_of_a_bag_is_refused_as_already_used(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    act = lambda work: infusions.start(work, first_check=first.id, second_check=second.id)  # noqa: E731
    world.do("wu.n", act)
    with pytest.raises(Blocked) as refused:
        world.do("zhou.n", act)
    assert [each.code for each in refused.value.blockers] == ["already_used"]


def test_two_coordinators_cannot_set_the_same_bag_aside_for_two_people(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    enrolled(world, HER, HIM)
    hers, his = world.journey.ordered(HER), world.journey.ordered(HIM)
    held = HeldCommand(world, "li.c", lambda work: allocation.allocate(work, hers))
    other = Waiting(world, "li.c", lambda work: allocation.allocate(work, his))
    assert other.waits()
    held.commit()
    other.end()
    assert other.refusal is not None
    assert {each.code for each in other.refusal.reasons} & {"already_used", "no_bags"}


def test_the_database_itself_refuses_a_second_allocation_of_a_bag(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    enrolled(world, HER, HIM)
    world.journey.allocated(world.journey.ordered(HER))
    his = world.journey.order(world.journey.ordered(HIM))

    def behind(work: object) -> None:
        work.record("order.allocate", "order:x", permission="order:allocate")  # type: ignore[attr-defined]
        same = work.session.scalar(select(Allocation))  # type: ignore[attr-defined]
        values = {
            name: getattr(same, name)
            for name in ("unit_id", "volume_to_give_ml", "viable_million_per_ml", "allocated_at", "allocated_by_id")
        }
        work.add(Allocation(order_id=his.id, **values))  # type: ignore[attr-defined]

    with pytest.raises(Blocked) as refused:
        world.do("li.c", behind)
    assert [each.code for each in refused.value.blockers] == ["already_used"]


def test_a_bag_is_issued_once(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    world.journey.issued(bag)
    with pytest.raises(TransitionNotAllowed):
        world.journey.issued(bag)


def token(server: Server, username: str, station: str) -> str:
    body = {"username": username, "password": PASSWORD, "station": station}
    return str(requests.post(f"{server.url}/api/v1/tokens", json=body, timeout=30).json()["token"])


def test_twenty_tablets_start_one_bag_and_one_wins_and_nineteen_are_told_why(server: Server) -> None:
    world = server.world
    start_the_clock(world)
    bedside = at_the_bedside(world)
    tokens = [token(server, ("zhou.n", "wu.n")[number % 2], "WARD-3A-1") for number in range(TABLETS)]
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")

    def send(number: int, path: str, body: dict[str, object]) -> requests.Response:
        headers = {"Authorization": f"Bearer {tokens[number]}"}
        return requests.post(f"{server.url}/api/v1/{path}", json=body, headers=headers, timeout=60)

    scans = {"participant_code": band, "unit_code": bag, "station": "WARD-3A-1"}
    checks = [send(number, "identity-checks", scans) for number in (0, 1)]
    assert [check.json()["result"] for check in checks] == ["match", "match"]
    pair = {"first_check": checks[0].json()["id"], "second_check": checks[1].json()["id"]}
    before = records_of_start(world)
    with ThreadPoolExecutor(TABLETS) as tablets:
        answers = list(tablets.map(lambda number: send(number, "infusions", pair), range(TABLETS)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (TABLETS - 1)
    told = [answer.json()["blockers"] for answer in answers if answer.status_code == 409]
    assert all([each["code"] for each in blockers] == ["already_used"] for blockers in told)
    assert world.read(lambda session: session.scalar(select(func.count()).select_from(Infusion))) == 1
    after = records_of_start(world)
    assert sorted(after[len(before) :]) == ["done"] + ["refused"] * (TABLETS - 1)


def start_the_clock(world: World) -> None:
    """Let the test's services act at the wall clock's instant, as the served site does."""
    world.clock.now = wall_clock()


def records_of_start(world: World) -> list[str]:
    statement = select(AuditRecord.outcome).where(AuditRecord.event == "unit.start").order_by(AuditRecord.id)
    return list(world.read(lambda session: session.scalars(statement).all()))


def test_a_start_repeated_under_its_key_gets_the_first_answer(server: Server) -> None:
    world = server.world
    start_the_clock(world)
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    headers = {
        "Authorization": f"Bearer {token(server, 'wu.n', 'WARD-3A-1')}",
        "Idempotency-Key": "tablet-7-start-1",
    }
    body = {"first_check": first.id, "second_check": second.id}
    url = f"{server.url}/api/v1/infusions"
    with ThreadPoolExecutor(8) as tablet:
        answers = list(tablet.map(lambda _: requests.post(url, json=body, headers=headers, timeout=60), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    other = requests.post(url, json={**body, "second_check": first.id}, headers=headers, timeout=60)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:cotrack:problem:idempotency-key-reused"
