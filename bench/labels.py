"""Labels from the request to the bytes that a printer gets: one at a time, and a hundred in one print job."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from itertools import cycle, islice
from unittest.mock import patch

from bench.bare_labels import BareLabel, Press
from bench.figures import Line, Slice, rate
from bench.sites import Site
from cotrack.labelling.gateways import read_back
from cotrack.labelling.service import print_jobs, printing
from cotrack.labelling.service.instances import label_numbered
from cotrack.manufacture.service import filling

LOT = "MSC26-0099"
MAKER = "zhao.l"
REASON = "measured"
LEAST_BAGS = 20
ROUNDS = 2

Acts = Sequence[Callable[[], object]]


def lines(site: Site, seconds: float, labels: int) -> Iterator[Line]:
    """Measure one label after another for some seconds, then as many as asked in one job, each of its own bag."""
    bench = _Bench(site, bags=max(LEAST_BAGS, labels))
    bench.warm_up()
    yield bench.one(seconds)
    yield bench.many(labels)


class _Bench:
    """Prints labels anew for the bags of a filled lot, through the services or by hand.

    While a lot is filled a label waits for the bag before it to be done; afterwards nothing but the work is measured.
    """

    def __init__(self, site: Site, *, bags: int) -> None:
        self._count = bags
        self._database = site.database
        self._world = site.world
        self._press = Press()
        self._next_bag: Iterator[str] = cycle(())

    def warm_up(self) -> None:
        """Fill the lot whose bags are labelled, and make one label each way: the first one reads the fonts."""
        self._next_bag = cycle(self._world.journey.finished_lot(LOT, bags=self._count))
        self._by_program(1)
        self._by_hand(1, self._press.draw_and_read)

    def one(self, seconds: float) -> Line:
        """Make one label by each side in turn."""
        value: list[Slice] = []
        floor: list[Slice] = []
        end = time.perf_counter() + 2 * seconds
        while len(value) < 3 or time.perf_counter() < end:
            value.append(self._by_program(1))
            floor.append(self._by_hand(1, self._press.draw_and_read))
        return Line(f"label_1_{self._database}", "labels/s", value, floor)

    def many(self, labels: int) -> Line:
        """Make labels by each side in turn, with and without reading them back: the program those of one print job."""
        value: list[Slice] = []
        floor: list[Slice] = []
        unread: list[Slice] = []
        floor_unread: list[Slice] = []
        for _ in range(ROUNDS):
            value.append(self._job(labels))
            floor.append(self._by_hand(labels, self._press.draw_and_read))
            with _nothing_read_back():
                unread.append(self._job(labels))
            floor_unread.append(self._by_hand(labels, self._press.draw))
        detail = {**_seconds(value), **_without(unread, floor_unread)}
        return Line(f"label_{labels}_{self._database}", "labels/s", value, floor, detail)

    def _job(self, count: int) -> Slice:
        """Ask for labels, put them together, and print them."""
        bags = self._bags(count)
        begun = time.perf_counter()
        asked = [self._asked(bag) for bag in bags]
        job = self._world.do(MAKER, partial(print_jobs.request_job, label_ids=asked)).id
        pressed = time.perf_counter()
        if not printing.send_job(self._world.runtime.ground, self._world.cast.actor(MAKER), job):
            raise RuntimeError("a job was printed without its file")
        ended = time.perf_counter()
        return Slice([(ended - begun) / count] * count, ended - begun, printed_seconds=ended - pressed)

    def _by_program(self, count: int) -> Slice:
        """Ask for labels and hand them out, each by its commands."""
        return _timed([partial(self._hand_out, bag) for bag in self._bags(count)])

    def _hand_out(self, bag: str) -> None:
        label_id = self._asked(bag)
        ground, actor = self._world.runtime.ground, self._world.cast.actor(MAKER)
        if not printing.hand_out(ground, actor, label_id).document:
            raise RuntimeError("a label was handed out without its document")

    def _by_hand(self, count: int, draw: Callable[[BareLabel], bytes]) -> Slice:
        """Draw labels of the next bags: typst would remember the program's own."""
        labels = [self._bare(bag) for bag in self._bags(count)]
        return _timed([partial(draw, label) for label in labels])

    def _bare(self, bag: str) -> BareLabel:
        label_id = self._asked(bag)
        label = self._world.read(lambda session: label_numbered(session, label_id))
        return BareLabel(json.loads(label.fields), self._world.journey.code(label_id))

    def _asked(self, bag: str) -> int:
        act = partial(filling.request_label, unit_number=bag, kind="bag", reason=REASON)
        return int(self._world.do(MAKER, act).id)

    def _bags(self, count: int) -> list[str]:
        return list(islice(self._next_bag, count))


def _without(unread: Sequence[Slice], floor_unread: Sequence[Slice]) -> dict[str, object]:
    value, floor = rate(unread), rate(floor_unread)
    figures = {"value": round(value, 2), "floor": round(floor, 2), "ratio": round(value / floor, 3), **_seconds(unread)}
    return {"without_read_back": figures}


def _seconds(jobs: Sequence[Slice]) -> dict[str, object]:
    """Return how long the quickest job took from the first request, and from the press of the button, to its file."""
    quickest = min(jobs, key=lambda each: each.seconds)
    return {"seconds": round(quickest.seconds, 2), "seconds_from_print_now": round(quickest.printed_seconds, 2)}


def _timed(acts: Acts) -> Slice:
    taken = []
    begun = before = time.perf_counter()
    for act in acts:
        act()
        now = time.perf_counter()
        taken.append(now - before)
        before = now
    return Slice(taken, before - begun)


def _nothing_read_back() -> AbstractContextManager[object]:
    """Let the program take its labels as drawn; only here, to see what reading back costs."""
    stack = ExitStack()
    for name in ("picture_of_pdf", "require_code"):
        stack.enter_context(patch.object(read_back, name, lambda *_: None))
    return stack
