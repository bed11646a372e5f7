"""Many labels for the browser: drawn side by side, each from its own row, and given as one file with one outcome."""

import json
import time
from collections.abc import Mapping
from functools import partial

import pytest
from sqlalchemy.orm import Session
from support.refusals import records
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.work import Work
from cotrack.labelling.gateways import files, read_back
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.models import LabelInstance, PrintJob
from cotrack.labelling.service import outcomes, print_jobs, print_queue, printing
from cotrack.labelling.service.instances import label_numbered
from cotrack.manufacture.service import filling, reprinting
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.service import trail_reviews

BAGS = 8


@pytest.fixture
def job(world: World) -> PrintJob:
    """New labels of all bags of a filled lot, put together and not sent."""
    world.journey.finished_lot(LOT, bags=BAGS)
    return reprinting.print_anew(
        world.cast.ground, world.cast.actor("zhao.l"), LOT, kind="bag", reason="smudged", key="k"
    )


def labels(world: World, job: PrintJob) -> list[tuple[str | None, LabelInstance]]:
    line = world.read(lambda session: print_queue.job_numbered(session, job.id))
    return [(part.outcome, label) for part, label in line.labels]


def send(world: World, job: PrintJob) -> bytes:
    document = printing.send_job(world.cast.ground, world.cast.actor("zhao.l"), job.id)
    assert document is not None
    return document


@pytest.fixture
def slow_at_first(world: World, job: PrintJob, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the first label of a job be drawn longer than the others; tell in which order they were drawn."""
    ended: list[str] = []
    first = world.journey.code(labels(world, job)[0][1].id)

    def drawn(*given: object, **options: object) -> bytes:
        time.sleep(0.4 if given[2] == first else 0)
        document = draw(*given, **options)  # type: ignore[arg-type]  # as given
        ended.append(str(given[2]))
        return document

    monkeypatch.setattr(printing, "draw", drawn)
    return ended


def test_labels_that_are_drawn_side_by_side_stand_in_the_job_s_order_each_as_its_own_row_draws_it(
    world: World, job: PrintJob, slow_at_first: list[str]
) -> None:
    asked = [label for _, label in labels(world, job)]
    send(world, job)
    codes = [world.journey.code(each.id) for each in asked]
    assert sorted(slow_at_first) == sorted(codes)
    assert slow_at_first[0] != codes[0], "one did not wait for the other"
    for (outcome, label), code in zip(labels(world, job), codes, strict=True):
        chosen = printing.template_of_version(world.cast.ground.labels_folder, "bag", label.template_version)
        assert chosen is not None
        assert label.printed_at is not None
        alone = draw(chosen, json.loads(label.fields), code, drawn_at=label.printed_at, output="pdf")
        assert (outcome, label.status) == ("sure", "printed")
        assert label.bytes_sha256 == printing.hashlib.sha256(alone).hexdigest()


def test_a_file_of_many_labels_is_one_act_with_one_record(world: World, job: PrintJob) -> None:
    before = len(records(world, event="label_instance.confirm_print"))
    send(world, job)
    told = records(world, event="label_instance.confirm_print")[before:]
    assert [each["subject"] for each in told] == [f"print_job:{job.id}"]
    changed = {each["row"] for each in told[0]["changes"] if each["row"].startswith("label_instance:")}
    assert changed == {f"label_instance:{label.id}" for _, label in labels(world, job)}


def test_whoever_gave_a_file_of_a_lot_s_labels_stands_in_the_trail_of_the_lot(world: World, job: PrintJob) -> None:
    assert printing.send_job(world.cast.ground, world.cast.actor("feng.t"), job.id)

    def told(session: Session) -> list[tuple[str, str, str]]:
        trail = trail_reviews.lot_trail(session, lot_numbered(session, LOT))
        return [(each.event, each.actor, each.subject) for each in trail]

    assert world.read(told)[-1] == ("label_instance.confirm_print", "feng.t", f"print_job:{job.id}")


def test_a_file_that_nobody_got_leaves_none_of_its_labels_printed(
    world: World, job: PrintJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = outcomes.record_prints

    def lost(work: Work, sent: outcomes.Job, printed: Mapping[int, str], *, is_file: bool) -> set[int]:
        counting = written(work, sent, printed, is_file=is_file)
        work.session.flush()
        if sent.labels[-1].label_id in printed:
            raise OSError("the machine stopped here")
        return counting

    monkeypatch.setattr(outcomes, "record_prints", lost)
    with pytest.raises(OSError, match="stopped"):
        send(world, job)
    assert {(outcome, label.status) for outcome, label in labels(world, job)} == {(None, "sending")}


def test_a_label_that_was_replaced_while_its_file_was_drawn_is_not_in_it(
    world: World, job: PrintJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = labels(world, job)[2][1]
    once = iter([third.subject.partition(":")[2]])

    def replaced(*given: object, **options: object) -> bytes:
        for unit in once:
            world.do("feng.t", partial(filling.request_label, unit_number=unit, kind="bag", reason="torn"))
        return draw(*given, **options)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(printing, "draw", replaced)
    pages = [read_back.qr_codes(each) for each in read_back.pages_of_pdf(send(world, job))]
    others = [label.id for _, label in labels(world, job) if label.id != third.id]
    assert pages == [[world.journey.code(each)] for each in others]
    dead = world.read(lambda session: label_numbered(session, third.id))
    assert (dead.status, dead.paper) == ("superseded", None)
    assert [outcome for outcome, label in labels(world, job) if label.id == third.id] == [None]
    assert {outcome for outcome, label in labels(world, job) if label.id != third.id} == {"sure"}


def test_a_file_that_cannot_be_put_together_was_given_to_nobody(
    world: World, job: PrintJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> bytes:
        raise OSError("no room for the file")

    monkeypatch.setattr(files, "joined", broken)
    with pytest.raises(OSError, match="no room"):
        send(world, job)
    assert {(outcome, label.status) for outcome, label in labels(world, job)} == {(None, "sending")}


def test_a_page_that_reads_back_as_another_label_s_code_stops_the_whole_job(
    world: World, job: PrintJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [world.journey.code(label.id) for _, label in labels(world, job)]
    exchanged = {asked[5]: asked[6]}

    def drawn(template: object, fields: object, code: str, **options: object) -> bytes:
        return draw(template, fields, exchanged.get(code, code), **options)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(printing, "draw", drawn)
    with pytest.raises(LabelNotPrintable, match="does not read back"):
        send(world, job)
    assert {(outcome, label.status) for outcome, label in labels(world, job)} == {(None, "void")}
    (failed,) = records(world, event="label_instance.fail", outcome="done")
    assert failed["subject"] == labels(world, job)[5][1].subject
    assert world.read(lambda session: print_jobs.open_job_of(session, labels(world, job)[0][1].id)) is None


def test_one_document_is_its_file_as_it_is() -> None:
    assert files.joined([b"one"]) == b"one"
