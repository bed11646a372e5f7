"""The header of a label's template: its kind, version, size, symbols and fields, and every fault in it by its line.

// kind: bag
// version: bag-2
// size: 100 x 50 mm
// symbol: qr 32mm
// fields: product number check …
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cotrack.foundation.written import says_autologous_only
from cotrack.labelling.rules.kinds import KINDS

Symbology = Literal["qr", "datamatrix"]

MODULES: Final[dict[str, int]] = {"qr": 45 + 2 * 4, "datamatrix": 36 + 2 * 2}
"""How many modules wide the symbol of a code of 125 characters is with its quiet zone: docs/codes.md says why."""
LEAST_MODULE_MM: Final = 0.25
"""Two dots of a printer of 203 dpi; reference/domain.md §2.1.7 asks for at least as much."""
EVERY_LABEL: Final = ("number", "check", "small", "training")
"""Fields of every label: what is keyed where the code cannot be read, which print it is, and what crosses it."""

_LINE = re.compile(r"// (kind|version|size|symbol|fields):(.*)")
_VERSION = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)+")
_SIZE = re.compile(r"(\d{1,3}) x (\d{1,3}) mm")
_SYMBOL = re.compile(r"(qr|datamatrix) (\d{1,2}(?:\.\d)?)mm")
_FIELD = re.compile(r"[a-z_]+")


@dataclass(frozen=True)
class HeaderFault:
    """What is wrong with a header, and in which line of the file; 1 where something is missing."""

    line: int
    words: str


@dataclass(frozen=True)
class Header:
    """What a template says of itself: size in mm, the side of each symbol at most in mm, its fields."""

    kind: str
    version: str
    size_mm: tuple[int, int]
    symbols: dict[Symbology, float]
    fields: frozenset[str]
    lines: dict[str, int]
    """Where each of them stands, for a fault that shows beside other templates only."""


def read_header(text: str) -> Header | list[HeaderFault]:
    """Return the header of a template, or every fault in it; no template says that a product is autologous."""
    found: dict[str, tuple[int, str]] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        said = _LINE.fullmatch(line)
        if says_autologous_only(line):
            faults.append(HeaderFault(number, "says “for autologous use only”: that is for a product's study to say"))
        if said is None:
            continue
        if said[1] in found:
            faults.append(HeaderFault(number, f"“{said[1]}” stands twice"))
        found.setdefault(said[1], (number, said[2].strip()))
    missing = [each for each in ("kind", "version", "size", "symbol", "fields") if each not in found]
    faults += [HeaderFault(1, f"the header lacks “{each}”") for each in missing]
    faults += [fault for name in found for fault in _against(name, *found[name])]
    return faults or _header(found)


def _header(found: dict[str, tuple[int, str]]) -> Header:
    size = _SIZE.fullmatch(found["size"][1])
    return Header(
        kind=found["kind"][1],
        version=found["version"][1],
        size_mm=(int(size[1]), int(size[2])) if size else (0, 0),
        symbols=dict(_symbols(found["symbol"][1])),
        fields=frozenset(found["fields"][1].split()),
        lines={name: line for name, (line, _) in found.items()},
    )


def _symbols(said: str) -> list[tuple[Symbology, float]]:
    parts = (_SYMBOL.fullmatch(each.strip()) for each in said.split(","))
    return [(part[1], float(part[2])) for part in parts if part]  # type: ignore[misc]  # the pattern names no other


def _against(name: str, line: int, said: str) -> list[HeaderFault]:
    against = {
        "kind": _against_kind,
        "version": _against_version,
        "size": _against_size,
        "symbol": _against_symbol,
        "fields": _against_fields,
    }
    return [HeaderFault(line, words) for words in against[name](said)]


def _against_kind(said: str) -> Sequence[str]:
    return () if said in KINDS else (f"there is no kind of label {said!r}",)


def _against_version(said: str) -> Sequence[str]:
    return () if _VERSION.fullmatch(said) else (f"version {said!r}: small letters, digits and a hyphen, as in bag-2",)


def _against_size(said: str) -> Sequence[str]:
    return () if _SIZE.fullmatch(said) else (f"size {said!r}: as in 100 x 50 mm",)


def _against_symbol(said: str) -> Sequence[str]:
    found = _symbols(said)
    if len(found) != len(said.split(",")) or len(dict(found)) != len(found):
        return (f"symbol {said!r}: as in qr 32mm, datamatrix 11mm, or both with a comma between",)
    return [
        f"symbol {name} {side:g}mm: its modules would be smaller than {LEAST_MODULE_MM} mm"
        for name, side in found
        if side / MODULES[name] < LEAST_MODULE_MM
    ]


def _against_fields(said: str) -> Sequence[str]:
    names = said.split()
    wrong = [f"{each!r} is no name of a field" for each in names if not _FIELD.fullmatch(each)]
    twice = [f"the field {each} stands twice" for each in sorted({each for each in names if names.count(each) > 1})]
    return [*wrong, *twice, *(f"every label has the field {each}" for each in EVERY_LABEL if each not in names)]


def against_beside(header: Header, original: Header, versions: Sequence[str]) -> list[HeaderFault]:
    """Return why a site's template does not stand beside the others of its kind.

    It prints the fields of the program's own template of that kind, neither more nor fewer, because nothing that a
    rule puts on a label may get lost; and no two templates have one version, because a label says by which it was made.
    """
    differing = sorted(header.fields ^ original.fields)
    faults = []
    if differing:
        words = f"the fields of {header.kind} are others: {', '.join(differing)}"
        faults.append(HeaderFault(header.lines["fields"], words))
    if header.version in versions:
        faults.append(HeaderFault(header.lines["version"], f"there is a version {header.version} already"))
    return faults
