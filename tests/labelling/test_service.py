"""The life of a label: asked for, drawn, read back, sent, outcome kept, scanned back on its thing, or void."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.races import HeldCommand, Waiting
from support.refusals import records, refused
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.desk.service import home
from cotrack.foundation.errors import NotFound, PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.reconciliation import Fate
from cotrack.labelling.service import instances, papers, printing
from cotrack.manufacture.service import filling
from cotrack.participants.service import bands


@pytest.fixture
def unit(world: World) -> str:
    """A bag without a label."""
    world.journey.lot(LOT)
    return world.journey.unit(LOT)


def ask(world: World, unit: str, kind: str = "bag", *, reason: str = "") -> int:
    label_id: int = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind=kind, reason=reason)).id
    return label_id


def hand_out(world: World, label_id: int, by: str = "zhao.l") -> bytes:
    document = printing.hand_out(world.cast.ground, world.cast.actor(by), label_id).document
    assert document is not None
    return document


def label(world: World, label_id: int) -> LabelInstance:
    found: LabelInstance = world.read(lambda session: instances.label_numbered(session, label_id))
    return found


def unfinished(world: World) -> list[int]:
    return [each.id for each in world.read(instances.unfinished_prints)]


def waiting_at_home(world: World, username: str) -> list[str]:
    """Return the labels whose fate somebody is asked about on their home page."""
    ground, actor = world.runtime.ground, world.cast.actor(username)
    tasks = world.read(lambda session: home.tasks_for(ground, session, actor))
    return [each.subject for each in tasks if each.endpoint == "labelling.show_label"]


def test_each_step_is_kept_before_the_next(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    assert label(world, label_id).status == "intended"
    document = hand_out(world, label_id)
    printed = label(world, label_id)
    assert (printed.status, printed.instance, printed.station) == ("printed", 1, "FILL-1")
    assert printed.printed_at == world.clock.now
    (code,) = codes_in_picture(picture_of_pdf(document))
    assert code == world.journey.code(label_id)
    world.journey.scan_back(unit, code)
    assert label(world, label_id).status == "applied"
    assert label(world, label_id).applied_by_id == world.cast.actor("zhao.l").person_id
    events = [each["event"] for each in records(world, subject=f"unit:{unit}")]
    assert events == [
        "unit.fill",
        *(f"label_instance.{each}" for each in ("request", "send", "confirm_print", "apply")),
    ]


def test_a_label_that_was_scanned_back_already_says_so(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    hand_out(world, label_id)
    code = world.journey.code(label_id)
    world.journey.scan_back(unit, code)
    with refused("already_applied"):
        world.journey.scan_back(unit, code)


def test_an_asked_for_label_waits_on_a_list_until_somebody_says_what_became_of_it(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    assert unfinished(world) == [label_id]
    assert waiting_at_home(world, "zhao.l") == []
    world.clock.pass_by(minutes=6)
    assert waiting_at_home(world, "zhao.l") == [f"unit:{unit}"]
    world.do("zhao.l", lambda work: papers.make_void(work, label_id, reason="not needed"))
    assert unfinished(world) == []
    assert waiting_at_home(world, "zhao.l") == []


def left_off(world: World, label_id: int) -> None:
    """Take a label for sending as a process does that dies before it knows the outcome."""
    with unit_of_work(world.runtime.ground, world.cast.actor("zhao.l")) as work:
        printing._take_label(work, label_id, "", {})


def test_a_print_that_nobody_knows_the_outcome_of_waits_and_is_not_sent_again(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    left_off(world, label_id)
    assert label(world, label_id).status == "sending"
    assert unfinished(world) == [label_id]
    world.clock.pass_by(minutes=6)
    assert waiting_at_home(world, "qian.m") == [f"unit:{unit}"]
    with pytest.raises(TransitionNotAllowed):
        hand_out(world, label_id)
    with pytest.raises(TransitionNotAllowed):
        world.journey.scan_back(unit, world.journey.code(label_id))
    world.do("qian.m", lambda work: papers.make_void(work, label_id, reason="found on the floor"))
    assert unfinished(world) == []


def test_the_paper_of_a_label_that_nobody_knows_of_is_in_hand_until_somebody_accounts_for_it(
    world: World, unit: str
) -> None:
    label_id = ask(world, unit)
    left_off(world, label_id)
    world.do("qian.m", lambda work: papers.make_void(work, label_id, reason="nobody knows"))
    assert papers.fate_of_label(label(world, label_id)) is Fate.IN_HAND
    world.do("qian.m", lambda work: papers.account_for(work, label_id, paper="destroyed"))
    assert papers.fate_of_label(label(world, label_id)) is Fate.DESTROYED


def test_a_new_label_resolves_the_one_that_nobody_knows_of(world: World, unit: str) -> None:
    lost = ask(world, unit)
    left_off(world, lost)
    with refused("reason_missing"):
        ask(world, unit)
    new = ask(world, unit, reason="the printer was switched off")
    assert label(world, lost).status == "superseded"
    assert (label(world, new).instance, unfinished(world)) == (2, [new])


def test_a_label_that_was_replaced_while_it_was_printed_is_dead_on_paper(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    with unit_of_work(world.runtime.ground, world.cast.actor("zhao.l")) as work:
        job = printing._take_label(work, label_id, "", {})
    ask(world, unit, reason="wrong station")
    with refused("label_superseded"):
        printing._print(printing._Run(world.runtime.ground, world.cast.actor("zhao.l"), job, {}))
    assert label(world, label_id).status == "superseded"


def test_of_two_who_hand_out_the_same_label_at_once_one_gets_it(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    held = HeldCommand(world, "zhao.l", lambda work: printing._take_label(work, label_id, "", {}))
    second = Waiting(world, "feng.t", lambda work: printing._take_label(work, label_id, "", {}))
    assert second.waits()
    held.commit()
    second.end()
    assert isinstance(second.refusal, TransitionNotAllowed)


def test_of_two_who_ask_for_a_label_at_once_each_gets_an_instance_and_the_last_one_counts(
    world: World, unit: str
) -> None:
    held = HeldCommand(world, "zhao.l", lambda work: filling.request_label(work, unit, kind="bag"))
    act: Callable = lambda work: filling.request_label(work, unit, kind="bag", reason="two at once")  # noqa: E731
    second = Waiting(world, "feng.t", act)
    assert second.waits()
    held.commit()
    second.end()
    rows = world.read(lambda session: instances.labels_of(session, f"unit:{unit}"))
    assert [(each.instance, each.status) for each in rows] == [(2, "intended"), (1, "superseded")]


def test_a_label_that_cannot_be_drawn_is_void_and_the_trail_says_why(world: World, unit: str) -> None:
    definition = world.runtime.ground.site
    stand = replace(world.runtime.ground, site=replace(definition, maker_zh="制备中心 \U0001f9ec"))
    world.cast.ground = stand
    label_id = ask(world, unit)
    with pytest.raises(LabelNotPrintable, match="field maker of bag"):
        hand_out(world, label_id)
    assert label(world, label_id).status == "void"
    failed = records(world)[-1]
    assert failed["event"] == "label_instance.fail"
    assert "no sign for" in failed["details"]["fault"]
    assert unfinished(world) == []


def test_a_text_that_does_not_fit_stops_the_label(world: World, unit: str) -> None:
    site = world.runtime.ground.site
    world.cast.ground = replace(world.runtime.ground, site=replace(site, maker_en="A very long maker " * 9))
    label_id = ask(world, unit)
    with pytest.raises(LabelNotPrintable):
        hand_out(world, label_id)
    assert label(world, label_id).status == "void"


def test_a_printer_that_the_site_took_away_prints_nothing_and_says_so(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    site = world.runtime.ground.site
    printers = {code: each for code, each in site.printers.items() if code != "P-BROWSER"}
    world.cast.ground = replace(world.runtime.ground, site=replace(site, printers=printers))
    with refused("printer_unknown"):
        hand_out(world, label_id)
    assert label(world, label_id).status == "intended"


def test_labels_are_asked_for_at_a_station(world: World, unit: str) -> None:
    with refused("station_unknown"):
        world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag"), station="")


def test_a_band_is_handed_out_at_its_participant_only_and_stays_good(world: World) -> None:
    enrolled(world, HER)
    band = world.do("li.c", lambda work: bands.request_band(work, HER, reason="wet"))
    with refused("identity_missing"):
        hand_out(world, band.id, by="li.c")
    assert label(world, band.id).status == "intended"


@pytest.mark.parametrize(("kind", "username"), [("bag", "li.c"), ("bag", "wang.l"), ("tag", "zhou.n")])
def test_only_who_prints_labels_of_a_kind_hands_them_out(world: World, unit: str, kind: str, username: str) -> None:
    if kind == "tag":
        world.journey.scan_back(unit, world.journey.code(world.journey.unit_label(unit, "bag")))
    label_id = ask(world, unit, kind)
    with pytest.raises(PermissionDenied):
        hand_out(world, label_id, by=username)
    assert label(world, label_id).status == "intended"


def test_who_may_not_see_a_participant_makes_no_band_void(world: World) -> None:
    enrolled(world, HER)
    band = world.read(lambda session: instances.live_label(session, f"participant:{HER}", "wristband"))
    with pytest.raises(PermissionDenied):
        world.do("zhao.l", lambda work: papers.make_void(work, band.id, reason="x"))
    world.do("qian.m", lambda work: papers.make_void(work, band.id, reason="wrong person"))
    assert label(world, band.id).status == "void"
    world.clock.pass_by(minutes=6)
    world.do("li.c", lambda work: bands.request_band(work, HER, reason="void"))
    world.clock.pass_by(minutes=6)
    assert waiting_at_home(world, "zhao.l") == []
    assert waiting_at_home(world, "qian.m") == [f"participant:{HER}"]


def test_a_void_label_says_why_under_its_things_name_and_comes_to_life_no_more(world: World, unit: str) -> None:
    label_id = ask(world, unit)
    hand_out(world, label_id)
    with pytest.raises(ReasonMissing):
        world.do("zhao.l", lambda work: papers.make_void(work, label_id, reason=" "))
    world.do("zhao.l", lambda work: papers.make_void(work, label_id, reason="torn"))
    record = records(world, subject=f"unit:{unit}")[-1]
    assert (record["event"], record["reason"]) == ("label_instance.void", "torn")
    with refused("label_void"):
        world.journey.scan_back(unit, world.journey.code(label_id))
    with pytest.raises(TransitionNotAllowed):
        world.do("zhao.l", lambda work: papers.make_void(work, label_id, reason="torn"))
    with pytest.raises(NotFound):
        world.do("zhao.l", lambda work: papers.make_void(work, 10**6, reason="torn"))


def test_a_bag_that_has_come_to_its_end_gets_no_label(world: World, unit: str) -> None:
    world.do("zhao.l", lambda work: filling.destroy_unit(work, unit, reason="leaks"))
    with refused("unit_ended"):
        ask(world, unit)
