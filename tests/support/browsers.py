"""A person in a real browser: signs in, clicks, and scans as a wedge scanner does, with keystrokes ended by Enter."""

from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, Page
from pyzbar.pyzbar import decode

from cotrack.demonstration.players import PASSWORD, PLAYERS

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def code_on_label(pdf: Path) -> str:
    """Read the code of a printed label from its PDF, as a scanner reads it from paper."""
    document = pypdfium2.PdfDocument(pdf)
    picture = document[0].render(scale=300 / 72).to_pil()
    document.close()
    (found,) = decode(picture)
    return found.data.decode("ascii")


class Person:
    """Somebody of the demonstration at a browser."""

    def __init__(self, browser: Browser, url: str, username: str, *, station: str | None = None) -> None:
        self.url = url
        self.username = username
        self.complaints: list[str] = []
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.sign_in(PLAYERS[username].station if station is None else station)

    def sign_in(self, station: str) -> None:
        """Sign in at a station."""
        self.go("/sign-in")
        self.page.fill("[name=username]", self.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.select_option("[name=station]", station)
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name="Sign in").click()

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(self.url + path)

    def press(self, words: str) -> None:
        """Press the button or follow the link of these words in the page's content."""
        main = self.page.locator("main")
        found = main.get_by_role("button", name=words, exact=True).or_(main.get_by_role("link", name=words, exact=True))
        with self.page.expect_navigation():
            found.first.click()

    def fill(self, **values: str) -> None:
        """Fill in fields by name."""
        for name, value in values.items():
            field = self.page.locator(f"main [name={name}]")
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def tick(self, name: str) -> None:
        """Tick a box, and every other one of the same name that is seen."""
        for box in self.page.locator(f"main input[type=checkbox][name={name}]:visible").all():
            box.check()

    def scan(self, code: str) -> None:
        """Scan: keystrokes ended by Enter, into whatever has the focus; the page goes on by itself."""
        with self.page.expect_navigation():
            self.scan_first(code)

    def scan_first(self, code: str) -> None:
        """Scan the first of two codes that one page takes."""
        self.page.keyboard.type(code, delay=0)
        self.page.keyboard.press("Enter")

    def sign(self) -> None:
        """Sign the text that is shown."""
        self.page.fill("main [name=password]", PASSWORD)
        self.press("Sign")

    def label(self, folder: Path, *, button: str = "Get the label") -> str:
        """Get the label that the page offers, see the page say so, and read the code from the paper."""
        with self.page.expect_download() as download:
            self.page.locator("main").get_by_role("button", name=button).click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        self.page.wait_for_selector("form[data-once]", state="detached")
        return code_on_label(path)

    def sees(self, words: str) -> bool:
        """Whether the page says these words."""
        return words in self.page.locator("body").inner_text()

    @property
    def address(self) -> str:
        """The path of the page."""
        return self.page.url.removeprefix(self.url)
