"""A label printer on a real socket, as good or as bad as a test needs it."""

import socket
import threading
import time
from dataclasses import replace

import zxingcpp

from cotrack.foundation.acting import Ground
from cotrack.foundation.site import Printer
from cotrack.labelling.gateways.printers import ZPL, picture_of
from cotrack.labelling.gateways.read_back import codes_in_picture
from support.worlds import World

CODE = "P-TEST"


class PaperPrinter:
    """Takes labels on a port of its own and keeps what it was sent; `late` seconds pass before it takes anything.

    One that `never_reads` lets others connect and takes no more than the system takes for it; one that `hangs_up`
    closes on everybody in the middle of a label, and one that `dies_after` so many labels does so from then on.
    """

    def __init__(
        self, *, late: float = 0, never_reads: bool = False, hangs_up: bool = False, dies_after: int = 10**6
    ) -> None:
        self.late, self.never_reads, self.hangs_up, self.dies_after = late, never_reads, hangs_up, dies_after
        self.labels: list[bytes] = []
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = int(self._socket.getsockname()[1])
        self._kept: list[socket.socket] = []
        self._is_open = True
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while self._is_open:
            connection, _ = self._socket.accept()
            self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        if self.never_reads or not self._is_open:
            self._kept.append(connection)
            return
        if self.hangs_up or len(self.labels) >= self.dies_after:
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.close()
            return
        time.sleep(self.late)
        with connection:
            found = b"".join(iter(lambda: connection.recv(4096), b""))
        # Who only looked whether somebody is there sent nothing.
        self.labels += [found] if found else []

    def wait_for(self, count: int) -> list[bytes]:
        """Wait until so many labels were printed."""
        end = time.monotonic() + 15
        while len(self.labels) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.labels) == count
        return self.labels

    def close(self) -> None:
        """Switch the printer off."""
        self._is_open = False
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        for each in self._kept:
            each.close()
        self._socket.close()


def read_by_two(document: bytes, form: str = ZPL) -> set[str]:
    """Return what two independent decoders read from what a printer puts on paper."""
    picture = picture_of(document, form)
    return {*codes_in_picture(picture), *(each.text for each in zxingcpp.read_barcodes(picture))}


def ground_with(world: World, port: int, *, dots_per_inch: int = 300) -> Ground:
    """Return the test's ground with every station at one ZPL printer."""
    site = world.runtime.ground.site
    stations = {code: replace(each, printer=CODE) for code, each in site.stations.items()}
    printers = {**site.printers, CODE: Printer(CODE, "zpl", "127.0.0.1", port, dots_per_inch)}
    return replace(world.runtime.ground, site=replace(site, stations=stations, printers=printers))


def stand_at(world: World, ground: Ground) -> None:
    """Let everybody of the test act on this ground."""
    world.cast.ground = world.journey.ground = ground
