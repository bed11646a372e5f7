"""Lists: searched, filtered and sorted by their address, paged by key without losing or doubling a row, and as CSV."""

import base64
import csv
import io
import json
import re
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, event
from support.clients import Client, SignIn
from support.clinic import candidate, file_of
from support.worlds import World

PAGE = 50


def screened(world: World, numbers: range) -> None:
    world.journey.screened(file_of(*(candidate(world, f"IFN-{number:03d}") for number in numbers)))


def numbers(page: str) -> list[str]:
    """Return the subject numbers of a list, in its order."""
    return re.findall(r'<a class="mono" href="/participants/([^"]+)">', page)


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"/participants{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def next_page(page: str) -> str:
    found = re.search(r'href="(/participants\?[^"]*after=[^"]+)"', page)
    return found[1].replace("&amp;", "&").removeprefix("/participants") if found else ""


def all_pages(client: Client, query: str) -> list[str]:
    found: list[str] = []
    while True:
        page = shown(client, query)
        found += numbers(page)
        query = next_page(page)
        if not query:
            return found


@pytest.mark.parametrize("sort", ["number", "-number", "screened_on", "-screened_on", "status"])
def test_every_row_stands_on_one_page_also_where_many_sort_alike(world: World, person: SignIn, sort: str) -> None:
    screened(world, range(1, 2 * PAGE + 12))
    found = all_pages(person("li.c"), f"?sort={sort}")
    wanted = [f"IFN-{number:03d}" for number in range(1, 2 * PAGE + 12)]
    assert found == (wanted[::-1] if sort.startswith("-") else wanted)


def test_a_row_that_comes_between_two_looks_shifts_nothing(world: World, person: SignIn) -> None:
    screened(world, range(10, PAGE + 12))
    first = shown(person("li.c"), "?sort=number")
    screened(world, range(1, 5))
    assert numbers(shown(person("li.c"), next_page(first))) == ["IFN-060", "IFN-061"]


def test_a_list_is_searched_filtered_and_counted_by_its_address(world: World, person: SignIn) -> None:
    screened(world, range(1, 13))
    client = person("li.c")
    assert numbers(shown(client, "?q=01")) == ["IFN-001", "IFN-010", "IFN-011", "IFN-012"]
    assert "4 entries" in shown(client, "?q=01")
    assert numbers(shown(client, "?q=ifn+12")) == ["IFN-012"]
    assert numbers(shown(client, "?status=enrolled")) == []
    assert len(numbers(shown(client, "?status=screening"))) == 12
    assert len(numbers(shown(client, "?status=nonsense"))) == 12, "what a list does not know is left out"


@pytest.mark.parametrize("query", ["%", "_", "\\", "'", "%00", "\0", "e\u0301", "<script>", "王" * 300])
def test_strange_words_are_searched_for_as_they_are(world: World, person: SignIn, query: str) -> None:
    screened(world, range(1, 3))
    page = shown(person("li.c"), f"?q={quote(query)}")
    assert "<script>alert" not in page
    assert "<script>" not in page.partition('name="q"')[2].partition(">")[0]


@pytest.mark.parametrize("query", ["to=9999-12-31", "from=0001-01-01", "to=0001-01-01", "from=9999-12-31"])
def test_a_day_that_nobody_can_mean_is_left_out_like_other_nonsense(person: SignIn, query: str) -> None:
    page = person("qian.m").get(f"/trail?{query}")
    assert page.status_code == 200
    assert f'value="{query.partition("=")[2]}"' not in page.get_data(as_text=True)


def key(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


NONSENSE = [
    "zzz", "====", key(), key("x"), key("x", 10**30), key("x", -1), key({"a": 1}, 1), key(None, 1), key(1, 1),
    key("x", "1"), key("\0", 1), key("e\u0301", 1), key([1], 1), key("x", 1, 3),
    base64.urlsafe_b64encode(b"[" * 3_000).decode(), base64.urlsafe_b64encode(b'["x",' + b"9" * 5_000 + b"]").decode(),
]  # fmt: skip


@pytest.mark.parametrize("after", NONSENSE)
@pytest.mark.parametrize("path", ["/participants?sort=screened_on", "/units?sort=volume", "/infusions?sort=id"])
def test_a_key_that_no_page_gave_begins_at_the_beginning(person: SignIn, path: str, after: str) -> None:
    assert person("li.c").get(f"{path}&after={after}").status_code == 200


def test_the_whole_list_as_searched_is_handed_out_as_csv(world: World, person: SignIn) -> None:
    screened(world, range(1, PAGE + 6))
    answer = person("li.c").get("/participants?format=csv&sort=-number&status=screening")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == (
        "text/csv",
        'attachment; filename="participants.csv"',
    )
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert len(rows) == PAGE + 5
    assert rows[0]["number"] == f"participant:IFN-{PAGE + 5:03d}"
    assert rows[0]["screened_on"] == world.journey.today().isoformat()


def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world, "-1")))
    answer = person("li.c").get("/participants?format=csv").get_data(as_text=True)
    assert "participant:-1" in answer
    assert "\n-1" not in answer


def statements(engine: Engine, act: object) -> int:
    heard: list[str] = []

    def execute(*, statement: str, **_: object) -> None:
        heard.append(statement)

    event.listen(engine, "before_cursor_execute", execute, named=True)
    try:
        act()  # type: ignore[operator]
    finally:
        event.remove(engine, "before_cursor_execute", execute)
    return len(heard)


@pytest.mark.parametrize("path", ["/participants", "/participants?format=csv"])
def test_a_list_asks_as_often_for_many_rows_as_for_few(world: World, person: SignIn, path: str) -> None:
    engine, client = world.runtime.ground.sessions.engine, person("li.c")
    screened(world, range(1, 4))
    client.get(path)
    few = statements(engine, lambda: client.get(path))
    screened(world, range(4, PAGE + 1))
    assert statements(engine, lambda: client.get(path)) == few
