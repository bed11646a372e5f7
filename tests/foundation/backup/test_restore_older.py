"""Restoring an older back-up loses what was signed since: never unknowingly, and never quietly."""

import pytest
from sqlalchemy import select
from support.backups import Site, is_empty, read, restore_record, said_by, with_other_root
from support.programs import Said

from cotrack.foundation.audit.checkpoint import read_unsigned
from cotrack.foundation.findings.models import TrailFinding
from cotrack.foundation.findings.service import open_findings

KNOWN = ("--older-is-known", "--reason", "the disk broke at noon")


def older(site: Site) -> tuple[Said, int]:
    """Try to restore a back-up after which more was signed; return what was said, and how many records that was."""
    file = site.backup()
    site.work()
    newest = int(site.sign().split("\n")[1])
    site.lose_database()
    missing = newest - int(said_by(file)["records"])
    assert missing > 0
    return site.program.call("backup", "restore", str(file)), missing


def test_an_older_back_up_is_not_put_back_unknowingly(site: Site) -> None:
    said, _ = older(site)
    assert said.refusal.startswith("This back-up is older than the trail: it has ")
    assert site.program.call("audit", "verify").status == 1
    assert site.program.call("backup", "restore", str(site.folder / "a.backup"), "--older-is-known").refusal == (
        "Say why an older back-up is restored: --reason WHY."
    )


def test_an_older_back_up_put_back_is_said_loudly_recorded_and_said_again_until_acknowledged(site: Site) -> None:
    _, missing = older(site)
    said = site.program.call("backup", "restore", str(site.folder / "a.backup"), *KNOWN)
    assert said.status == 0, said
    assert said.err.startswith(f"RECORDS ARE LOST: {missing} records were signed after this back-up")
    record = restore_record(site.program)
    assert record["reason"] == KNOWN[-1]
    verified = site.program.call("audit", "verify")
    assert verified.status == 1
    assert "an older back-up was put back" in verified.err or "has another root than the records" in verified.err
    assert len(open_in(site)) > 0


def open_in(site: Site) -> list[str]:
    with site.ground.sessions.reading() as session:
        return [each.sentence for each in open_findings(session)]


def test_after_an_older_back_up_was_put_back_new_back_ups_restore_as_before(site: Site) -> None:
    older(site)
    assert site.program.call("backup", "restore", str(site.folder / "a.backup"), *KNOWN).status == 0
    site.work("MSC26-0041", "MSC26-0042")
    site.sign()
    file = site.backup("later")
    assert said_by(file)["lost"] != []
    verified = site.program.call("backup", "verify", str(file))
    assert verified.status == 0, verified
    site.lose_database()
    said = site.program.call("backup", "restore", str(file))
    assert said.status == 0, said


def test_a_later_checkpoint_from_paper_tells_an_older_back_up_where_the_machine_has_lost_everything(site: Site) -> None:
    file, keys = site.with_keys()
    site.work()
    paper = site.folder / "paper"
    paper.write_text(site.sign(), encoding="utf-8")
    there = site.machine("there")
    words = ("backup", "restore", str(file), "--keys", str(keys), "--checkpoint", str(paper))
    assert there.call(*words).refusal.startswith("This back-up is older than the trail")
    assert is_empty(there)
    said = there.call(*words, *KNOWN)
    assert (said.status, said.err[:16]) == (0, "RECORDS ARE LOST")
    assert len(read(there, select(TrailFinding.sentence))) > 0
    for _ in range(2):
        assert there.call("audit", "verify").status == 1


def test_an_older_checkpoint_changes_nothing(site: Site) -> None:
    paper = site.folder / "paper"
    paper.write_text(site.sign(), encoding="utf-8")
    site.work()
    file = site.backup()
    site.lose_database()
    assert site.program.call("backup", "restore", str(file), "--checkpoint", str(paper)).status == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"site\n12\nAAAA\n\n\xe2\x80\x94 site AAAA\n"])
def test_a_checkpoint_that_is_none_is_named(site: Site, content: bytes) -> None:
    paper = site.folder / "paper"
    paper.write_bytes(content)
    file = site.backup()
    site.lose_database()
    said = site.program.call("backup", "restore", str(file), "--checkpoint", str(paper))
    assert said.refusal.startswith(("Your checkpoint cannot be used: ", f"{paper} is no text"))


def test_a_trail_that_was_rewritten_before_the_copy_contradicts_the_witnessed_heads(site: Site) -> None:
    site.sign()
    site.work()
    file = site.backup()
    with_other_root(site, read_unsigned(said_by(file)["checkpoint"]))
    site.lose_database()
    said = site.program.call("backup", "restore", str(file))
    assert said.status == 1
    assert "the trail was rewritten" in said.err
