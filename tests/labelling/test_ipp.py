"""Labels by IPP on the IPP Everywhere simulator: exact size, every format it may ask for, and how each job ended."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from support.clusters import free_port
from support.ipp_printers import IppPrinter, ipp_printer, name_service
from support.printers import CODE, ground_with, read_by_two, stand_at
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.site import Printer
from cotrack.labelling.gateways import ipp, ipp_wire, printers, pwg
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import label_template
from cotrack.labelling.service import instances, printing
from cotrack.manufacture.service import filling

CODE_TEXT = "CT1BT" + "A" * 120
DOTS = 300


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The message bus that the simulated printers want."""
    with name_service(tmp_path_factory.mktemp("names")) as found:
        yield found


@pytest.fixture(scope="module")
def simulator(bus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IppPrinter]:
    """One label printer for most tests of this file."""
    with ipp_printer(tmp_path_factory.mktemp("ipp") / "printer", bus, *ipp.FORMATS) as found:
        yield found


@pytest.fixture
def paper(simulator: IppPrinter) -> IppPrinter:
    """The printer, in good order."""
    simulator.behave("exit 0")
    return simulator


def at(port: int, *, dots: int = DOTS) -> Printer:
    return Printer(CODE, "ipp", "localhost", port, dots)


def drawn(form: str, dots: int = DOTS) -> bytes:
    """Return a label as it goes to a printer that takes this format."""
    bag = label_template(None, "bag")
    fields = dict.fromkeys(bag.fields, "X")
    at_noon = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    if form == printers.PDF:
        return draw(bag, fields, CODE_TEXT, drawn_at=at_noon, output="pdf")
    png = draw(bag, fields, CODE_TEXT, drawn_at=at_noon, output="png", dots_per_inch=dots)
    return printers.form_of(png, form, dots)


@pytest.mark.parametrize("form", ipp.FORMATS)
def test_a_label_arrives_in_the_format_that_the_printer_takes_and_reads_by_two_decoders(
    paper: IppPrinter, form: str
) -> None:
    document = drawn(form)
    printers.send(at(paper.port), document, form)
    assert paper.labels[-1] == document
    assert read_by_two(paper.labels[-1], form) == {CODE_TEXT}


@pytest.mark.parametrize("dots", [203, 300, 600])
def test_a_raster_has_whole_dots_and_says_its_resolution_and_size(dots: int) -> None:
    document = drawn(printers.PWG, dots)
    picture = printers.picture_of(document, printers.PWG)
    assert abs(picture.size[0] - 100 / 25.4 * dots) <= 1
    assert abs(picture.size[1] - 50 / 25.4 * dots) <= 1
    assert set(picture.tobytes()) == {0, 255}
    assert read_by_two(document, printers.PWG) == {CODE_TEXT}
    assert int.from_bytes(document[4 + 276 : 4 + 280], "big") == dots


def test_a_raster_says_again_what_it_was_made_of() -> None:
    picture = Image.effect_noise((337, 41), 80)
    picture.paste(0, (0, 10, 337, 30))
    again = pwg.picture_of_pwg(pwg.pwg_of_picture(picture, DOTS))
    assert again.tobytes() == picture.tobytes()
    with pytest.raises(ValueError, match="no PWG raster"):
        pwg.picture_of_pwg(b"RaS3")


def test_the_best_format_is_chosen_from_those_that_the_printer_takes(paper: IppPrinter) -> None:
    told = ipp.ask(at(paper.port))
    assert set(ipp.FORMATS) <= set(told.formats)
    assert ipp.format_for(at(paper.port), told) == "image/pwg-raster"
    assert ipp.format_for(at(paper.port), replace(told, formats=["image/jpeg", "application/pdf"])) == printers.PDF
    for wrong in (
        replace(told, formats=["text/plain"]),
        replace(told, is_stopped=True),
        replace(told, accepts_jobs=False),
    ):
        with pytest.raises(PrinterNotReady):
            ipp.format_for(at(paper.port), wrong)


def test_a_label_of_the_site_goes_to_its_ipp_printer_once(world: World, paper: IppPrinter) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    ground = ground_with(world, paper.port)
    site = replace(ground.site, printers={**ground.site.printers, CODE: at(paper.port)})
    stand_at(world, replace(ground, site=site))
    label_id = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag")).id
    before = len(paper.labels)
    assert printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), label_id).document is None
    assert len(paper.labels) == before + 1
    assert read_by_two(paper.labels[-1], printers.PWG) == {world.journey.code(label_id)}
    assert world.read(lambda session: instances.label_numbered(session, label_id)).status == "printed"


def test_a_label_that_the_printer_gave_up_is_doubtful(paper: IppPrinter) -> None:
    paper.behave("exit 1")
    with pytest.raises(PrinterNotReached, match="aborted"):
        printers.send(at(paper.port), drawn(printers.PWG), printers.PWG)


def test_a_label_that_does_not_finish_is_cancelled_and_doubtful(
    paper: IppPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipp, "PRINT_SECONDS", 1)
    paper.behave("sleep 4")
    with pytest.raises(PrinterNotReached, match="was cancelled"):
        printers.send(at(paper.port), drawn(printers.PWG), printers.PWG)


def test_a_size_that_the_printer_has_not_is_refused_before_anything_is_printed(paper: IppPrinter) -> None:
    before = len(paper.labels)
    with pytest.raises(PrinterNotReady, match="IPP 0x04"):
        ipp.send(at(paper.port), drawn(printers.PWG), printers.PWG, (900.0, 50.0))
    assert len(paper.labels) == before


def test_a_printer_that_is_out_of_labels_says_so_and_what_it_keeps_is_cancelled(
    bus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ipp_printer(tmp_path / "printer", bus, *ipp.FORMATS) as empty:
        assert printers.status_of(at(empty.port)) == printers.Status("ready")
        empty.behave("echo 'STATE: +media-empty' >&2; exit 0")
        printers.send(at(empty.port), drawn(printers.PWG), printers.PWG)
        assert printers.status_of(at(empty.port)).reasons == ("media-empty",)
        monkeypatch.setattr(ipp, "PRINT_SECONDS", 1)
        with pytest.raises(PrinterNotReached, match="was cancelled"):
            printers.send(at(empty.port), drawn(printers.PWG), printers.PWG)


@pytest.mark.parametrize(
    ("reasons", "stops"),
    [([], False), (["media-empty-error"], True), (["paused"], True), (["media-empty-warning", "media-low"], False)],
    ids=["none", "error", "no severity", "warning"],
)
def test_a_printer_is_sent_no_label_that_it_would_keep_until_somebody_comes(reasons: list[str], stops: bool) -> None:
    assert ipp.is_stopping(reasons) is stops


def test_a_printer_that_is_off_is_offline_and_gets_nothing() -> None:
    off = at(free_port())
    assert printers.status_of(off).state == "offline"
    with pytest.raises(PrinterNotReady, match="Nothing was printed"):
        printers.send(off, drawn(printers.PWG), printers.PWG)


def test_an_answer_that_is_none_is_told_from_one() -> None:
    for answer in (
        b"",
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x01",
        b"<html>",
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x21\x00",
    ):
        with pytest.raises(ValueError, match="no answer of a printer"):
            ipp_wire.read_answer(answer)


def test_a_collection_is_written_as_the_standard_writes_it() -> None:
    written = ipp_wire.collection("media-col", {"media-size": {"x-dimension": 10000}})
    assert written == (
        b"\x34\x00\x09media-col\x00\x00"
        b"\x4a\x00\x00\x00\x0amedia-size\x34\x00\x00\x00\x00"
        b"\x4a\x00\x00\x00\x0bx-dimension\x21\x00\x00\x00\x04\x00\x00\x27\x10"
        b"\x37\x00\x00\x00\x00\x37\x00\x00\x00\x00"
    )


def test_a_jpeg_says_its_resolution() -> None:
    picture = Image.open(io.BytesIO(drawn(printers.JPEG)))
    assert tuple(map(round, picture.info["dpi"])) == (DOTS, DOTS)
