"""What labels need of the machine: the library that reads codes, and the fonts that labels are set in."""

import ctypes.util
from functools import cache

import typst

FONTS = {"Noto Sans CJK SC": "fonts-noto-cjk", "JetBrains Mono": "fonts-jetbrains-mono"}
"""The families of all labels and documents, and the Debian package of each."""


@cache
def fonts() -> typst.Fonts:
    """Return the machine's fonts, searched once per process."""
    return typst.Fonts()


def missing_needs() -> list[str]:
    """Return what is not on this machine, each with what brings it."""
    missing = [] if ctypes.util.find_library("zbar") else ["libzbar0"]
    families = set(fonts().families())
    return missing + [f"{family} ({package})" for family, package in FONTS.items() if family not in families]
