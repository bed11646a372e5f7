"""The identity check over HTTP: two nurses check in turn, from one client and from eight at once."""

import json
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection

from bench.clients import post, slice_of
from bench.figures import Line, Slice
from bench.floor_tables import make_floor_tables
from bench.servers import served
from bench.sites import NURSES, STATION, Site
from cotrack.demonstration.players import PASSWORD

CLIENTS = (1, 8)
WARM_UP_SECONDS = 2.0  # connections are opened, statements compiled; the verification of the start has ended
Requests = Sequence[Sequence[bytes]]


def lines(site: Site, seconds: float) -> Iterator[Line]:
    """Measure for each number of clients, the program and the floor in turn, each for some seconds in all."""
    make_floor_tables(site)
    record = site.world.home / "record.json"
    record.write_text(site.record_of_a_check(), encoding="utf-8")
    program = served("cotrack", "serve", variables=site.variables, ready="/readyz")
    arguments = (site.floor_url, str(record))
    floor = served("bench.floor_server", *arguments, variables=site.variables, ready="/readyz")
    with program as port, floor as floor_port:
        for clients in CLIENTS:
            yield _line(site, clients, (port, floor_port), seconds)


def _line(site: Site, clients: int, ports: tuple[int, int], seconds: float) -> Line:
    port, floor_port = ports
    asked = [_checks(site, port) for _ in range(clients)]
    by_hand = [[post("/identity-checks", site.question)]] * clients
    slice_of(port, asked, WARM_UP_SECONDS)
    slice_of(floor_port, by_hand, WARM_UP_SECONDS)
    rounds = max(3, round(seconds))
    value: list[Slice] = []
    floor: list[Slice] = []
    for _ in range(rounds):
        value.append(slice_of(port, asked, seconds / rounds))
        floor.append(slice_of(floor_port, by_hand, seconds / rounds))
    name = f"identity_check_{clients}_client{'s' if clients > 1 else ''}_{site.database}"
    return Line(name, "checks/s", value, floor, {"clients": clients})


def _checks(site: Site, port: int) -> list[bytes]:
    """Return one client's requests: its two nurses check in turn, each with a token of her own."""
    tokens = [_token(port, nurse) for nurse in NURSES]
    return [post("/api/v1/identity-checks", site.question, {"Authorization": f"Bearer {each}"}) for each in tokens]


def _token(port: int, username: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"username": username, "password": PASSWORD, "station": STATION})
    connection.request("POST", "/api/v1/tokens", body, {"Content-Type": "application/json"})
    token: str = json.loads(connection.getresponse().read())["token"]
    connection.close()
    return token
