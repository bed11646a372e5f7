"""A code is told from a forged one by the public key alone: no database, no site (docs/codes.md)."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.programs import Program
from support.worlds import World, make_home

from cotrack.labelling.rules.codes import Environment, make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service.scanning import key_id

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def made(key: Ed25519PrivateKey, environment: Environment = "T") -> str:
    return make_code(KINDS["bag"], environment, "7K3Q5M2XPT", 2, key_id=key_id(key), sign=key.sign)


def test_a_key_on_paper_tells_genuine_from_forged_where_there_is_no_database(world: World, tmp_path: Path) -> None:
    site = Program(world.home, world.settings.database_url)
    key = site.call("labels", "verify-key").out
    assert key.startswith(f"{world.runtime.ground.site.trail}/labels+")
    path = tmp_path / "labels.vkey"
    path.write_text(key)
    elsewhere = tmp_path / "elsewhere"
    make_home(elsewhere)
    away = Program(elsewhere)
    ours = world.runtime.ground.keys.label
    for environment, name in (("T", "training"), ("P", "production")):
        said = away.call("labels", "read", "]Q1" + made(ours, environment).lower(), "--key", str(path))
        assert (said.status, said.out) == (0, f"genuine: bag, {name}, entity 7K3Q5M2XPT, instance 2\n")
    for text, word in (
        (made(OTHER_KEY), "bad_signature"),
        (made(OTHER_KEY, "P"), "bad_signature"),
        (made(ours)[:-3], "damaged_code"),
        ("4006381333931", "unknown_code"),
        (" ", "not_scanned"),
    ):
        said = away.call("labels", "read", text, "--key", str(path))
        assert (said.status, said.out) == (1, "")
        assert said.err.endswith(f"({word})\n")
    path.write_text(key.replace("+", "-"))
    assert "the verifier key is none" in away.call("labels", "read", made(ours), "--key", str(path)).refusal
