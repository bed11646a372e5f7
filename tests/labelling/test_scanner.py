"""The scanner component in a real browser: however a wedge types, the code arrives whole, and only once."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from support.browsers import Person
from support.refusals import records
from support.servers import Server
from support.worlds import World

from cotrack.labelling.rules.sheet import SYMBOLS
from cotrack.labelling.service import self_tests

QR, SQUARE, SIGNS = (each.text for each in SYMBOLS)
PAGE = "/stations/FILL-1/self-test"


@pytest.fixture
def technician(server: Server, browser: Browser) -> Iterator[Person]:
    """A technician at the page of the self-test, which takes three scans and says what came."""
    found = Person(browser, server.url, "zhao.l")
    found.go(PAGE)
    yield found
    assert [each for each in found.complaints if "422" not in each] == [], "a self-test that fails is answered by 422"
    found.page.context.close()


def came(person: Person) -> list[str]:
    """Return what stands in the fields for scans."""
    fields = person.page.locator("main input[data-scan]")
    return [each.input_value() for each in fields.all()]


def typed_signs(person: Person) -> None:
    """Type the third symbol as a wedge does: GS is Ctrl+]."""
    for at, part in enumerate(SIGNS.split("\x1d")):
        if at:
            person.page.keyboard.press("Control+]")
        person.page.keyboard.type(part)
    person.page.keyboard.press("Enter")


def nowhere(person: Person) -> None:
    person.page.evaluate("document.activeElement.blur()")


def on_a_button(person: Person) -> None:
    person.page.locator("main button[type=submit]").focus()


def in_its_field(person: Person) -> None:
    person.page.locator("main input[data-scan]").first.focus()


@pytest.mark.parametrize(
    ("focus", "delay"),
    [(nowhere, 0), (on_a_button, 0), (in_its_field, 10)],
    ids=["nowhere", "on a button", "in its field, at 10 ms a character"],
)
def test_three_scans_pass_wherever_the_focus_is(
    world: World, technician: Person, focus: Callable[[Person], None], delay: int
) -> None:
    focus(technician)
    for code in (QR, SQUARE):
        technician.page.keyboard.type(code, delay=delay)
        technician.page.keyboard.press("Enter")
    with technician.page.expect_navigation():
        typed_signs(technician)
    assert technician.sees("The scanner reads true")
    row = world.read(lambda session: self_tests.newest_test(session, "FILL-1"))
    assert (row.outcome, row.remarks) == ("passed", "[]")
    assert 0 < row.slowest_milliseconds < 10_000


def test_without_enter_a_scan_ends_by_silence_and_by_tab(technician: Person) -> None:
    technician.page.keyboard.insert_text(QR)
    technician.page.wait_for_selector("#field-square:focus")
    technician.page.keyboard.insert_text(SQUARE)
    technician.page.keyboard.press("Tab")
    assert technician.page.evaluate("document.activeElement.id") == "field-signs"
    assert came(technician) == [QR, SQUARE, ""]


def test_a_person_who_types_slowly_is_not_cut_off_and_tab_moves_on(technician: Person) -> None:
    technician.page.keyboard.type("CTTEST1QABCDEFGHIJKLMNOP", delay=80)
    technician.page.wait_for_timeout(300)
    assert technician.page.evaluate("document.activeElement.id") == "field-qr"
    assert technician.page.locator("[data-typing]").first.input_value().split()[1:] == ["slow", "typed"]


def test_one_code_twice_in_one_string_and_once_more_right_after_is_one_scan(technician: Person) -> None:
    technician.page.keyboard.insert_text(QR + QR)
    technician.page.keyboard.press("Enter")
    technician.page.keyboard.insert_text(QR)
    technician.page.keyboard.press("Enter")
    assert came(technician) == [QR, "", ""]
    assert technician.page.evaluate("document.activeElement.id") == "field-square"


def test_two_codes_in_one_string_stay_together_and_are_refused(technician: Person) -> None:
    technician.page.keyboard.insert_text(QR + SQUARE)
    technician.page.keyboard.press("Enter")
    assert came(technician)[0] == QR + SQUARE
    technician.page.keyboard.insert_text(SQUARE)
    technician.page.keyboard.press("Enter")
    with technician.page.expect_navigation():
        typed_signs(technician)
    assert technician.sees("adds “” before and “CTTEST1D” behind each code")


def test_what_an_input_method_makes_of_the_keys_is_taken_whole_and_told(world: World, technician: Person) -> None:
    session = technician.page.context.new_cdp_session(technician.page)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in QR)
    for end in (40, 90, len(wide)):
        session.send("Input.imeSetComposition", {"text": wide[:end], "selectionStart": end, "selectionEnd": end})
    assert came(technician)[0] == wide, "shown while it is composed, and not sent yet"
    assert technician.page.evaluate("document.activeElement.id") == "field-qr"
    session.send("Input.insertText", {"text": wide})
    technician.page.wait_for_timeout(250)
    technician.page.keyboard.press("Enter")
    with technician.page.expect_navigation():
        technician.page.get_by_role("button", name="Judge what arrived").click()
    assert technician.sees("Letters arrive in full width")
    record = records(world, event="station.test")[-1]
    assert record["blockers"][0]["code"] == "full_width"


def test_capslock_is_found_by_the_test(technician: Person) -> None:
    for code in (QR, SQUARE):
        technician.page.keyboard.type(code.swapcase())
        technician.page.keyboard.press("Enter")
    with technician.page.expect_navigation():
        technician.page.get_by_role("button", name="Judge what arrived").click()
    assert technician.sees("switch CapsLock off")


def test_what_this_stations_scanner_adds_is_taken_away_and_nothing_else(technician: Person) -> None:
    technician.page.evaluate("Object.assign(document.body.dataset, {scanPrefix: '~', scanSuffix: '#'})")
    technician.page.evaluate(
        "import('/static/js/scanner.js').then((module) => { const root = document; "
        "root.querySelectorAll('input[data-scan]').forEach((each) => each.replaceWith(each.cloneNode())); "
        "module.watchScanner(root); })"
    )
    technician.page.keyboard.insert_text(f"~{QR}#")
    technician.page.keyboard.press("Enter")
    assert came(technician)[0] == QR


def test_a_paste_is_refused_told_and_written_down_once(world: World, technician: Person) -> None:
    for _ in range(2):
        technician.page.evaluate(
            "document.activeElement.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true}))"
        )
    assert technician.sees("A code is scanned, never pasted.")
    with technician.page.expect_response("**/stations/self-test.pdf"):
        technician.page.evaluate("fetch('/stations/self-test.pdf')")
    found = records(world, event="scan.paste")
    assert [each["details"] for each in found] == [{"page": PAGE}]
