"""Judges what a record says: its canonical form, format version, id and instant (surface.md §4)."""

import json
import re
from collections import deque
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import rfc8785

FORMAT_VERSION: Final = 1
ANNOUNCES_OTHER_TIME: Final = "demonstration.load"
"""On a training site the demonstration tells its past after this record; anywhere else time goes on."""

MOST_OUT_OF_ORDER: Final = 10_000
SECONDS_OUT_OF_ORDER: Final = 120
"""Commands run at once, and a long one is sealed after a short one that began later: so far, and no further."""

OUTCOMES: Final = frozenset({"done", "refused", "mismatch"})
NEEDED: Final = frozenset(
    "v id at zone actor role station event subject reason changes outcome request".split()  # noqa: SIM905 (a list to read)
)
_INSTANT = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{6})Z")
_LONG_NUMBER = re.compile(rb"[:,\[]-?\d{16,}")
_FOUR_BYTES = re.compile(rb"[\xf0-\xf4]")


class LineJudge:
    """Judges records in tree order; it remembers the newest instant and the ids seen last."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self._newest_at = 0
        self._newest_id = 0
        self._seen: set[int] = set()
        self._order: deque[int] = deque()

    def judge(self, line: bytes) -> tuple[dict[str, Any] | None, list[str]]:
        """Return what a line says (None where it is no record) and every fault of it."""
        said = _read(line)
        if said is None:
            return None, ["is no JSON object, or holds a number with a fraction"]
        if said.get("v") != FORMAT_VERSION:
            return said, [f"has the format version {said.get('v')!r}; this program knows version {FORMAT_VERSION}"]
        faults = list(_faults_of_form(line, said))
        if not faults:
            faults = [*self._faults_of_id(said["id"]), *self._faults_of_instant(said)]
        return said, faults

    def _faults_of_id(self, record_id: int) -> Iterator[str]:
        if record_id in self._seen:
            yield f"has the id {record_id}, which another record has too"
        elif record_id < self._newest_id - MOST_OUT_OF_ORDER:
            yield f"has the id {record_id}, far behind {self._newest_id} before it"
        self._newest_id = max(self._newest_id, record_id)
        self._seen.add(record_id)
        self._order.append(record_id)
        if len(self._order) > MOST_OUT_OF_ORDER:
            self._seen.discard(self._order.popleft())

    def _faults_of_instant(self, said: dict[str, Any]) -> Iterator[str]:
        at = _seconds(said["at"])
        if at is None:
            yield f"is of the instant {said['at']!r}, which is none"
            return
        if said["event"] == ANNOUNCES_OTHER_TIME:
            self._newest_at = 0
            return
        if at < self._newest_at - SECONDS_OUT_OF_ORDER:
            behind = self._newest_at - at
            yield f"is of {said['at']}, {behind} s before a record that stands before it: a clock was set back"
        self._newest_at = max(self._newest_at, at)


def _refuse_fraction(text: str) -> None:
    raise ValueError(f"{text}: a record holds no number with a fraction")


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line, parse_float=_refuse_fraction)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _faults_of_form(line: bytes, said: dict[str, Any]) -> Iterator[str]:
    missing = NEEDED - said.keys()
    if missing:
        yield f"lacks {', '.join(sorted(missing))}"
    elif type(said["id"]) is not int or not isinstance(said["at"], str) or not isinstance(said["changes"], list):
        yield "has an id, an instant or changes of another type"
    elif said["outcome"] not in OUTCOMES:
        yield f"has the outcome {said['outcome']!r}"
    if not is_canonical(line, said):
        yield "is not in canonical form (RFC 8785)"


def is_canonical(line: bytes, said: Any) -> bool:
    """Whether a line is the one canonical spelling of what it says (RFC 8785).

    The fast writer spells like RFC 8785 but for numbers beyond 2^53 and for the order of keys with characters outside
    the first plane: where there may be any, the library decides. Numbers with fractions were refused when reading.
    """
    if not _LONG_NUMBER.search(line) and not _FOUR_BYTES.search(line):
        try:
            fast = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
            if fast.encode() == line:
                return True
        except (ValueError, UnicodeEncodeError):
            return False
    try:
        return rfc8785.dumps(said) == line
    except (ValueError, RecursionError):
        return False


def _seconds(at: str) -> int | None:
    """Return an instant as a number that grows with it by seconds; None where the text is no instant."""
    found = _INSTANT.fullmatch(at)
    if found is None:
        return None
    year, month, day, hour, minute, second, _ = map(int, found.groups())
    try:
        return (date(year, month, day).toordinal() * 24 + hour) * 3600 + minute * 60 + second
    except ValueError:
        return None
