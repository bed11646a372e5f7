"""A manifest is read only where it is of this format and signed by the key that it names."""

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cotrack.foundation.audit.checkpoint import VerifierKey
from cotrack.foundation.backup.manifest import (
    Damaged,
    Manifest,
    Member,
    manifest_bytes,
    read_manifest,
    signature_of,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def vkey(key: Ed25519PrivateKey) -> str:
    return VerifierKey("site.example/trail", key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).text


MANIFEST = Manifest(
    program="0.1.0",
    schema="0001",
    environment="training",
    database="sqlite",
    created_at="2026-11-25T05:00:00.000000Z",
    trail="site.example/trail",
    vkey=vkey(KEY),
    checkpoint="…",
    records=7,
    lost=[[3, 5]],
    members={name: Member("0" * 64, 1) for name in ("database", "site.toml", "checkpoints")},
)


def changed(change: Callable[[dict[str, object]], object], key: Ed25519PrivateKey = KEY) -> tuple[bytes, bytes]:
    said = json.loads(manifest_bytes(MANIFEST))
    change(said)
    data = json.dumps(said).encode()
    return data, signature_of(data, key.sign)


def test_a_manifest_comes_back_as_it_was() -> None:
    data = manifest_bytes(MANIFEST)
    assert read_manifest(data, signature_of(data, KEY.sign)) == MANIFEST


def test_one_that_was_made_before_there_were_templates_is_read() -> None:
    data, signature = changed(lambda said: said.update(format=1))
    assert read_manifest(data, signature) == MANIFEST


@pytest.mark.parametrize("found", [3, 0, "1", None, 1.5])
def test_another_format_is_named_and_not_guessed_at(found: object) -> None:
    data, signature = changed(lambda said: said.update(format=found))
    with pytest.raises(
        Damaged, match=f"manifest.json: has the format {found!r}, and this program knows 1 and 2: a newer"
    ):
        read_manifest(data, signature)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"7", b"\xff"])
def test_what_is_no_manifest_is_named(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"manifest\.json: is damaged"):
        read_manifest(data, b"")


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(database="oracle"),
        lambda said: said.pop("lost"),
        lambda said: said.update(members={}),
        lambda said: said.update(members={"database": 1}),
        lambda said: said["members"].update(more={"sha256": "", "size": 0}),
        lambda said: said["members"].update({"labels/../bag.typ": {"sha256": "", "size": 0}}),
        lambda said: said.update(vkey="no key"),
        lambda said: said.update(vkey=vkey(OTHER)),
    ],
    ids=[
        "unknown database",
        "field missing",
        "no members",
        "no member",
        "member more",
        "a way out",
        "no key",
        "another key",
    ],
)
def test_a_manifest_of_another_shape_is_refused_even_where_it_is_signed(
    change: Callable[[dict[str, object]], object],
) -> None:
    with pytest.raises(Damaged, match=r"manifest\.json: is damaged"):
        read_manifest(*changed(change))


def test_a_changed_manifest_is_refused() -> None:
    data = manifest_bytes(MANIFEST)
    signature = signature_of(data, KEY.sign)
    with pytest.raises(Damaged, match="the signature does not fit"):
        read_manifest(data.replace(b'"records": 7', b'"records": 8'), signature)


def test_a_signature_under_a_manifest_stands_under_nothing_else_of_the_key() -> None:
    data = manifest_bytes(MANIFEST)
    with pytest.raises(Damaged, match="the signature does not fit"):
        read_manifest(data, KEY.sign(data))
