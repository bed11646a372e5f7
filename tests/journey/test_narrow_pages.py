"""Pages on a narrow screen: nothing lies beside the page, in either language."""

import pytest
from playwright.sync_api import Browser
from support.browsers import Person
from support.servers import Server
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World

WIDTH = 390
BAG = f"{LOT}-001"
PAGES = {
    "zhou.n": ["/", "/bedside", f"/units/{BAG}", "/orders/IFN-001-01", "/infusions", f"/participants/{HER}"],
    "qian.m": [
        "/",
        "/lots",
        f"/lots/{LOT}",
        f"/lots/{LOT}/release",
        "/trends",
        f"/trends/viability?lot={LOT}",
        "/trail",
        "/trail/20",
        "/studies",
    ],
    "dr.gao": [f"/participants/{HER}", f"/participants/{HER}/measure", "/orders", "/participants"],
    "root.a": ["/people", "/people/zhou.n", "/api/docs"],
    "zhao.l": ["/labels/check", "/lots/new", f"/units/{BAG}", "/labels/1"],
}


@pytest.mark.parametrize("username", PAGES)
def test_no_page_is_wider_than_a_narrow_screen(server: Server, browser: Browser, username: str) -> None:
    at_the_bedside(server.world)
    visitor = Person(browser, server.url, username)
    visitor.page.set_viewport_size({"width": WIDTH, "height": 844})
    wide = {}
    for path in PAGES[username]:
        answer = visitor.page.goto(server.url + path)
        assert answer is not None
        assert answer.status == 200, path
        beside = visitor.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        if beside > 0:
            wide[path] = beside
    visitor.page.context.close()
    assert wide == {}


def test_a_narrow_screen_shows_the_bedside_question_whole(server: Server, browser: Browser, world: World) -> None:
    at_the_bedside(world)
    nurse = Person(browser, server.url, "zhou.n")
    nurse.page.set_viewport_size({"width": WIDTH, "height": 844})
    nurse.go("/bedside")
    box = nurse.page.locator("[data-scan]").last.bounding_box()
    nurse.page.context.close()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= WIDTH


def test_the_results_of_a_release_are_read_whole_on_a_desk_of_1280(
    server: Server, browser: Browser, world: World
) -> None:
    world.journey.released_lot(LOT)
    reviewer = Person(browser, server.url, "qian.m")
    reviewer.go(f"/lots/{LOT}/release")
    hidden = reviewer.page.evaluate("(each => each.scrollWidth - each.clientWidth)(document.querySelector('.wide'))")
    reviewer.page.context.close()
    assert hidden == 0
