"""What must never happen, 4: a superseded, void, test-environment or forged label passes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.races import HeldCommand, Waiting
from support.stages import HER, LOT, at_the_bedside, at_the_ward, codes
from support.worlds import World

from cotrack.bedside.service import checks, infusions
from cotrack.bedside.service.checks import MadeCheck
from cotrack.foundation.errors import Blocked, TransitionNotAllowed
from cotrack.labelling.gateways.faults import PrinterNotReady
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.rules.codes import make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service import instances, papers, printing
from cotrack.labelling.service.scanning import key_id
from cotrack.manufacture.service import filling


def check_with(world: World, bag: str, *, band: str | None = None, tag: str = "") -> MadeCheck:
    band = band or world.journey.live_code(f"participant:{HER}", "wristband")
    return world.do(
        "zhou.n",
        lambda work: checks.check_identity(
            work, participant_code=band, unit_code=bag, attached_code=tag, station="WARD-3A-1"
        ),
    )


def reprinted(world: World, unit: str, kind: str) -> str:
    label = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind=kind, reason="smudged"))
    printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), label.id)
    return world.journey.code(label.id)


def test_a_label_that_was_printed_again_is_dead_from_that_moment(world: World) -> None:
    bedside = at_the_bedside(world)
    old = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    world.do("zhao.l", lambda work: filling.request_label(work, bedside.bag, kind="bag", reason="smudged"))
    assert codes(check_with(world, old)) == ["label_superseded"]


def test_a_new_label_counts_only_after_it_was_scanned_back_on_its_bag(world: World) -> None:
    bedside = at_the_bedside(world)
    new = reprinted(world, bedside.bag, "bag")
    assert codes(check_with(world, new)) == ["label_incomplete"]
    world.journey.scan_back(bedside.bag, new)
    assert codes(check_with(world, new)) == []


def test_a_void_label_is_stopped(world: World) -> None:
    bedside = at_the_bedside(world)
    old = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    label = world.read(lambda session: instances.live_label(session, f"unit:{bedside.bag}", "bag"))
    world.do("zhao.l", lambda work: papers.make_void(work, label.id, reason="torn"))
    assert codes(check_with(world, old)) == ["label_void"]


def test_a_label_of_another_environment_is_stopped(world: World) -> None:
    bedside = at_the_bedside(world)
    key = world.runtime.ground.keys.label
    text = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    production = make_code(KINDS["bag"], "P", text[5:15], 1, key_id=key_id(key), sign=key.sign)
    assert codes(check_with(world, production)) == ["wrong_environment"]


def forged_with_another_key(world: World, text: str) -> str:
    other, own = Ed25519PrivateKey.generate(), world.runtime.ground.keys.label
    return make_code(KINDS["bag"], "T", text[5:15], 1, key_id=key_id(own), sign=other.sign)


def forged_with_its_own_key_id(world: World, text: str) -> str:
    other = Ed25519PrivateKey.generate()
    return make_code(KINDS["bag"], "T", text[5:15], 1, key_id=key_id(other), sign=other.sign)


def copied_signature(world: World, text: str) -> str:
    own = world.runtime.ground.keys.label
    other = make_code(KINDS["bag"], "T", text[5:15], 2, key_id=key_id(own), sign=own.sign)
    return other[:22] + text[22:]


@pytest.mark.parametrize("forge", [forged_with_another_key, forged_with_its_own_key_id, copied_signature])
def test_a_label_made_at_home_is_stopped(world: World, forge: Callable[[World, str], str]) -> None:
    bedside = at_the_bedside(world)
    text = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    assert codes(check_with(world, forge(world, text))) == ["bad_signature"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text[:60], "damaged_code"),
        (lambda text: text + text, "damaged_code"),
        (lambda text: text[:10] + ("A" if text[10] != "A" else "B") + text[11:], "damaged_code"),
        (lambda _: "4006381333931", "unknown_code"),
        (lambda _: "https://example.org/CT1", "unknown_code"),
        (lambda _: "", "not_scanned"),
    ],
    ids=["cut", "doubled", "one character", "a shop's bar code", "an address", "nothing"],
)
def test_a_damaged_or_foreign_code_is_stopped(world: World, change: Callable[[str], str], code: str) -> None:
    bedside = at_the_bedside(world)
    text = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    assert codes(check_with(world, change(text))) == [code]


def test_a_band_scanned_as_bag_and_a_bag_scanned_as_band_are_stopped(world: World) -> None:
    bedside = at_the_bedside(world)
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    assert codes(check_with(world, band, band=bag)) == ["wrong_kind"]


def test_the_tag_of_another_bag_is_stopped_before_the_thaw(world: World) -> None:
    bedside = at_the_ward(world)
    other = bedside.bag.replace("-001", "-002")
    check = world.do(
        "zhou.n",
        lambda work: checks.check_before_thaw(
            work,
            order_number=bedside.order,
            unit_code=world.journey.live_code(f"unit:{bedside.bag}", "bag"),
            attached_code=world.journey.live_code(f"unit:{other}", "tag"),
            station="WARD-3A-1",
            confirmed={"line_ready": True, "vital_signs_ready": True},
        ),
    )
    assert codes(check) == ["label_incomplete"]


def test_a_label_of_another_bag_is_not_scanned_back(world: World) -> None:
    world.journey.lot(LOT)
    first, second = world.journey.unit(LOT), world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(first, "bag"))
    with pytest.raises(Blocked) as refused:
        world.journey.scan_back(second, code)
    assert [each.code for each in refused.value.blockers] == ["wrong_label"]


def test_a_label_is_handed_out_once(world: World) -> None:
    world.journey.lot(LOT)
    label_id = world.journey.unit_label(world.journey.unit(LOT), "bag")
    with pytest.raises(TransitionNotAllowed):
        printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), label_id)


def test_a_second_label_of_a_bag_needs_a_reason(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    world.journey.unit_label(unit, "bag")
    with pytest.raises(Blocked) as refused:
        world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag"))
    assert [each.code for each in refused.value.blockers] == ["reason_missing"]


def test_a_reprint_between_check_and_start_stops_the_start(world: World) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    reprint = HeldCommand(
        world, "zhao.l", lambda work: filling.request_label(work, bedside.bag, kind="bag", reason="smudged")
    )
    start = Waiting(world, "wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))
    assert start.waits()
    reprint.commit()
    start.end()
    assert start.refusal is not None
    assert "label_superseded" in [each.code for each in start.refusal.reasons]


def test_what_is_read_from_the_printed_paper_is_the_label_and_says_nothing_of_a_person(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    asked = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag"))
    handed = printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), asked.id)
    assert handed.document is not None
    (read,) = codes_in_picture(picture_of_pdf(handed.document))
    assert read == world.journey.code(asked.id)
    assert len(read) == 125
    assert read.isalnum()
    assert read.isupper()
    assert LOT.replace("-", "") not in read


def test_a_printer_that_does_not_answer_leaves_no_valid_label(world: World) -> None:
    site = world.runtime.ground.site
    stations = {code: replace(station, printer="P-FILL") for code, station in site.stations.items()}
    ground = replace(world.runtime.ground, site=replace(site, stations=stations))
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    world.cast.ground = ground
    asked = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag"))
    with pytest.raises(PrinterNotReady, match="Nothing was printed"):
        printing.hand_out(ground, world.cast.actor("zhao.l"), asked.id)
    assert world.read(lambda session: instances.label_numbered(session, asked.id)).status == "intended"
    with pytest.raises(TransitionNotAllowed):
        world.journey.scan_back(unit, world.journey.code(asked.id))
