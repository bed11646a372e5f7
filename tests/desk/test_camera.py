"""Camera and photo beside a scan field: what they read goes on as a scan, and the camera is closed behind it."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser
from support.browsers import CHROMIUM, CHROMIUM_ARGUMENTS, Person
from support.pictures import data_matrix, page, photo, qr, sent, video
from support.servers import Server
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.resources import resource
from cotrack.labelling.gateways.read_back import picture_of_pdf
from cotrack.labelling.service import instances, printing
from cotrack.manufacture.service import filling

VENDOR = resource("foundation/web/static/vendor/zxing-wasm-3.1.4")
KEPT_STREAM = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (...asked) => (window.kept = await open(...asked));
"""
IS_CLOSED = "() => window.kept.getTracks().every((each) => each.readyState === 'ended')"


@contextmanager
def camera(browser: Browser, shown: Image.Image, folder: Path) -> Iterator[Browser]:
    """A Chromium whose camera sees this picture."""
    film = video(shown, folder / "camera.y4m")
    opened = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            *CHROMIUM_ARGUMENTS,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    yield opened
    opened.close()


def rendered(world: World) -> tuple[str, str, Image.Image]:
    """A bag, the code of its label, and the label as it comes out of the printer: not yet scanned back."""
    world.journey.lot(LOT)
    bag = world.journey.unit(LOT)
    label = world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag"))
    handed = printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), label.id)
    assert handed.document is not None
    return bag, world.journey.code(label.id), picture_of_pdf(handed.document)


def look(person: Person) -> None:
    """Press the camera's button; the page goes on by itself."""
    with person.page.expect_navigation():
        person.page.get_by_role("button", name="Camera", exact=True).click()


def test_a_rendered_label_and_a_data_matrix_are_scanned_by_the_camera(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    bag, code, label = rendered(server.world)
    with camera(browser, label, tmp_path) as seeing:
        technician = Person(seeing, server.url, "zhao.l")
        technician.go(f"/units/{bag}/scan-back")
        look(technician)
        applied = server.world.read(lambda session: instances.live_label(session, f"unit:{bag}", "bag"))
        assert applied is not None
        assert applied.status == "applied"
        checks(technician, bag, code)
    with camera(browser, page(data_matrix(code, module=8)), tmp_path) as seeing:
        checks(Person(seeing, server.url, "zhao.l"), bag, code)


def checks(person: Person, bag: str, code: str) -> None:
    """Hold the label before the camera at the check station."""
    person.go("/labels/check")
    look(person)
    assert person.sees("Genuine and current")
    assert person.sees(bag)
    assert code not in person.page.content()
    assert person.complaints == []


def test_the_camera_waits_for_one_code_alone_is_closed_by_its_button_and_says_where_there_is_none(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    with camera(browser, page(qr("A" * 60), qr("B" * 60)), tmp_path) as seeing:
        technician = Person(seeing, server.url, "zhao.l")
        technician.page.add_init_script(KEPT_STREAM)
        technician.go("/labels/check")
        technician.page.get_by_role("button", name="Camera", exact=True).click()
        technician.page.get_by_text("Several codes are in sight: show one alone.").wait_for()
        assert technician.page.evaluate("window.kept.active")
        technician.page.get_by_role("button", name="Close the camera").click()
        technician.page.wait_for_selector("video", state="detached")
        assert technician.page.evaluate(IS_CLOSED)
        assert technician.address == "/labels/check"
    # In another browser there is no camera to open; where none can be asked for, none is offered.
    technician = Person(browser, server.url, "zhao.l")
    technician.go("/labels/check")
    technician.page.get_by_role("button", name="Camera", exact=True).click()
    technician.page.get_by_text("The camera cannot be used here. Use the scanner.").wait_for()
    technician.page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    technician.go("/labels/check")
    assert technician.page.get_by_text("Take a photo").is_visible()
    assert not technician.page.get_by_role("button", name="Camera", exact=True).is_visible()


def test_a_label_is_checked_by_wedge_by_photo_and_by_a_sent_picture(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    bag, code, label = rendered(server.world)
    (tmp_path / "photo.jpg").write_bytes(photo([code]))
    (tmp_path / "label.png").write_bytes(sent(label))
    (tmp_path / "blank.png").write_bytes(sent(page()))
    technician = Person(browser, server.url, "zhao.l")

    def verdict() -> None:
        assert technician.sees("Genuine, not on its thing yet")
        assert technician.sees(bag)
        assert code not in technician.page.content()

    technician.go("/labels/check")
    technician.scan(code)
    verdict()
    technician.go("/labels/check")
    with technician.page.expect_navigation():
        technician.page.locator("[data-photo]").set_input_files(tmp_path / "photo.jpg")
    verdict()
    technician.page.set_input_files("#field-picture", tmp_path / "label.png")
    technician.press("Check the picture")
    verdict()
    assert technician.sees("a hint, never a grade")
    assert technician.complaints == []
    # A photo without a code is told beside its field, and a scan still counts.
    technician.page.locator("[data-photo]").set_input_files(tmp_path / "blank.png")
    technician.page.get_by_text("No code was found in this picture.").wait_for()
    technician.scan(code)
    verdict()


def test_the_reader_of_codes_is_the_one_that_was_taken_and_comes_from_nowhere_else() -> None:
    told = dict(
        re.findall(r"^\| `([^`]+)` \| [^|]+ \| `([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE)
    )
    files = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert files == {*told, "README.md"}
    assert len(told) == 4
    for name, digest in told.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
