"""A supply out of specification on the pages: offered where nothing else serves, read, signed, seen at every place."""

from support.clients import SignIn
from support.invalid import REASON, assessed, closed, invalidated
from support.late import day_14
from support.stages import HER, LOT, OTHER_LOT
from support.supply import (
    ALTERNATIVES,
    EVALUATION,
    HAZARD,
    accept_supply,
    evaluate,
    evaluated,
    out_of_specification,
    request,
    supplied,
    tell,
)
from support.supply import supplied_at_the_bedside as at_the_bedside
from support.worlds import World

from cotrack.bedside.service.infusions import infusion_numbered
from cotrack.manufacture.service import lots
from cotrack.orders.service.supplied import supply_numbered

BANNER = "Out of specification: supplied for this order"
CHANGED = "A supply out of specification counts no longer"
TELL = "Tell the sponsor of a lot supplied out of specification"


def seen(person: SignIn, name: str, path: str) -> str:
    answer = person(name).get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_request_is_offered_to_the_physician_alone_and_only_where_no_other_lot_serves(
    world: World, person: SignIn
) -> None:
    order = out_of_specification(world)
    path = f"/orders/{order}/supplies/new"
    assert path in seen(person, "dr.gao", f"/orders/{order}")
    for name in ("qian.m", "li.c", "zhou.n", "prof.han"):
        assert path not in seen(person, name, f"/orders/{order}")
    world.journey.released_lot(OTHER_LOT)
    assert path not in seen(person, "dr.gao", f"/orders/{order}")
    page = seen(person, "dr.gao", path)
    assert "A lot that may be given is in store for order" in page
    assert "disabled>Go on to sign</button>" in page


def test_a_request_is_not_offered_while_bags_of_another_lot_are_set_aside(world: World, person: SignIn) -> None:
    order = out_of_specification(world)
    world.journey.released_lot(OTHER_LOT)
    world.journey.allocated(order)
    hers = f"/orders/{order}/supplies/new"
    assert hers not in seen(person, "dr.gao", f"/orders/{order}")
    assert "set aside for order" in seen(person, "dr.gao", hers)


def test_the_way_from_request_to_notice_is_gone_on_the_pages_by_who_may(world: World, person: SignIn) -> None:
    order = out_of_specification(world)
    world.journey.trail_reviewed(LOT)
    page = seen(person, "dr.gao", f"/orders/{order}/supplies/new")
    assert "94.2 %" in page
    said = {"lot": LOT, "hazard": HAZARD, "alternatives": ALTERNATIVES}
    signed = person("dr.gao").sign(f"/orders/{order}/supplies/new", **said)
    supply = signed.headers["Location"]
    assert supply == f"/supplies/SUP-{LOT}-1"
    assert f"/orders/{order}/supplies/new" not in seen(person, "dr.gao", f"/orders/{order}")
    assert "Evaluate the risk of a lot out of specification" in seen(person, "qian.m", "/")
    assert f"{supply}/evaluate" in seen(person, "qian.m", supply)
    assert HAZARD in seen(person, "qian.m", f"{supply}/evaluate")
    evaluation = {"evaluation": EVALUATION, "bags": f"{LOT}-001"}
    assert person("qian.m").sign(f"{supply}/evaluate", **evaluation).status_code == 303
    home = seen(person, "dr.gao", "/")
    assert "Read QA&#39;s evaluation, and accept or withdraw" in home
    assert EVALUATION in seen(person, "dr.gao", f"{supply}/accept")
    assert person("dr.gao").sign(f"{supply}/accept").status_code == 303
    assert TELL in seen(person, "qian.m", "/")
    assert "The sponsor was not told yet" in seen(person, "qian.m", supply)
    notice = {"addressee": "sponsor", "sent_at": f"{world.journey.site_time():%Y-%m-%d %H:%M}", "sent_by": "QIAN Min"}
    assert person("qian.m").post(f"{supply}/notices", form={**notice, "how": "telephone"}).status_code == 303
    assert TELL not in seen(person, "qian.m", "/")
    assert "The sponsor was not told yet" not in seen(person, "qian.m", supply)


def test_qa_and_physician_read_and_sign_which_results_were_made_invalid(world: World, person: SignIn) -> None:
    order = out_of_specification(world)
    number = assessed(world)
    invalidated(world, "sterility", number)
    closed(world, number)
    world.journey.results(day_14(world, "no growth", replicate=2), name="again.csv")
    world.journey.review(LOT)
    supply = request(world, order).number
    world.journey.trail_reviewed(LOT)
    evaluate(world, supply, by="tang.w")
    for name, act in (("qian.m", "evaluate"), ("dr.gao", "accept")):
        page = seen(person, name, f"/supplies/{supply}/{act}")
        assert "Results made invalid" in page
        assert REASON in page
    accept_supply(world, supply)
    signed = world.read(lambda session: supply_numbered(session, supply))
    for each in (signed.evaluation_signature, signed.acceptance_signature):
        assert "1 invalidated / 判定无效的结果:" in each.text
        assert f"Sterility, day 14 / 无菌（第 14 天） #1: no growth – {number}: {REASON}" in each.text


def test_a_button_that_something_stands_against_is_off_and_says_why(world: World, person: SignIn) -> None:
    number = request(world, out_of_specification(world)).number
    page = seen(person, "qian.m", f"/supplies/{number}/evaluate")
    assert "The trail of lot MSC26-0031 is not reviewed yet." in page
    assert "disabled>Go on to sign</button>" in page
    assert "disabled>Evaluate risk</button>" in seen(person, "qian.m", f"/supplies/{number}")


def test_what_was_typed_stays_where_a_time_or_a_bag_is_wrong(world: World, person: SignIn) -> None:
    _, number = evaluated(world)
    wrong = person("qian.m").post(f"/supplies/{number}/evaluate", form={"evaluation": "kept words", "bags": "X-1"})
    assert wrong.status_code == 422
    assert "kept words" in wrong.get_data(as_text=True)
    assert "Name bags of this lot that are in store" in wrong.get_data(as_text=True)


def test_every_place_where_the_bag_shows_says_in_amber_that_it_is_out_of_specification(
    world: World, person: SignIn
) -> None:
    order, number = supplied(world)
    for name, path in (
        ("li.c", f"/orders/{order}/allocate"),
        ("zhou.n", f"/orders/{order}"),
        ("qian.m", f"/supplies/{number}"),
    ):
        page = seen(person, name, path)
        assert BANNER in page
        assert "CD105+" in page
    (bag,) = world.journey.allocated(order)
    assert "not released. Failed: CD105+" in seen(person, "ma.k", f"/units/{bag}/issue")
    unit = seen(person, "ma.k", f"/units/{bag}")
    assert BANNER in unit
    assert "status go" not in unit.partition("What stands against it")[2].partition("</div>")[0]
    assert f"SUP-{LOT}-1" in seen(person, "qian.m", f"/lots/{LOT}")


def test_the_other_bags_of_the_lot_and_other_orders_say_nothing_of_it(world: World, person: SignIn) -> None:
    supplied(world)
    assert BANNER not in seen(person, "ma.k", f"/units/{LOT}-002")
    assert "Lot MSC26-0031 is not released." in seen(person, "ma.k", f"/units/{LOT}-002")


def test_verdict_infusion_and_its_record_name_the_failed_tests(world: World, person: SignIn) -> None:
    bag, _, number = at_the_bedside(world)
    made = world.journey.check(HER, bag, "zhou.n")
    verdict = seen(person, "zhou.n", f"/bedside/checks/{made.id}")
    assert "OUT OF SPECIFICATION: supplied for this order, not released." in verdict
    assert "CD105+" in verdict
    assert "GAO Jun" in verdict
    infusion = world.journey.started(HER, bag)
    path = f"/infusions/{infusion.id}"
    assert BANNER in seen(person, "wu.n", path)
    world.journey.completed(infusion, "25.5", "4.5")
    signed = world.read(lambda session: infusion_numbered(session, infusion.id)).closing_signature
    assert number in signed.text
    assert "CD105+" in signed.text
    assert person("wu.n").get(f"{path}/record.pdf").data.startswith(b"%PDF")
    world.do("qian.m", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    assert BANNER in seen(person, "wu.n", path)


def test_a_supply_that_counts_no_longer_is_work_for_qa_and_the_treating_physician(world: World, person: SignIn) -> None:
    order, number = supplied(world)
    tell(world, number)
    (bag,) = world.journey.allocated(order)
    for name in ("qian.m", "dr.gao"):
        assert CHANGED not in seen(person, name, "/")
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    for name in ("qian.m", "dr.gao"):
        assert CHANGED in seen(person, name, "/")
    assert "that acceptance counts no longer" in seen(person, "zhou.n", f"/orders/{order}")
    assert BANNER not in seen(person, "ma.k", f"/units/{bag}")
    page = seen(person, "qian.m", f"/supplies/{number}")
    assert "Counts no longer" in page
    assert person("qian.m").post(f"/supplies/{number}/void", form={"reason": "bath"}).status_code == 303
    assert CHANGED not in seen(person, "qian.m", "/")
    assert world.read(lambda session: supply_numbered(session, number)).end_reason == "bath"


def test_who_was_given_such_a_bag_is_told_of_what_is_learnt_of_its_lot_later(world: World, person: SignIn) -> None:
    bag, order, number = at_the_bedside(world)
    tell(world, number)
    world.journey.completed(world.journey.started(HER, bag), "25.5", "4.5")
    assert world.journey.order(order).status == "completed"
    world.do("zhao.l", lambda work: lots.open_deviation(work, LOT, description="bath at 41 °C"))
    for name in ("qian.m", "dr.gao"):
        assert CHANGED in seen(person, name, "/")
