"""Checkpoints as C2SP signed notes: written to the letter, and read only where nothing was changed."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from cotrack.foundation.audit.checkpoint import (
    Checkpoint,
    NoCheckpoint,
    VerifierKey,
    is_key_name,
    read_note,
    read_unsigned,
    read_vkey,
    signed_note,
)

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
KEY = VerifierKey("example.org/trail", PUBLIC)
HEAD = Checkpoint("example.org/trail", 46, hashlib.sha256(b"root").digest())
NOTE = signed_note(HEAD, KEY, PRIVATE.sign)


def test_a_note_is_written_to_the_letter() -> None:
    lines = NOTE.split("\n")
    assert lines[:4] == ["example.org/trail", "46", base64.b64encode(HEAD.root).decode(), ""]
    assert lines[4].startswith("— example.org/trail ")
    assert lines[5:] == [""]
    signature = base64.b64decode(lines[4].rpartition(" ")[2])
    expected = hashlib.sha256(b"example.org/trail\n\x01" + PUBLIC).digest()[:4]
    assert (signature[:4], len(signature)) == (expected, 68)


def test_a_verifier_key_reads_back() -> None:
    assert KEY.text.startswith(f"example.org/trail+{KEY.key_hash.hex()}+AQ")
    assert read_vkey(KEY.text + "\n") == KEY


def test_a_signed_note_reads_back() -> None:
    assert read_note(NOTE, KEY) == HEAD == read_unsigned(NOTE)


@given(st.integers(0, len(NOTE) - 1), st.characters(exclude_categories=["Cs"]))
def test_no_changed_note_is_taken_for_the_signed_one(place: int, letter: str) -> None:
    changed = NOTE[:place] + letter + NOTE[place + 1 :]
    if changed == NOTE:
        return
    with pytest.raises(NoCheckpoint):
        read_note(changed, KEY)


@given(st.text(max_size=200))
def test_whatever_is_read_is_a_checkpoint_or_refused(text: str) -> None:
    for read in (read_unsigned, read_vkey):
        try:
            read(text)
        except NoCheckpoint:
            continue


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda note: note.replace("\n46\n", "\n046\n"), "first lines"),
        (lambda note: note.replace("\n46\n", "\n47\n"), "signature does not fit"),
        (lambda note: note.replace("example.org/trail\n46", "other.org/trail\n46"), "of the log 'other.org/trail'"),
        (lambda note: note.replace("\n\n", "\nmore\n\n"), "third and last line"),
        (lambda note: note.rstrip("\n"), "three lines"),
        (lambda note: note.replace("— ", "- "), "signature line"),
        (lambda note: note.partition("\n\n")[0], "three lines"),
    ],
)
def test_what_is_wrong_with_a_note_is_said(change: object, named: str) -> None:
    with pytest.raises(NoCheckpoint, match=named):
        read_note(change(NOTE), KEY)  # type: ignore[operator]


def test_a_note_of_another_key_of_the_same_name_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    public = other.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    note = signed_note(HEAD, VerifierKey(KEY.name, public), other.sign)
    with pytest.raises(NoCheckpoint, match="another key"):
        read_note(note, KEY)


def test_a_second_signature_of_somebody_else_does_no_harm() -> None:
    other = base64.b64encode(b"abcd" + bytes(64)).decode()
    assert read_note(NOTE + f"— witness.example {other}\n", KEY) == HEAD


@pytest.mark.parametrize(
    "text", ["", "a+b", KEY.text.replace("+AQ", "+Ag"), KEY.text.replace(KEY.key_hash.hex(), "0" * 8)]
)
def test_a_damaged_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoCheckpoint):
        read_vkey(text)


def test_a_name_with_blanks_or_a_plus_is_none() -> None:
    assert [is_key_name(name) for name in ("a.org/x", "a b", "a+b", "", "a\n")] == [True, False, False, False, False]
