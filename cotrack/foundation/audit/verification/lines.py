"""Judges what a record says: its canonical form, format version, id and instant (surface.md §4)."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import rfc8785

FORMAT_VERSION: Final = 1
ANNOUNCES_OTHER_TIME: Final = "demonstration.load"
"""On a training site the demonstration tells its past after this record; anywhere else time goes on."""

MOST_OUT_OF_ORDER: Final = 10_000
SECONDS_OUT_OF_ORDER: Final = 120
"""Commands run at once, and a long one is sealed after a short one that began later: so far, and no further."""

BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
OUTCOMES: Final = frozenset({"done", "refused", "mismatch"})
NEEDED: Final = frozenset(
    "v id at zone actor role station event subject reason changes outcome request".split()  # noqa: SIM905 (a list to read)
)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")
_FOUR_BYTES = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
_SLACK = timedelta(seconds=SECONDS_OUT_OF_ORDER)


class LineJudge:
    """Judges records in tree order; it remembers the newest instant and the ids seen last."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self._newest_at = BEFORE_ALL
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
        if record_id < 1:
            yield f"has the id {record_id}: ids count from 1"
        elif record_id in self._seen:
            yield f"has the id {record_id}, which another record has too"
        elif record_id < self._newest_id - MOST_OUT_OF_ORDER:
            yield f"has the id {record_id}, far behind {self._newest_id} before it"
        self._newest_id = max(self._newest_id, record_id)
        self._seen.add(record_id)
        self._order.append(record_id)
        if len(self._order) > MOST_OUT_OF_ORDER:
            self._seen.discard(self._order.popleft())

    def _faults_of_instant(self, said: dict[str, Any]) -> Iterator[str]:
        at = _instant(said["at"])
        if at is None:
            yield f"is of the instant {said['at']!r}, which is none"
            return
        if said["event"] == ANNOUNCES_OTHER_TIME:
            self._newest_at = BEFORE_ALL
            return
        if self._newest_at - at > _SLACK:
            behind = (self._newest_at - at).total_seconds()
            yield f"is of {said['at']}, {behind:.0f} s before a record that stands before it: a clock was set back"
        self._newest_at = max(self._newest_at, at)


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) and not _has_fraction(said) else None


def _has_fraction(value: Any) -> bool:
    """Whether a number with a fraction stands anywhere: other programs would spell it in other ways."""
    if type(value) is dict:
        return any(_has_fraction(each) for each in value.values() if type(each) is not str)
    if type(value) is list:
        return any(_has_fraction(each) for each in value if type(each) is not str)
    return type(value) is float


def _faults_of_form(line: bytes, said: dict[str, Any]) -> Iterator[str]:
    if not said.keys() >= NEEDED:
        yield f"lacks {', '.join(sorted(NEEDED - said.keys()))}"
    elif type(said["id"]) is not int or not isinstance(said["at"], str) or not isinstance(said["changes"], list):
        yield "has an id, an instant or changes of another type"
    elif said["outcome"] not in OUTCOMES:
        yield f"has the outcome {said['outcome']!r}"
    if not is_canonical(line, said):
        yield "is not in canonical form (RFC 8785)"


def is_canonical(line: bytes, said: Any) -> bool:
    """Whether a line is the one canonical spelling of what it says (RFC 8785).

    The fast writer, which refuses unsafe numbers, spells like RFC 8785 but for the order of keys with characters
    outside the first plane: where there may be any, the library decides. Fractions were refused when reading.
    """
    try:
        if any(byte in line for byte in _FOUR_BYTES):
            return rfc8785.dumps(said) == line
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER) == line
    except (orjson.JSONEncodeError, ValueError, RecursionError):
        return False


def _instant(at: str) -> datetime | None:
    """Return an instant, None where the text is none in the one form of the trail."""
    if _INSTANT.fullmatch(at) is None:
        return None
    try:
        return datetime.fromisoformat(at)
    except ValueError:
        return None
