"""A wedge scanner types wherever the focus is: a tick or a button before it loses no scan."""

import re

from playwright.sync_api import Browser
from support.browsers import Person
from support.servers import Server
from support.stages import HER, enrolled
from support.worlds import World

from cotrack.participants.service import bands


def test_a_scan_after_a_tick_goes_into_its_field(server: Server, browser: Browser, world: World) -> None:
    enrolled(world, HER)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="torn"))
    code = world.journey.printed_band(HER)
    nurse = Person(browser, server.url, "zhou.n")
    nurse.go(f"/participants/{HER}/band/put-on")
    nurse.page.locator("main input[type=checkbox]").first.click()
    ready = nurse.page.locator("[data-ready]").first
    assert ready.get_attribute("class") is None or "lost" not in str(ready.get_attribute("class"))
    nurse.scan(code)
    assert re.search(rf"/participants/{HER}$", nurse.page.url)
    assert nurse.complaints == []
    nurse.page.context.close()
