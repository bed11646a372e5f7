"""Finds files that ship with cotrack: inside the installed package, else beside it in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """Return the folder or file `name` (`migrations`, `labels`); raises FileNotFoundError where there is none."""
    for place in (PACKAGE / name, PACKAGE.parent / name):
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} is neither inside nor beside {PACKAGE}")
