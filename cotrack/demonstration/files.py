"""The files that a reader of the README imports: laboratories' and a clinic's, moved to the day of loading."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from cotrack.foundation.resources import resource

NAMES: Final = ("qc-results.csv", "screening.csv")
EXTERNAL: Final = "external-laboratory.csv"
"""A file of a laboratory outside, in its own form and encoding."""
ENCODED: Final = {EXTERNAL: "gb18030"}
LAST_TESTED_ON: Final = date(2026, 11, 17)
"""The newest day in the laboratory's file as it ships; on the day of loading it is yesterday."""

LOTS: Final = {"MSC26-0031": date(2026, 10, 4), "MSC26-0032": date(2026, 10, 11), "MSC26-0033": date(2026, 10, 18)}
"""The lots of the laboratory's file, each with the day on which it was made."""

_DAY = re.compile(r"\b(\d{4})([-/])(\d{2})(?:\2(\d{2}))?\b(?!/)")


def moved_by(loaded_on: date) -> timedelta:
    """Return by how much the story of the files moves, so that it has just ended on this day."""
    return loaded_on - timedelta(days=1) - LAST_TESTED_ON


def lot_of(number: str, loaded_on: date) -> str:
    """Return a lot's number with the year of loading in place of 2026."""
    return number.replace("MSC26-", f"MSC{loaded_on:%y}-")


def write(folder: Path, loaded_on: date) -> list[Path]:
    """Write the files into the folder, with days and lot numbers as if they came today; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_one(folder / name, loaded_on) for name in (*NAMES, EXTERNAL)]


def are_written(folder: Path) -> bool:
    """Whether the two files are there that were written from the beginning."""
    return all((folder / name).is_file() for name in NAMES)


def remove(folder: Path) -> None:
    """Take the files away, where they are."""
    for name in (*NAMES, EXTERNAL):
        (folder / name).unlink(missing_ok=True)


def _write_one(path: Path, loaded_on: date) -> Path:
    path.write_bytes(text_of(path.name, loaded_on))
    return path


def text_of(name: str, loaded_on: date) -> bytes:
    """Return a file as it comes on this day, in the encoding of whoever sends it."""
    encoding = ENCODED.get(name, "utf-8")
    text = (resource("demonstration/files") / name).read_bytes().decode(encoding)
    return moved(lot_of(text, loaded_on), moved_by(loaded_on)).encode(encoding)


def moved(text: str, by: timedelta) -> str:
    """Return a file's text with every day, and every month said alone, moved."""

    def later(found: re.Match[str]) -> str:
        year, sign, month, day = found.groups()
        moved_day = date(int(year), int(month), int(day or 1)) + by
        return f"{moved_day:%Y{sign}%m{sign}%d}" if day else f"{moved_day:%Y{sign}%m}"

    return _DAY.sub(later, text)
