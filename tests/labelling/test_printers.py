"""ZPL to a printer on a real socket: the very code on the bitmap that arrives, whatever the printer does meanwhile."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from support.clusters import free_port
from support.printers import PaperPrinter, ground_with, read_by_two, stand_at
from support.refusals import records
from support.stages import HER, LOT, screening
from support.worlds import World

from cotrack.foundation.errors import TransitionNotAllowed
from cotrack.foundation.site import Printer
from cotrack.labelling.gateways import printers, zpl
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.service import instances, printing
from cotrack.manufacture.service import filling


@contextmanager
def printer(world: World, *, dots_per_inch: int = 300, **manners: float) -> Iterator[PaperPrinter]:
    """Every station of the site prints here for a while."""
    found = PaperPrinter(**manners)  # type: ignore[arg-type]
    stand_at(world, ground_with(world, found.port, dots_per_inch=dots_per_inch))
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def unit(world: World) -> str:
    """A bag without a label."""
    world.journey.lot(LOT)
    return world.journey.unit(LOT)


def ask(world: World, unit: str, kind: str = "bag", *, reason: str = "") -> int:
    label_id: int = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind=kind, reason=reason)).id
    return label_id


def hand_out(world: World, label_id: int) -> printing.HandedOut:
    return printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), label_id)


def status(world: World, label_id: int) -> str:
    return str(world.read(lambda session: instances.label_numbered(session, label_id)).status)


@pytest.mark.parametrize("dots_per_inch", [203, 300, 600])
@pytest.mark.parametrize("kind", ["bag", "tag"])
def test_what_arrives_at_the_printer_decodes_to_the_very_code(
    world: World, unit: str, kind: str, dots_per_inch: int
) -> None:
    if kind == "tag":
        world.journey.scan_back(unit, world.journey.code(world.journey.unit_label(unit, "bag")))
    with printer(world, dots_per_inch=dots_per_inch) as paper:
        label_id = ask(world, unit, kind)
        assert hand_out(world, label_id).document is None
        (document,) = paper.wait_for(1)
    assert read_by_two(document) == {world.journey.code(label_id)}
    assert document.startswith(b"^XA")
    assert document.endswith(b"^PQ1^XZ")
    width, height = 100 / 25.4 * dots_per_inch, 50 / 25.4 * dots_per_inch
    assert abs(int(document.split(b"^PW")[1].split(b"^")[0]) - width) <= 1
    assert abs(int(document.split(b"^LL")[1].split(b"^")[0]) - height) <= 1


@pytest.mark.parametrize("dots_per_inch", [203, 300])
def test_the_small_label_of_a_sample_decodes_to_the_very_code(world: World, dots_per_inch: int) -> None:
    world.journey.lot(LOT)
    with printer(world, dots_per_inch=dots_per_inch) as paper:
        sample = world.journey.sample(LOT, "mycoplasma")
        (document,) = paper.wait_for(1)
    assert read_by_two(document) == {world.journey.live_code(f"unit:{sample}", "sample")}
    assert abs(int(document.split(b"^LL")[1].split(b"^")[0]) - 25 / 25.4 * dots_per_inch) <= 1


@pytest.mark.parametrize("dots_per_inch", [203, 300])
def test_a_band_decodes_to_the_very_code(world: World, dots_per_inch: int) -> None:
    world.journey.screened(screening(world, HER))
    world.journey.identified(HER, "测试 CESHI", "H-1", date(1970, 1, 1))
    world.journey.answered(HER)
    world.journey.enrolled(HER)
    with printer(world, dots_per_inch=dots_per_inch) as paper:
        code = world.journey.printed_band(HER)
        (document,) = paper.wait_for(1)
    assert read_by_two(document) == {code}


def test_a_label_that_was_taken_is_printed_with_the_hash_of_its_bytes(world: World, unit: str) -> None:
    with printer(world) as paper:
        label_id = ask(world, unit)
        hand_out(world, label_id)
        (document,) = paper.wait_for(1)
    row = world.read(lambda session: instances.label_numbered(session, label_id))
    assert (row.status, row.printer) == ("printed", "P-TEST")
    assert row.bytes_sha256 == hashlib.sha256(document).hexdigest()


def test_each_label_is_drawn_from_its_own_data(world: World) -> None:
    bags = world.journey.finished_lot(LOT, bags=3)
    with printer(world) as paper:
        asked = [ask(world, bag, reason="smudged") for bag in bags]
        for label_id in reversed(asked):
            hand_out(world, label_id)
        documents = paper.wait_for(3)
    found = [read_by_two(each) for each in documents]
    assert found == [{world.journey.code(label_id)} for label_id in reversed(asked)]


def test_a_printer_that_answers_late_still_prints_the_label(world: World, unit: str) -> None:
    with printer(world, late=1.0) as paper:
        label_id = ask(world, unit)
        hand_out(world, label_id)
        (document,) = paper.wait_for(1)
    assert status(world, label_id) == "printed"
    assert read_by_two(document) == {world.journey.code(label_id)}


def void_afterwards(world: World, unit: str) -> None:
    """Hand a label out that does not get to its printer; see that it is worthless and that the trail says why."""
    label_id = ask(world, unit)
    with pytest.raises(PrinterNotReached, match="did not take the label"):
        hand_out(world, label_id)
    assert status(world, label_id) == "void"
    assert world.read(instances.unfinished_prints) == []
    failed = records(world)[-1]
    assert (failed["event"], failed["outcome"]) == ("label_instance.fail", "done")
    assert "did not take the label" in failed["details"]["fault"]


@pytest.mark.parametrize("manners", [{"never_reads": True}, {"hangs_up": True}], ids=["never reads", "hangs up"])
def test_a_printer_that_does_not_take_the_whole_label_leaves_no_valid_one(
    world: World, unit: str, manners: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zpl, "SEND_SECONDS", 0.5)
    with printer(world, **manners) as paper:
        void_afterwards(world, unit)
        assert paper.labels == []


def waits_afterwards(world: World, unit: str) -> int:
    """Hand a label out to a printer that is switched off; see that nothing is lost and nothing printed."""
    label_id = ask(world, unit)
    with pytest.raises(PrinterNotReady, match="Nothing was printed"):
        hand_out(world, label_id)
    assert status(world, label_id) == "intended"
    held = records(world)[-1]
    assert (held["event"], held["outcome"]) == ("label_instance.hold_back", "done")
    return label_id


def test_a_label_waits_while_its_printer_is_switched_off_and_then_comes_out_once(world: World, unit: str) -> None:
    stand_at(world, ground_with(world, free_port()))
    label_id = waits_afterwards(world, unit)
    with printer(world) as paper:
        hand_out(world, label_id)
        (document,) = paper.wait_for(1)
        with pytest.raises(TransitionNotAllowed):
            hand_out(world, label_id)
        assert len(paper.labels) == 1
    assert read_by_two(document) == {world.journey.code(label_id)}
    assert status(world, label_id) == "printed"


def test_after_a_failed_print_a_new_label_is_asked_for_without_a_reason(world: World, unit: str) -> None:
    with printer(world, hangs_up=True):
        void_afterwards(world, unit)
    with printer(world) as paper:
        label_id = ask(world, unit)
        hand_out(world, label_id)
        (document,) = paper.wait_for(1)
    assert read_by_two(document) == {world.journey.code(label_id)}
    assert world.read(lambda session: instances.label_numbered(session, label_id)).instance == 2


def host_status(*, empty: int = 0, paused: int = 0, waiting: int = 0, open_cover: int = 0) -> bytes:
    """Return what a Zebra answers to `~HS`."""
    first = f"030,{empty},{paused},0608,{waiting:03d},0,0,0,000,0,0,0"
    second = f"000,0,{open_cover},0,0,2,4,0,{waiting:08d},1,000"
    return b"".join(b"\x02" + each.encode() + b"\x03\r\n" for each in (first, second, "1234,0"))


class Zebra:
    """Answers `~HS` with what it has to say next, the last one again and again; keeps the labels that it is sent."""

    def __init__(self, *says: bytes) -> None:
        self.says, self.labels = list(says), b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            while part := connection.recv(65536):
                rest, asked, _ = part.partition(b"~HS")
                self.labels += rest
                if asked:
                    connection.sendall(self.says.pop(0) if len(self.says) > 1 else self.says[0])

    def __enter__(self) -> Printer:
        return Printer("P-TEST", "zpl", "127.0.0.1", self.port, 300, tells_status=True)

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._socket.close()


LABEL = b"^XA^FO0,0^GFA,1,1,1,FF^FS^PQ1^XZ"


def test_a_printer_that_tells_its_status_is_waited_for_until_the_label_is_on_paper() -> None:
    with (zebra := Zebra(host_status(), host_status(waiting=1), host_status())) as printer:
        zpl.send(LABEL, printer)
    assert (zebra.labels, zebra.says) == (LABEL, [host_status()])


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (host_status(empty=1), "media-empty"),
        (host_status(paused=1), "paused"),
        (host_status(open_cover=1), "cover-open"),
        (b"\x02what\x03\x02is\x03\x02this\x03", "cannot be read"),
    ],
    ids=["empty", "paused", "open", "garbage"],
)
def test_a_printer_that_says_it_cannot_print_gets_nothing(says: bytes, reason: str) -> None:
    with (zebra := Zebra(says)) as printer, pytest.raises(PrinterNotReady, match=reason):
        zpl.send(LABEL, printer)
    assert zebra.labels == b""


def test_a_printer_that_runs_out_of_labels_over_one_leaves_it_doubtful() -> None:
    zebra = Zebra(host_status(), host_status(empty=1, waiting=1))
    with zebra as printer, pytest.raises(PrinterNotReached, match="media-empty"):
        zpl.send(LABEL, printer)
    assert zebra.labels == LABEL


def test_the_status_of_a_zpl_printer_is_what_it_says() -> None:
    with Zebra(host_status(empty=1, open_cover=1)) as printer:
        assert printers.status_of(printer) == printers.Status("stopped", ("media-empty", "cover-open"))
    with Zebra(host_status()) as printer:
        assert printers.status_of(printer) == printers.Status("ready")
    off = Printer("P-TEST", "zpl", "127.0.0.1", free_port(), 300)
    assert printers.status_of(off).state == "offline"
