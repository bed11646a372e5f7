"""The clock on work list and bedside: nobody takes minutes for hours."""

from playwright.sync_api import Browser
from support.servers import Server

TELL = """async (all) => {
  const { timeLeft } = await import('/static/js/countdown.js');
  return all.map((seconds) => timeLeft(seconds * 1000, 0));
}"""
TOLD = {0: None, 9: "0:09", 3599: "59:59", 3600: "1:00:00", 5399: "1:29:59", 81069: "22:31:09"}


def test_time_left_is_told_in_minutes_and_seconds_and_from_an_hour_on_with_hours(
    server: Server, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/sign-in")
    assert page.evaluate(TELL, list(TOLD)) == list(TOLD.values())
    page.close()
