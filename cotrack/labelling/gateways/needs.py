"""What labels need of the machine: the library that reads codes, the fonts they are set in, the rules of time zones."""

import ctypes.util
import zoneinfo
from functools import cache

import typst

from cotrack.foundation.errors import SystemNeedMissing

APT_LINE = "apt-get install --yes libzbar0 fonts-noto-cjk fonts-jetbrains-mono tzdata"
"""The one line that brings everything below to a Debian or Ubuntu machine."""

FONTS = {"Noto Sans CJK SC": "fonts-noto-cjk", "JetBrains Mono": "fonts-jetbrains-mono"}
"""The families of all labels and documents, and the Debian package of each."""


@cache
def fonts() -> typst.Fonts:
    """Return the machine's fonts, searched once per process."""
    return typst.Fonts()


def check_system() -> None:
    """Raise SystemNeedMissing, with the one apt line, where a library or font is not on this machine."""
    missing = _missing()
    if missing:
        raise SystemNeedMissing("Missing: {needs}. Run: {line}", needs=", ".join(missing), line=APT_LINE)


def _missing() -> list[str]:
    missing = [] if ctypes.util.find_library("zbar") else ["libzbar0"]
    if not zoneinfo.available_timezones():
        missing.append("tzdata")
    families = set(fonts().families())
    return missing + [f"{family} ({package})" for family, package in FONTS.items() if family not in families]
