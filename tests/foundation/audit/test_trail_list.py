"""The list of the trail: who, what, when and why, each sortable, and no long value lies beside the page."""

import csv
import io
import re

import pytest
from playwright.sync_api import Browser
from support.browsers import Person
from support.clients import Client, SignIn
from support.refusals import records
from support.servers import Server
from support.tampering import by_hand
from support.worlds import World

from cotrack.foundation.web.listing import PAGE_SIZE

HASH = "3f" * 32
LONG_REASON = "门" * 200


def recorded(world: World, *reasons: str, subject: str = "person:zhou.n") -> None:
    """Let the trail hold one record for each reason."""
    for reason in reasons:
        world.do(
            "root.a",
            lambda work, why=reason: work.record("person.disable", subject, permission="person:disable", reason=why),
        )


def listed(client: Client, query: str) -> list[str]:
    """Return the numbers of the records of all pages of the list, in its order."""
    found: list[str] = []
    while query:
        page = client.get(f"/trail?{query}").get_data(as_text=True)
        found += re.findall(r'<a class="mono" href="/trail/(\d+)">', page)
        following = re.search(r'href="/trail\?([^"]*after=[^"]+)"', page)
        query = following[1].replace("&amp;", "&") if following else ""
    return found


def test_the_trail_says_why_on_its_page_and_in_its_csv(world: World, person: SignIn) -> None:
    recorded(world, "left the “ward” on Monday")
    reader = person("qian.m")
    assert '<td class="col-text">left the “ward” on Monday</td>' in reader.get("/trail").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(reader.get("/trail?format=csv").get_data(as_text=True))))
    assert rows[-1]["reason"] == "", "who signs in gives no reason"
    assert [each["reason"] for each in rows if each["reason"].startswith("left")] == ["left the “ward” on Monday"]


@pytest.mark.parametrize("sort", ["reason", "-reason"])
def test_the_trail_is_sorted_by_its_reasons_and_no_record_is_lost_or_doubled_between_pages(
    world: World, person: SignIn, sort: str
) -> None:
    recorded(world, *["b", "a", LONG_REASON, 'a "b" c', "", LONG_REASON] * (PAGE_SIZE // 3))
    found = [int(each) for each in listed(person("qian.m"), f"q=disable&sort={sort}")]
    why = {each["id"]: each["reason"] for each in records(world, event="person.disable")}
    assert sorted(found) == sorted(why)
    told = [why[each] for each in found]
    assert told[0 if sort == "reason" else -1] == ""
    blocks = [each for at, each in enumerate(told) if at == 0 or told[at - 1] != each]
    assert len(blocks) == len(set(told)), "equal reasons stand together"


def test_a_record_whose_body_was_altered_does_not_hide_the_list(world: World, person: SignIn) -> None:
    recorded(world, "x")
    altered = records(world, event="person.disable")[0]["id"]
    by_hand(world, "UPDATE audit_record SET body = 'no record' WHERE id = :id", id=altered)
    page = person("qian.m").get("/trail")
    assert (page.status_code, f"/trail/{altered}" in page.get_data(as_text=True)) == (200, True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_long_subject_is_shortened_and_the_list_fits_its_page_with_no_column_a_letter_wide(
    server: Server, browser: Browser, language: str
) -> None:
    recorded(server.world, "x" * 120, subject=f"backup:{HASH}")
    visitor = Person(browser, server.url, "qian.m")
    visitor.page.context.add_cookies([{"name": "cotrack_language", "value": language, "url": server.url}])
    visitor.go("/trail")
    beside = visitor.page.evaluate("(each => each.scrollWidth - each.clientWidth)(document.querySelector('.wide'))")
    narrowest = visitor.page.evaluate("Math.min(...[...document.querySelectorAll('.wide th')].map(e => e.offsetWidth))")
    whole = visitor.page.locator(f'[title="backup:{HASH}"]').inner_text()
    visitor.page.context.close()
    assert beside <= 0
    assert narrowest >= 60
    assert whole == f"backup:{HASH}"[:24] + "…"
