"""Checkpoints: the tree's head as a C2SP signed note, and the verifier key (surface.md §4). Pure.

A note is its text, an empty line, and one line a signature: `— <key name> <base64(key hash ‖ Ed25519 signature)>`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519: Final = b"\x01"
KEY_BYTES: Final = 32
HASH_BYTES: Final = 32
KEY_HASH_BYTES: Final = 4
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_KEY_NAME = re.compile(r"[^\s+]+")

Sign = Callable[[bytes], bytes]


class NoCheckpoint(ValueError):
    """A text is no checkpoint, or not one of this key; the message says what is wrong with it."""


@dataclass(frozen=True)
class Checkpoint:
    """The head of the tree at one size, under the name of the log."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class VerifierKey:
    """The public half of a log's key, with the name that its signatures carry."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """The four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_HASH_BYTES]

    @property
    def text(self) -> str:
        """`<key name>+<key hash in hex>+<base64(0x01 ‖ public key)>`."""
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


def is_key_name(name: str) -> bool:
    """Whether a name may stand in a note: without blanks and without `+`."""
    return _KEY_NAME.fullmatch(name) is not None


def read_vkey(text: str) -> VerifierKey:
    """Return the key that a text says; raises NoCheckpoint."""
    name, _, rest = text.strip().partition("+")
    said_hash, _, encoded = rest.partition("+")
    data = _decoded(encoded, "the verifier key")
    if not is_key_name(name) or data[:1] != ED25519 or len(data) != 1 + KEY_BYTES:
        raise NoCheckpoint("the verifier key is none: it must be NAME+HASH+KEY, the key Ed25519")
    key = VerifierKey(name, data[1:])
    if said_hash != key.key_hash.hex():
        raise NoCheckpoint("the verifier key is damaged: its hash does not fit")
    return key


def signed_note(checkpoint: Checkpoint, key: VerifierKey, sign: Sign) -> str:
    """Return the checkpoint as a signed note; the key's name is the origin."""
    signature = base64.b64encode(key.key_hash + sign(checkpoint.text.encode())).decode()
    return f"{checkpoint.text}\n— {key.name} {signature}\n"


def as_printed(text: str) -> str:
    """Return a note as it was signed, from paper: typed or copied it has lost its empty line, and its lines are broken.

    What is none comes back as it is, for `read_note` to say so.
    """
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    head, words = lines[:3], " ".join(lines[3:]).split()
    marks = [place for place, word in enumerate(words) if word == "—"]
    if len(head) < 3 or not marks or marks[0] != 0:
        return text
    parts = [words[begin:end] for begin, end in zip(marks, [*marks[1:], len(words)], strict=True)]
    signatures = [f"— {name} {''.join(rest)}" for _, name, *rest in (each for each in parts if len(each) > 2)]
    return "\n".join([*head, "", *signatures, ""])


def read_note(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint of a note that this key signed; raises NoCheckpoint saying what is wrong."""
    checkpoint, signatures = _parts(note)
    if checkpoint.origin != key.name:
        raise NoCheckpoint(f"the checkpoint is of the log {checkpoint.origin!r}, the key of {key.name!r}")
    mine = [
        each[KEY_HASH_BYTES:] for name, each in signatures if (name, each[:KEY_HASH_BYTES]) == (key.name, key.key_hash)
    ]
    if not mine:
        raise NoCheckpoint("the checkpoint was signed by another key")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(mine[0], checkpoint.text.encode())
    except InvalidSignature:
        raise NoCheckpoint("the signature does not fit the checkpoint") from None
    return checkpoint


def read_unsigned(note: str) -> Checkpoint:
    """Return what a note says, whoever signed it; raises NoCheckpoint where it has no such form."""
    return _parts(note)[0]


def _parts(note: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    text, gap, tail = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) < 3 or not tail.endswith("\n"):
        raise NoCheckpoint("this is no checkpoint: it must be three lines, an empty line and a signature")
    if not lines[0] or _SIZE.fullmatch(lines[1]) is None:
        raise NoCheckpoint("this is no checkpoint: its first lines must be the log's name and the size")
    head = _decoded(lines[2], "the checkpoint's root")
    if len(head) != HASH_BYTES or len(lines) > 3:
        raise NoCheckpoint("this is no checkpoint: its third and last line must be the root hash")
    return Checkpoint(lines[0], int(lines[1]), head), [_signature(line) for line in tail.splitlines()]


def _signature(line: str) -> tuple[str, bytes]:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _decoded(encoded, "a signature")
    if mark != "—" or not is_key_name(name) or len(data) <= KEY_HASH_BYTES:
        raise NoCheckpoint("a signature line must be a dash, the key's name and the signature")
    return name, data


def _decoded(text: str, what: str) -> bytes:
    """Decode standard base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoCheckpoint(f"{what} is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise NoCheckpoint(f"{what} is not base64 in its one spelling")
    return data
