"""Labels as a printer burns them: each template with the longest texts that it takes, cut out round its symbol."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final, Literal

import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.symbols import datamatrix_modules, datamatrix_picture, drawn_symbol
from cotrack.labelling.gateways.templates import label_template
from cotrack.labelling.gateways.typesetting import LabelNotPrintable, typeset
from cotrack.labelling.gateways.zpl import picture_of_zpl, zpl_of_png
from cotrack.labelling.rules.codes import ENTITY_LENGTH, LETTERS, MOST_INSTANCES, make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service.instances import TRAINING_WORDS
from support.readings.degrade import TABLE

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
MM_PER_INCH = 25.4
AROUND_MODULES = 8
"""How much of the label beside the symbol is in the picture: its quiet zone and what is printed next to that."""
LEAST_DOTS = 8
"""A print of fewer dots a module is enlarged, dot by dot, before a camera looks at it."""

SENTENCES: Final[Mapping[Language, tuple[str, ...]]] = {
    "zh": (
        "表达干扰素α的异体间充质基质细胞，静脉输注，液氮气相保存，",
        "核对受试者与产品身份，禁止辐照，禁止使用白细胞滤器，仅用于临床试验。",
    ),
    "en": (
        "Allogeneic mesenchymal stromal cells that express interferon alpha, ",
        "for intravenous infusion. Do not irradiate. ",
    ),
}
LONGEST: Final = {language: "".join(sentences) * 2 for language, sentences in SENTENCES.items()}
"""More than any field takes."""
SHAPED: Final[Mapping[str, str]] = {
    "number": "MSC26-0031-001",
    "lot": "MSC26-0031",
    "check": "W",
    "born": "1970-12-28",
    "made_on": "2026-11-23",
}
"""Fields whose length is not for a study or a site to choose."""
SYMBOLS: Final = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix)
DRAWN_AT = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Paper:
    """A piece of a printed label with its symbol in the middle: `dots` of the picture make one module."""

    picture: Image.Image
    dots: float
    module_mm: float
    symbol: str
    code: str


@cache
def real_code(kind: str, seed: int) -> str:
    """Return a genuine code of a site whose key is known here, for a thing drawn by lot."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 (it is drawn to be repeated)
    entity = "".join(chance.choices(LETTERS, k=ENTITY_LENGTH))
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return make_code(KINDS[kind], "T", entity, chance.randint(1, MOST_INSTANCES), key_id="KZD", sign=key.sign)


@cache
def longest_fields(kind: str, language: Language) -> Mapping[str, str]:
    """Return the longest texts of a language that a template's fields take; the Chinese label is for training."""
    chosen = label_template(None, kind)
    fields = dict.fromkeys(chosen.fields, LONGEST[language])
    fields |= {name: SHAPED[name] for name in fields.keys() & SHAPED.keys()}
    fields["training"] = TRAINING_WORDS if language == "zh" else ""
    symbols = [(each, drawn_symbol(each, real_code(kind, 0), box, 203)) for each, box in chosen.symbols.items()]
    drawings = {each: svg for each, (svg, _) in symbols} | {f"{each}_mm": side for each, (_, side) in symbols}
    while True:
        try:
            typeset(chosen, fields, drawings, drawn_at=DRAWN_AT, output="png", dots_per_inch=203)
        except LabelNotPrintable as fault:
            found = re.search(r"field (.+) does not fit", str(fault))
            if found is None:
                raise
            free = [name for name in fields if name not in {*SHAPED, "training"}]
            named = [name for name in free if name in found[1].split()] or free
            longest = max(sorted(named), key=lambda name: len(fields[name]))
            fields[longest] = fields[longest][: len(fields[longest]) * 4 // 5].rstrip()
        else:
            return fields


def printed(kind: str, language: Language, code: str, dots_per_inch: int) -> Image.Image:
    """Return a whole label, dot by dot as a printer of this density burns it: black or white."""
    chosen, fields = label_template(None, kind), longest_fields(kind, language)
    png = draw(chosen, fields, code, drawn_at=DRAWN_AT, output="png", dots_per_inch=dots_per_inch)
    return picture_of_zpl(zpl_of_png(png))


@cache
def papers(kind: str, language: Language, code: str, dots_per_inch: int) -> tuple[Paper, ...]:
    """Return what is round each symbol of a printed label."""
    label = printed(kind, language, code, dots_per_inch)
    symbols = zxingcpp.read_barcodes(label, formats=SYMBOLS, try_rotate=False, try_invert=False)
    return tuple(cut_out(label, found, dots_per_inch) for found in symbols)


def data_matrix(code: str, module_mm: float, dots_per_inch: int = 600) -> Paper:
    """Return a square Data Matrix by itself on white paper, of the modules that a label has."""
    symbol = datamatrix_picture(datamatrix_modules(code), round(module_mm / MM_PER_INCH * dots_per_inch))
    white = Image.new("L", (symbol.width * 2, symbol.height * 2), 255)
    white.paste(symbol, (symbol.width // 2, symbol.height // 2))
    (found,) = zxingcpp.read_barcodes(white)
    return cut_out(white, found, dots_per_inch)


def cut_out(label: Image.Image, found: zxingcpp.Barcode, dots_per_inch: int) -> Paper:
    """Return the piece of a label round a symbol; what reaches beyond the label's edge is the table."""
    modules = modules_across(found)
    corners = [(each.x, each.y) for each in _corners(found)]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    side = max(x for x, _ in corners) + 1 - left
    dots = round(side / modules)
    assert abs(side - dots * modules) <= 2, "a module is a whole number of dots"
    size = (modules + 2 * AROUND_MODULES) * dots
    piece = Image.new("L", (size, size), TABLE)
    piece.paste(label, (AROUND_MODULES * dots - left, AROUND_MODULES * dots - top))
    larger = -(-LEAST_DOTS // dots)
    piece = piece.resize((size * larger, size * larger), Image.Resampling.NEAREST)
    return Paper(piece, dots * larger, dots * MM_PER_INCH / dots_per_inch, found.format.name, found.text)


def modules_across(found: zxingcpp.Barcode) -> int:
    """Return how many modules a symbol has across; a rectangular Data Matrix is refused."""
    version = str(found.extra["Version"])
    if found.format == zxingcpp.BarcodeFormat.QRCode:
        return 17 + 4 * int(version)
    width, height = map(int, version.split("x"))
    assert width == height, "the Data Matrix is square"
    return width


def _corners(found: zxingcpp.Barcode) -> Iterator[zxingcpp.Point]:
    place = found.position
    yield from (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
