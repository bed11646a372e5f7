"""Writes and reads messages of the Internet Printing Protocol (RFC 8010): attributes in groups, collections in them."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

OPERATION_GROUP: Final = 0x01
JOB_GROUP: Final = 0x02
_END: Final = 0x03
_DELIMITERS: Final = range(0x10)
INTEGER, ENUM, BOOLEAN, KEYWORD = 0x21, 0x23, 0x22, 0x44
URI, CHARSET, LANGUAGE, MIME, NAME = 0x45, 0x47, 0x48, 0x49, 0x42
_BEGIN_COLLECTION, _END_COLLECTION, _MEMBER = 0x34, 0x37, 0x4A
_NUMBERS: Final = {INTEGER, ENUM}

Attribute = tuple[int, str, Any]
"""Value tag, name and value; the value of a collection is a mapping of member name to integer or such a mapping."""
Attributes = Mapping[str, Sequence[Any]]


def message(operation: int, groups: Sequence[tuple[int, Sequence[Attribute]]]) -> bytes:
    """Return a request of version 2.0; what is printed follows it as it is."""
    parts = [struct.pack(">BBHI", 2, 0, operation, 1)]
    for group, attributes in groups:
        parts.append(bytes((group,)))
        parts += [_attribute(*each) for each in attributes]
    return b"".join(parts) + bytes((_END,))


def collection(name: str, members: Mapping[str, Any]) -> bytes:
    """Return a collection attribute (RFC 8010 §3.1.6): whole numbers and collections of them."""
    parts = [_field(_BEGIN_COLLECTION, name, b"")]
    for member, value in members.items():
        parts.append(_field(_MEMBER, "", member.encode()))
        parts.append(
            collection("", value) if isinstance(value, Mapping) else _field(INTEGER, "", struct.pack(">i", value))
        )
    return b"".join(parts) + _field(_END_COLLECTION, "", b"")


def _attribute(tag: int, name: str, value: Any) -> bytes:
    if isinstance(value, Mapping):
        return collection(name, value)
    if isinstance(value, list):
        first, *others = value
        return _attribute(tag, name, first) + b"".join(_attribute(tag, "", each) for each in others)
    return _field(tag, name, struct.pack(">i", value) if tag in _NUMBERS else str(value).encode())


def _field(tag: int, name: str, value: bytes) -> bytes:
    named = name.encode()
    return struct.pack(">BH", tag, len(named)) + named + struct.pack(">H", len(value)) + value


def read_answer(answer: bytes) -> tuple[int, Attributes]:
    """Return the status code and all attributes by name, whatever their group; collections are left out.

    Raises ValueError where the bytes are no answer.
    """
    try:
        return _read(answer)
    except (struct.error, IndexError) as fault:
        raise ValueError(f"no answer of a printer: {fault}") from None


def _read(answer: bytes) -> tuple[int, Attributes]:
    _, _, status, _ = struct.unpack(">BBHI", answer[:8])
    found: dict[str, list[Any]] = {}
    at, name, depth = 8, "", 0
    while answer[at] != _END:
        if answer[at] in _DELIMITERS:
            at += 1
            continue
        tag, own_name, value, at = _next(answer, at)
        name = own_name or name
        depth += (tag == _BEGIN_COLLECTION) - (tag == _END_COLLECTION)
        if not depth and tag not in {_END_COLLECTION, _MEMBER}:
            found.setdefault(name, []).append(_value(tag, value))
    return status, found


def _next(answer: bytes, at: int) -> tuple[int, str, bytes, int]:
    tag, length = struct.unpack(">BH", answer[at : at + 3])
    name, at = answer[at + 3 : at + 3 + length], at + 3 + length
    (size,) = struct.unpack(">H", answer[at : at + 2])
    value = answer[at + 2 : at + 2 + size]
    return tag, name.decode("utf-8", "replace"), value, at + 2 + size


def _value(tag: int, value: bytes) -> Any:
    if tag in _NUMBERS:
        return struct.unpack(">i", value)[0]
    if tag == BOOLEAN:
        return value == b"\x01"
    return value.decode("utf-8", "replace")
