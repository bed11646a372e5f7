"""Kept documents made again: by the same versions they come out the same; a changed byte is found."""

from hashlib import sha256

import pytest
from support.papers import Labels, all_remade, conditionally, keep_all, labels, lot_waits_for_sterility
from support.programs import program_of
from support.stages import LOT
from support.tampering import by_hand
from support.worlds import World

from cotrack.foundation.audit.verification.live import Question, verify_live

__all__ = ["labels"]


def test_a_kept_document_made_again_by_the_same_versions_equals_it_in_another_process_too(world: World) -> None:
    lot_waits_for_sterility(world)
    conditionally(world, "urgent 🧬")
    keep_all(world)
    world.clock.pass_by(days=400)
    said = program_of(world).run("documents", "verify")
    assert said.status == 0, said.err
    line, record = said.out.splitlines()
    assert record.startswith(f"release-record {LOT}")
    assert record.endswith("made again, and equal")
    assert line.startswith(f"certificate {LOT} (lot.release_conditionally, 2026-11-23 04:00:00 UTC)")
    assert line.endswith("made again, and equal")


def test_bytes_that_do_not_have_their_hash_are_named_by_both_verifications(world: World) -> None:
    world.journey.released_lot(LOT)
    keep_all(world)
    by_hand(world, "UPDATE kept_document SET content = :content WHERE id = 1", content=b"%PDF-1.7 forged")
    said = program_of(world).call("documents", "verify")
    assert said.status == 1
    assert said.err.strip().endswith("the kept bytes do not have their hash")
    found = list(verify_live(Question(world.runtime.ground, world.settings.witness_file)))
    assert [each.split(":")[0] for each in found] == ["kept_document"]
    assert "content: the trail says 'sha256:" in found[0]


def test_bytes_forged_together_with_their_hash_differ_when_made_again(world: World) -> None:
    world.journey.released_lot(LOT)
    keep_all(world)
    forged = b"%PDF-1.7 forged"
    statement = "UPDATE kept_document SET content = :content, content_sha256 = :sha256 WHERE id = 1"
    by_hand(world, statement, content=forged, sha256=sha256(forged).hexdigest())
    found, other = all_remade(world)
    assert other.is_right
    assert (found.has_its_hash, found.is_right) == (True, False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("certificate-3", "certificate-9"), "template certificate-3, now certificate-9"),
        (("== 检验 Tests", "== Tests"), "template_sha256 "),
    ],
    ids=["another version", "another text of the same version"],
)
def test_other_versions_are_named_and_are_no_fault(
    world: World, labels: Labels, change: tuple[str, str], named: str
) -> None:
    world.journey.released_lot(LOT)
    keep_all(world)
    labels.changed("certificate", lambda text: text.replace(*change))
    found, other = all_remade(world)
    assert found.is_right
    assert other.other_versions == ()
    assert any(each.startswith(named) for each in found.other_versions)
