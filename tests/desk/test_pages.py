"""The desk's pages: scan-to-page, the page of each thing, lists by role, and no more questions for more rows."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event
from support.clients import SignIn
from support.clinic import candidate, file_of
from support.stages import HER, HIM, LOT, OTHER_LOT, at_the_bedside, enrolled
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.demonstration.laboratory import good_results
from cotrack.manufacture.service import filling, lots, units
from cotrack.orders.service import dosing
from cotrack.quality.service import holds


def scanned(person: SignIn, code: str, *, by: str = "zhou.n") -> tuple[int, str, str]:
    """Scan into the field of every page; return status, where it leads, and what it says."""
    answer = person(by).send("POST", "/scan", form={"code": code})
    return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


def test_a_scan_lands_on_the_page_of_the_thing(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    assert scanned(person, bag)[:2] == (303, f"/units/{bedside.bag}")
    assert scanned(person, band)[:2] == (303, f"/participants/{HER}")
    assert scanned(person, bedside.order.lower())[:2] == (303, f"/orders/{bedside.order}")
    assert scanned(person, LOT)[:2] == (303, f"/lots/{LOT}")


def test_a_scan_of_a_dead_label_lands_on_its_thing_and_says_that_it_is_worthless(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    old = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    world.do("zhao.l", lambda work: filling.request_label(work, bedside.bag, kind="bag", reason="smudged"))
    assert scanned(person, old)[1] == f"/units/{bedside.bag}"
    shown = person("zhou.n").get(f"/units/{bedside.bag}").get_data(as_text=True)
    assert "This label was replaced by a newer print and is worthless." in shown


def test_a_scan_that_leads_nowhere_says_why(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    status, _, page = scanned(person, bag[:80])
    assert (status, "The code is damaged or was read only in part." in page) == (404, True)
    assert bag[:80] not in page
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    assert "This is a label of a participant, which your role does not see." in scanned(person, band, by="zhao.l")[2]
    assert "it is no code of ours" in scanned(person, "4006381333931")[2]


def test_a_part_of_a_number_offers_what_it_may_mean(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    status, _, page = scanned(person, "001")
    assert status == 200
    for address in (f"/units/{bedside.bag}", f"/participants/{HER}", f"/orders/{bedside.order}"):
        assert f'href="{address}"' in page


def test_no_button_is_offered_that_role_or_state_would_refuse(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    offered = {
        username: {
            act
            for act in ("issue", "return", "waste", "finish-thaw", "destroy", "store", "hold")
            if f'href="/units/{bedside.bag}/{act}"'
            in person(username).get(f"/units/{bedside.bag}").get_data(as_text=True)
        }
        for username in ("zhou.n", "ma.k", "zhao.l", "qian.m", "dr.gao", "shen.i")
    }
    assert offered == {
        "zhou.n": {"waste"},
        "ma.k": set(),
        "zhao.l": set(),
        "qian.m": {"hold"},
        "dr.gao": set(),
        "shen.i": set(),
    }


def offered(page: str) -> tuple[list[str], str]:
    """Return the buttons that work on a thing's page, and everything said where its buttons are."""
    acts = page.partition('class="acts"')[2].partition("</ul></div>")[0]
    return re.findall(r'<a class="btn[^>]*>([^<]*)</a>', acts), acts


@pytest.mark.parametrize("subject", ["lot", "unit"])
def test_under_a_hold_no_button_brings_a_bag_nearer_to_a_vein_and_the_reason_stands_beside_it(
    world: World, person: SignIn, subject: str
) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    path = f"/units/{bag}"

    def under_a_hold(username: str) -> tuple[list[str], str]:
        if subject == "lot":
            hold = world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="place", reason="late growth"))
        else:
            hold = world.do("qian.m", lambda work: units.hold_unit(work, bag, reason="late growth"))
        shown = offered(person(username).get(path).get_data(as_text=True))
        world.do("qian.m", lambda work: holds.lift(work, hold.id, reason="was another lot"))
        return shown

    steps = (
        ("ma.k", "Issue", lambda: world.journey.issued(bag)),
        ("zhou.n", "", lambda: world.journey.received(bag)),
        ("zhou.n", "Check before the thaw", lambda: world.journey.thawed(bag)),
        ("zhou.n", "Check at the bedside", lambda: None),
    )
    for username, title, go_on in steps:
        working, said = under_a_hold(username)
        if title:
            assert title not in working
            assert f"disabled>{title}</button>" in said
            assert "is on hold: late growth" in said
            assert title in offered(person(username).get(path).get_data(as_text=True))[0]
        else:
            assert "Receive on the ward" in working
        go_on()


def test_a_thing_links_only_to_what_the_reader_may_open(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    for_the_freezer = person("ma.k").get(f"/orders/{bedside.order}").get_data(as_text=True)
    assert HER in for_the_freezer
    assert f'href="/participants/{HER}"' not in for_the_freezer
    assert f'href="/participants/{HER}"' in person("zhou.n").get(f"/orders/{bedside.order}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("username", "entries"),
    [
        ("zhou.n", {"lots", "units", "participants", "orders", "infusions", "bedside", "studies"}),
        ("ma.k", {"lots", "units", "orders", "studies"}),
        ("wang.l", {"lots", "units", "studies"}),
        ("root.a", {"people"}),
        ("shen.i", {"lots", "units", "participants", "orders", "infusions", "studies", "trail", "people"}),
    ],
)
def test_the_navigation_holds_what_the_role_may_open(person: SignIn, username: str, entries: set[str]) -> None:
    page = person(username).get("/").get_data(as_text=True).partition("<nav")[2].partition("</nav>")[0]
    every = {"lots", "units", "participants", "orders", "infusions", "bedside", "studies", "trail", "people"}
    assert {each for each in every if f'href="/{each}"' in page} == entries


def test_a_journey_is_told_on_the_pages_of_bag_and_participant(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.journey.completed(infusion, "25.5", "4.5")
    unit = person("qian.m").get(f"/units/{bedside.bag}").get_data(as_text=True)
    for words in ("bag: Fill unit", "bag: Issue", "bag: Receive on the ward", "bag: Start thaw", "bag: Complete"):
        assert words in unit
    participant = person("qian.m").get(f"/participants/{HER}").get_data(as_text=True)
    for words in ("participant: Screen", "participant: Enrol", "band: Confirm band", "order: Order dose"):
        assert words in participant
    for words in ("bag: Start infusion", "bag: Complete", f'href="/infusions/{infusion.id}"'):
        assert words in participant
    assert "bag: Fill unit" not in participant


def block(page: str, title: str) -> str:
    """Return the words of one block of a page."""
    return " ".join(re.sub("<[^>]*>", " ", page.partition(f"<h2>{title}</h2>")[2].partition("<h2>")[0]).split())


def test_what_was_stopped_early_reads_so_wherever_its_order_stands(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    volumes = {"volume_given_ml": Decimal("3.0"), "volume_left_ml": Decimal("27.0")}
    world.sign("wu.n", lambda work: infusions.stop_early(work, infusion.id, **volumes, reason="rash"))
    reader = person("qian.m")
    for path in (f"/orders/{bedside.order}", f"/participants/{HER}", "/orders", "/orders?status=stopped_early"):
        text = reader.get(path).get_data(as_text=True)
        assert f"{bedside.order}</" in text
        assert "stopped early</span>" in text
        assert "completed</span>" not in text
    assert bedside.order not in reader.get("/orders?status=completed").get_data(as_text=True)


def test_a_bag_taken_back_has_no_volume_in_its_order_and_no_infusion_of_another(world: World, person: SignIn) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER, HIM)
    hers = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(hers)
    world.do("li.c", lambda work: dosing.take_back_bags(work, hers, reason="patient late"))
    his = world.journey.ordered(HIM)
    assert world.journey.allocated(his) == [bag]
    world.journey.issued(bag)
    world.journey.received(bag)
    world.journey.thawed(bag)
    world.journey.completed(world.journey.started(HIM, bag), "23.0", "7.0")
    reader = person("qian.m")
    assert block(reader.get(f"/orders/{hers}").get_data(as_text=True), "Bags").endswith(f"{bag} taken back – – –")
    assert "25.5 mL 23.0 mL 7.0 mL" in block(reader.get(f"/orders/{his}").get_data(as_text=True), "Bags")
    assert "Start infusion" not in reader.get(f"/participants/{HER}").get_data(as_text=True)


def statements(engine: Engine, act: Callable[[], object]) -> int:
    """Return how many statements an act sends."""
    heard: list[str] = []

    def execute(*, statement: str, **_: object) -> None:
        heard.append(statement)

    event.listen(engine, "before_cursor_execute", execute, named=True)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", execute)
    return len(heard)


def more_work(world: World, numbers: range) -> None:
    """Let lots, results to review, a participant, an order, a bag on the ward and a running thaw come for each."""
    for number in numbers:
        subject, lot, tested = f"IFN-{number:03d}", f"MSC24-{number:04d}", f"MSC23-{number:04d}"
        world.journey.finished_lot(tested)
        world.journey.results(good_results(tested, world.clock.now))
        world.journey.released_lot(f"MSC25-{number:04d}", bags=2)
        world.journey.finished_lot(lot)
        world.do("qian.m", lambda work, held=lot: lots.hold_lot(work, held, action="place", reason="alarm"))
        world.journey.screened(file_of(candidate(world, f"IFN-{number + 100}")))
        enrolled(world, subject)
        (bag,) = world.journey.allocated(world.journey.ordered(subject))
        world.journey.issued(bag)
        world.journey.received(bag)
        world.journey.thaw_begun(bag)


def test_no_page_asks_more_often_for_more_rows(world: World, person: SignIn) -> None:
    more_work(world, range(1, 2))
    engine = world.runtime.ground.sessions.engine
    asked = {
        (username, path): 0
        for username in ("zhou.n", "li.c", "dr.gao", "ma.k", "qian.m", "he.p", "zhao.l", "root.a", "shen.i")
        for path in ("/", "/lots", "/units", "/participants", "/orders", "/infusions")
        if person(username).get(path).status_code == 200
    }
    few = {(by, path): statements(engine, lambda by=by, path=path: person(by).get(path)) for by, path in asked}
    more_work(world, range(2, 5))
    many = {(by, path): statements(engine, lambda by=by, path=path: person(by).get(path)) for by, path in asked}
    assert {each: (few[each], many[each]) for each in asked if few[each] != many[each]} == {}


def test_the_page_of_a_lot_asks_as_often_for_many_bags_as_for_few(world: World, person: SignIn) -> None:
    world.journey.finished_lot(OTHER_LOT, bags=1)
    world.journey.finished_lot(LOT, bags=5)
    engine, client = world.runtime.ground.sessions.engine, person("qian.m")
    client.get(f"/lots/{LOT}")
    assert statements(engine, lambda: client.get(f"/lots/{LOT}")) == statements(
        engine, lambda: client.get(f"/lots/{OTHER_LOT}")
    )


def test_the_page_of_a_lot_leads_to_its_certificate_once_it_is_decided_and_readers_of_the_trail_to_its_trail(
    world: World, person: SignIn
) -> None:
    world.journey.finished_lot(OTHER_LOT)
    world.journey.released_lot(LOT)
    certificate, trail = f'href="/lots/{LOT}/certificate.pdf"', f'href="/trail?q={LOT}"'
    shown = {name: person(name).get(f"/lots/{LOT}").get_data(as_text=True) for name in ("qian.m", "ma.k")}
    assert [certificate in shown[name] for name in ("qian.m", "ma.k")] == [True, True]
    assert [trail in shown[name] for name in ("qian.m", "ma.k")] == [True, False]
    assert f'href="/lots/{LOT}"' in person("qian.m").get(f"/trail?q={LOT}").get_data(as_text=True)
    undecided = person("qian.m").get(f"/lots/{OTHER_LOT}").get_data(as_text=True)
    assert ["certificate.pdf" in undecided, f"/trail?q={OTHER_LOT}" in undecided] == [False, True]
