"""The canonical form of one audit record (surface.md §4): RFC 8785 JSON, the leaf of the tree."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import rfc8785

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db.columns import instant_text

FORMAT_VERSION = 1
MOST_BYTES = 16 * 1024 * 1024
GREATEST_INTEGER = 2**53 - 1

Change = Mapping[str, Any]
"""One column of one row: `row` (`table:id`), `column`, `old`, `new`."""


@dataclass(frozen=True)
class Intention:
    """What a command set out to do, to what, and why: stated before anything is decided."""

    event: str
    subject: str
    reason: str = ""
    role: str = ""


@dataclass(frozen=True)
class Entry:
    """Everything a record holds but its id, which is drawn as the last thing before commit."""

    at: datetime
    zone: str
    actor: str
    printed_name: str
    station: str
    request: str
    intention: Intention
    outcome: str
    changes: Sequence[Change] = ()
    blockers: Sequence[Blocker] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def body(entry: Entry, record_id: int) -> str:
    """Return the record as canonical JSON text; raises ValueError above 16 MB."""
    intention = entry.intention
    content: dict[str, Any] = {
        "v": FORMAT_VERSION,
        "id": record_id,
        "at": instant_text(entry.at),
        "zone": entry.zone,
        "actor": entry.actor,
        "printed_name": entry.printed_name,
        "role": intention.role,
        "station": entry.station,
        "event": intention.event,
        "subject": intention.subject,
        "reason": intention.reason,
        "outcome": entry.outcome,
        "request": entry.request,
        "changes": [dict(change) for change in entry.changes],
    }
    if entry.blockers:
        content["blockers"] = [{"code": each.code, "detail": each.sentence} for each in entry.blockers]
    if entry.details:
        content["details"] = dict(entry.details)
    text = canonical_as_it_is(content) or canonical(_writable(content))
    if len(text) > MOST_BYTES or (not text.isascii() and len(text.encode()) > MOST_BYTES):
        raise ValueError("an audit record is at most 16 MB")
    return text


def canonical_as_it_is(content: dict[str, Any]) -> str:
    """Return canonical JSON of content that is writable as it is, else nothing: one look at the whole, not each value.

    Every part of a text in composed form is in composed form, and what a text escapes composes with nothing before it.
    """
    try:
        text = _ENCODER.encode(content)
    except (TypeError, ValueError):
        return ""
    return "" if _LOOK_CLOSER.search(text) or not unicodedata.is_normalized("NFC", text) else text


def canonical(content: Any) -> str:
    """Return canonical JSON (RFC 8785) of writable content.

    Python's own writer, which is ten times as fast as the library's, spells the same wherever keys sort the same by
    code points as by UTF-16, and `_writable` lets no other number through than a safe whole one.
    """
    text = _ENCODER.encode(content)
    is_same = _SORTS_OTHERWISE.search(text) is None or _has_plain_keys(content)
    return text if is_same else rfc8785.dumps(content).decode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_SORTS_OTHERWISE = re.compile("[\ud800-\U0010ffff]")
_LOOK_CLOSER = re.compile(r'[\ud800-\U0010ffff]|\\u0000|(?:":|[,\[])-?\d+(?:[.eE]|\d{15})')
"""What sorts otherwise, NUL, and what may be a number that is not whole or too great."""


def _has_plain_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() for key in value) and all(map(_has_plain_keys, value.values()))
    return all(map(_has_plain_keys, value)) if isinstance(value, list) else True


def _writable(value: Any) -> Any:
    """Return the value with text in composed form and without what JSON or PostgreSQL cannot hold."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else writable_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -GREATEST_INTEGER <= value <= GREATEST_INTEGER:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _writable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(item) for item in value]
    # What is left other programs would read differently, or not at all.
    raise ValueError(f"a record holds no {type(value).__name__}: {value!r:.40}")


def writable_text(text: str) -> str:
    """Replace NUL and lone surrogates, which only a refused request can bring here, and compose the rest (NFC)."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
    return unicodedata.normalize("NFC", whole)
