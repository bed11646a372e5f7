"""The site's printers: how each is now, and a test page that counts for nothing."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Printer, Site
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.written import site_words
from cotrack.labelling.gateways import printers, read_back
from cotrack.labelling.gateways.printers import Status
from cotrack.labelling.gateways.symbols import drawn_symbol
from cotrack.labelling.gateways.typesetting import PDF_DOTS_PER_INCH, template, typeset
from cotrack.labelling.service.instances import TRAINING_WORDS

TEST_PAGE = "test-page"
TEST_CODE = "COTRACK TEST PAGE: THIS IS NO LABEL"
"""What the symbol of a test page says: readable by every scanner, refused in every field, and like no number."""
BOX_MM = 30.0


def statuses(site: Site, codes: Collection[str] = ()) -> Mapping[str, Status]:
    """Ask these printers, or all, how they are, all at once: a dead one keeps nobody waiting for the others."""
    chosen = [each for code, each in site.printers.items() if not codes or code in codes]
    if not chosen:
        return {}
    with ThreadPoolExecutor(max_workers=min(len(chosen), 8)) as pool:
        return dict(zip((each.code for each in chosen), pool.map(printers.status_of, chosen), strict=True))


def test_page(ground: Ground, actor: Actor, code: str) -> bytes | None:
    """Print a test page: who asked for it is recorded; the browser gets its PDF. It carries no code of ours.

    Raises NotFound, PrinterNotReady, PrinterNotReached.
    """
    printer = ground.site.printers.get(code)
    with unit_of_work(ground, actor) as work:
        work.record("printer.test", f"printer:{code}", permission="label:print")
        if printer is None:
            raise NotFound("There is no such printer.")
        small = f"{site_words(work.now, work.site.zone)} · {actor.username} · {actor.station}"
    return _test_page(ground, printer, small)


def _test_page(ground: Ground, printer: Printer, small: str) -> bytes | None:
    form = printers.form_for(printer)
    is_pdf = form == printers.PDF
    dots = PDF_DOTS_PER_INCH if is_pdf else printer.dots_per_inch
    fields = {
        "printer": printer.code,
        "dots": str(dots),
        "small": small,
        "training": TRAINING_WORDS if ground.is_training else "",
    }
    svg, side_mm = drawn_symbol("qr", TEST_CODE, BOX_MM, dots)
    drawn = typeset(
        template(TEST_PAGE),
        fields,
        {"qr": svg, "qr_mm": side_mm},
        drawn_at=ground.sessions.clock(),
        output="pdf" if is_pdf else "png",
        dots_per_inch=dots,
    )
    document = drawn if is_pdf else printers.form_of(drawn, form, dots)
    read_back.require_code(printers.picture_of(document, form), TEST_CODE)
    printers.send(printer, document, form)
    return document if printer.protocol == "pdf" else None
