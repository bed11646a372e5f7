"""Sterility, mycoplasma, retention and archive samples are never given to anybody (reference/domain.md §3.3 rule 7)."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.papers import owed
from support.refusals import refused
from support.stages import HER, LOT, at_the_bedside, codes, enrolled, results_of
from support.worlds import World

from cotrack.bedside.service import checks
from cotrack.custody import service as custody
from cotrack.foundation.errors import TransitionNotAllowed
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.service import printing
from cotrack.lifecycles import UNIT
from cotrack.manufacture.models import UNIT_KINDS
from cotrack.manufacture.rules.filling import SAMPLE_KINDS
from cotrack.manufacture.service import closing, filling, samples
from cotrack.release.service import dispositions

OTHER = "MSC26-0035"


def test_the_kinds_of_sample_are_the_same_in_rules_and_table() -> None:
    assert ("bag", *SAMPLE_KINDS) == UNIT_KINDS


def test_a_sample_label_scanned_where_a_bag_is_expected_stops_the_bedside(world: World) -> None:
    bedside = at_the_bedside(world)
    world.journey.lot(OTHER)
    sample = world.journey.sample(OTHER, "sterility")
    asked = world.do("zhao.l", lambda work: filling.request_label(work, sample, kind="sample", reason="smudged"))
    document = printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), asked.id).document
    assert document is not None
    (read,) = codes_in_picture(picture_of_pdf(document))
    assert read[3] == "S"
    world.journey.scan_back(sample, read)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    scans = {"participant_code": band, "unit_code": read, "station": "WARD-3A-1", "identity_answer": "confirmed"}
    check = world.do("zhou.n", lambda work: checks.check_identity(work, **scans), station="WARD-3A-1")
    assert codes(check) == ["wrong_kind"]
    assert codes(bedside.check("zhou.n")) == []


@pytest.mark.parametrize("status", ["stored", "allocated", "issued", "thawing", "started", "completed"])
def test_the_database_refuses_to_make_a_sample_anything_that_is_given(world: World, status: str) -> None:
    world.journey.lot(LOT)
    sample = world.journey.sample(LOT, "retention")
    change = text("UPDATE unit SET status = :status, thaw_started_at = filled_at WHERE number = :number")
    with (
        world.runtime.ground.sessions.engine.connect() as connection,
        pytest.raises(IntegrityError, match="sample_never_given"),
    ):
        connection.execution_options(cotrack_migration=True).execute(change, {"status": status, "number": sample})


def test_a_sample_is_neither_stored_nor_set_aside_nor_counted_as_a_bag(world: World) -> None:
    bag, *_ = world.journey.finished_lot(LOT, samples=("retention",))
    sample = f"{LOT}-S01"
    with refused("not_a_bag"):
        world.do("ma.k", lambda work: custody.store_unit(work, sample, place="LN2-A"))
    world.do("ma.k", lambda work: samples.archive_sample(work, sample))
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT)
    world.journey.release(LOT)
    enrolled(world, HER)
    order = world.journey.ordered(HER)
    assert world.journey.allocated(order) == [bag]
    (signed,) = owed(world, f"lot:{LOT}")
    said = signed.fields.decode()
    assert (bag in said, sample in said) == (True, False)


def test_a_bag_never_goes_to_the_laboratory_or_into_the_archive(world: World) -> None:
    world.journey.lot(LOT)
    bag = world.journey.labelled_unit(LOT)
    for act in (samples.send_sample, samples.archive_sample):
        with refused("not_a_sample"):
            world.do("zhao.l", lambda work, each=act: each(work, bag))
    with refused("label_of_other_kind"):
        world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="sample"))


def test_a_sample_that_is_kept_for_years_holds_no_lot_open(world: World) -> None:
    (bag,) = world.journey.finished_lot(LOT, samples=("retention", "sterility", "rcl_archive"))
    kept, sent, used = (f"{LOT}-S0{number}" for number in (1, 2, 3))
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    world.do("qian.m", lambda work: filling.destroy_unit(work, bag, reason="rejected"))
    with refused("unit_open", "unit_open", "unit_open"):
        world.sign("qian.m", lambda work: closing.close_lot(work, LOT))
    world.do("zhao.l", lambda work: samples.archive_sample(work, kept))
    world.do("wang.l", lambda work: samples.send_sample(work, sent))
    world.do("ma.k", lambda work: samples.archive_sample(work, used))
    with pytest.raises(TransitionNotAllowed):
        world.do("ma.k", lambda work: samples.archive_sample(work, sent))
    world.do("wang.l", lambda work: samples.use_up_sample(work, used, reason="PCR"))
    assert world.sign("qian.m", lambda work: closing.close_lot(work, LOT)).status == "closed"
    assert world.do("qian.m", lambda work: filling.destroy_unit(work, kept, reason="after 15 years")).status == (
        UNIT["destroy"].to_state
    )


def test_an_unlabelled_sample_goes_nowhere(world: World) -> None:
    world.journey.lot(LOT)
    world.journey.line_cleared(LOT)
    content = filling.Content(*map(Decimal, ("1.0", "5.0", "90.0")))
    sample = world.do("zhao.l", lambda work: filling.fill_sample(work, LOT, content, kind="mycoplasma")).number
    assert sample == f"{LOT}-S01"
    with refused("label_incomplete"):
        world.do("zhao.l", lambda work: samples.send_sample(work, sample))
