"""A conditionally released lot was infused; then day-14 growth arrives: all who must know are told within a minute."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser
from support.browsers import Person
from support.late import GROWTH, day_14, infused_conditionally
from support.servers import Server
from support.stages import HER, LOT
from support.worlds import World

WITHIN_A_MINUTE_MS = 60_000


def test_a_late_growth_holds_the_lot_and_its_treating_physician_is_told_within_a_minute(
    server: Server, browser: Browser, world: World, tmp_path: Path
) -> None:
    world.clock.now = datetime.now(UTC)
    bag = infused_conditionally(world)
    physician = Person(browser, server.url, "dr.gao")
    physician.go("/participants")
    assert not physician.page.locator("[data-alerts] .alarm").count()

    file = tmp_path / "day-14.csv"
    file.write_bytes(day_14(world))
    analyst = Person(browser, server.url, "wang.l")
    analyst.go("/results/import")
    analyst.page.set_input_files("[name=file]", file)
    analyst.press("Show what would be stored")
    assert analyst.sees("Storing these results puts on hold at once:")
    analyst.press("Store 1 results")

    # The page of the physician has stood open all the time: nobody loads it again.
    physician.page.wait_for_selector("[data-alerts] .alarm", timeout=WITHIN_A_MINUTE_MS)
    with physician.page.expect_navigation():
        physician.page.locator("[data-alerts] .alarm a").click()
    for words in (bag, f"{LOT}-002", HER, GROWTH, "was given", "on hold"):
        assert physician.sees(words), words
    physician.press("I have read this")
    assert not physician.page.locator("[data-alerts] .alarm").count()

    reviewer = Person(browser, server.url, "qian.m")
    assert reviewer.sees("A lot that was released was stopped:")
    reviewer.go(f"/lots/{LOT}")
    assert reviewer.sees(f"DEV-{LOT}-1")
    assert physician.complaints == analyst.complaints == reviewer.complaints == []
    for each in (physician, analyst, reviewer):
        each.page.context.close()


def test_a_page_that_learns_of_alerts_no_more_says_so_until_it_does_again(
    server: Server, browser: Browser, world: World
) -> None:
    physician = Person(browser, server.url, "dr.gao")
    page = physician.page
    page.clock.install()
    physician.go("/participants")
    page.route("**/alerts/waiting", lambda route: route.abort())
    page.clock.run_for(61_000)
    page.wait_for_selector("[data-alerts] .alarm")
    assert physician.sees("This page learns of no alert any more. Load it again, or sign in.")
    page.unroute("**/alerts/waiting")
    page.clock.run_for(31_000)
    page.wait_for_selector("[data-alerts] .alarm", state="detached")
    page.context.close()
