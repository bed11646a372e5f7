"""The versions that made a document: what must be the same for the same bytes."""

import json
from functools import cache
from hashlib import sha256
from importlib.metadata import version

from fontTools.ttLib import TTFont

from cotrack import __version__
from cotrack.foundation.resources import resource
from cotrack.labelling.gateways.needs import FONTS, fonts
from cotrack.labelling.gateways.symbols import DRAWING_VERSION
from cotrack.labelling.gateways.typesetting import template

PARTS = "documents/parts.typ"
NAME_OF_VERSION = 5
"""Which name of a font says its version (OpenType, table `name`)."""


def versions_of(name: str) -> dict[str, str]:
    """Return the versions of all that sets this document: template with its text's hash, program, typst, fonts."""
    chosen = template(f"documents/{name}")
    text = chosen.text + (resource("labels") / PARTS).read_bytes()
    return {
        "template": chosen.version,
        "template_sha256": sha256(text).hexdigest(),
        "cotrack": __version__,
        "typst": version("typst"),
        "qrcode": version("qrcode"),
        "symbol": DRAWING_VERSION,
        "fonts": _fonts(),
    }


def versions_text(name: str) -> str:
    """Return the same as text for keeping."""
    return json.dumps(versions_of(name), sort_keys=True)


@cache
def _fonts() -> str:
    """Return each font of the documents with its version."""
    places = {(font.family, font.path, font.index) for font in fonts().fonts() if font.family in FONTS and font.path}
    return "; ".join(sorted({f"{family} {_version(path, index)}" for family, path, index in places}))


def _version(path: str, index: int) -> str:
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return str(font["name"].getDebugName(NAME_OF_VERSION) or font["head"].fontRevision)
