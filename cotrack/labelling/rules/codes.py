"""The payload of a label's code (surface.md §5, docs/codes.md): made once, read anywhere, forged nowhere.

CT1 B T 7K3Q5M2XPT AB A K7Q M SSS…   125 capital letters and digits
|   | | |          |  | |   | signature, Ed25519 in base32 (103)
|   | | |          |  | |   check character, mod 37-2 over all before it
|   | | |          |  | key id (3)
|   | | |          |  filler: A, or B where with A the check character would be `*`
|   | | |          instance (2, base32)
|   | | entity (10, random)
|   | environment: P production, T training
|   kind
prefix and format version
"""

import base64
import binascii
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from cotrack.labelling.rules.check_character import check_character
from cotrack.labelling.rules.kinds import BY_LETTER, LabelKind

PREFIX: Final = "CT1"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ENTITY_LENGTH: Final = 10
HEADER_LENGTH: Final = 22
SIGNATURE_LENGTH: Final = 103
CODE_LENGTH: Final = HEADER_LENGTH + SIGNATURE_LENGTH
MOST_INSTANCES: Final = len(LETTERS) ** 2 - 1
_SIGNED_AS: Final = b"cotrack label code\n"

Environment = Literal["P", "T"]
Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]
"""Takes key id, message and signature; answers whether a key of this site made it."""


@dataclass(frozen=True)
class Code:
    """What a genuine code of this site says. It names no person and no thing, only a label instance."""

    kind: LabelKind
    entity: str
    instance: int
    text: str


@dataclass(frozen=True)
class Misread:
    """Why a scanned string is no code of ours, as a code word of surface.md §3."""

    code: str


def make_code(kind: LabelKind, environment: Environment, entity: str, instance: int, *, key_id: str, sign: Sign) -> str:
    """Return the payload of a label instance; raises ValueError for an entity or instance that does not fit."""
    is_entity = len(entity) == ENTITY_LENGTH and all(letter in LETTERS for letter in entity)
    if not is_entity or not 0 < instance <= MOST_INSTANCES:
        raise ValueError(f"entity {entity!r}, instance {instance}: does not fit a code")
    high, low = divmod(instance, len(LETTERS))
    start = f"{PREFIX}{kind.letter}{environment}{entity}{LETTERS[high]}{LETTERS[low]}"
    body = f"{start}A{key_id}"
    if check_character(body) == "*":
        body = f"{start}B{key_id}"
    header = body + check_character(body)
    signature = base64.b32encode(sign(_SIGNED_AS + header.encode())).decode().rstrip("=")
    return header + signature


def clean_scan(text: str) -> str:
    """Undo what scanners and input methods do to a code: AIM prefix, full width, small letters, stray marks."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(each for each in plain if unicodedata.category(each) not in {"Cc", "Cf", "Zs"}).upper()
    return plain[3:] if plain.startswith("]") else plain


def read_code(text: str, *, environment: Environment, verify: Verify) -> Code | Misread:
    """Return what a scanned string says, or the code word of why not; never raises, whatever was scanned."""
    code = clean_scan(text)
    fault = _fault_of_shape(code)
    if fault:
        return Misread(fault)
    header = code[:HEADER_LENGTH]
    if header[4] != environment:
        return Misread("wrong_environment")
    signature = _signature(code[HEADER_LENGTH:])
    if signature is None or not verify(header[18:21], _SIGNED_AS + header.encode(), signature):
        return Misread("bad_signature")
    instance = LETTERS.index(header[15]) * len(LETTERS) + LETTERS.index(header[16])
    return Code(BY_LETTER[header[3]], header[5:15], instance, code)


def _fault_of_shape(code: str) -> str:
    """Return the code word of what is wrong before any signature is looked at; empty where nothing is."""
    if not code:
        return "not_scanned"
    if not code.startswith(PREFIX):
        return "unknown_code"
    if len(code) != CODE_LENGTH or not _is_whole(code[:HEADER_LENGTH]):
        return "damaged_code"
    return "" if code[3] in BY_LETTER else "unknown_code"


def _is_whole(header: str) -> bool:
    is_plain = header.isascii() and header.isalnum() and all(letter in LETTERS for letter in header[5:21])
    return is_plain and check_character(header[:-1]) == header[-1]


def _signature(text: str) -> bytes | None:
    """Decode the signature; only its one canonical spelling counts."""
    try:
        signature = base64.b32decode(text + "=")
    except (binascii.Error, ValueError):
        return None
    return signature if base64.b32encode(signature).decode().rstrip("=") == text else None
