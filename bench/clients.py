"""Clients that cost little: each keeps one connection, sends prepared requests in turn, and times the answers.

The bench shares two cores with the server that it measures, so a client parses no more of an answer than it must.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from bench.figures import Slice

ANSWER_SECONDS = 30
HEADERS_END = b"\r\n\r\n"


class NoMatch(Exception):
    """A check was not answered as a match: what was measured is not what was meant."""


def post(path: str, content: Mapping[str, str], headers: Mapping[str, str] | None = None) -> bytes:
    """Return a request as it goes over the wire."""
    body = json.dumps(content).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + HEADERS_END + body


class Client:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Send one request and return status line and body."""
        self._socket.sendall(request)
        data = b""
        while HEADERS_END not in data:
            data += self._more()
        head, _, body = data.partition(HEADERS_END)
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._more()
        return head.split(b"\r\n", 1)[0], body

    def _more(self) -> bytes:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionError("the server closed a kept connection")
        return data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def require_match(client: Client, request: bytes) -> float:
    """Send one check, demand a match, and return the seconds until its answer."""
    begun = time.perf_counter()
    status, body = client.ask(request)
    taken = time.perf_counter() - begun
    if b" 201 " not in status or json.loads(body)["result"] != "match":
        raise NoMatch(f"{status.decode()}: {body.decode()[:500]}")
    return taken


def slice_of(port: int, requests: Sequence[Sequence[bytes]], seconds: float) -> Slice:
    """Let one client for each list of requests send them in turn for some seconds, all at once."""
    crowd = _Crowd(port, len(requests), seconds)
    threads = [threading.Thread(target=crowd.run, args=(cycle(each),)) for each in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if crowd.faults:
        raise crowd.faults[0]
    return Slice(crowd.times, max(crowd.ends) - crowd.begun)


class _Crowd:
    """Clients that begin at the same instant, after a first request each that is not timed."""

    def __init__(self, port: int, size: int, seconds: float) -> None:
        self.port = port
        self.seconds = seconds
        self.begun = 0.0
        self.times: list[float] = []
        self.ends: list[float] = []
        self.faults: list[Exception] = []
        self._start = threading.Barrier(size, action=self._begin)

    def _begin(self) -> None:
        self.begun = time.perf_counter()

    def run(self, requests: Iterator[bytes]) -> None:
        try:
            client = Client(self.port)
            require_match(client, next(requests))
            self._start.wait(ANSWER_SECONDS)
            times = list(self._timed(client, requests))
            self.ends.append(time.perf_counter())
            self.times.extend(times)
            client.close()
        except Exception as fault:  # noqa: BLE001 (whatever happens in a thread fails the bench)
            self._start.abort()
            self.faults.append(fault)

    def _timed(self, client: Client, requests: Iterator[bytes]) -> Iterator[float]:
        while time.perf_counter() < self.begun + self.seconds:
            yield require_match(client, next(requests))
