"""A back-up is made while the service runs: by whom, what is in it, what never is, and what a failure leaves."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from support.backups import Site, as_administrator, full_disk, members_of, said_by
from support.clusters import program
from support.tampering import by_hand

from cotrack.foundation.audit.checkpoint import read_unsigned
from cotrack.foundation.audit.models import AuditCheckpoint, AuditRecord
from cotrack.foundation.backup.archive import sha256_of
from cotrack.foundation.keys import NAMES, key_path
from cotrack.foundation.migrations import head


def newest_of(site: Site, event: str) -> dict[str, object]:
    with site.ground.sessions.reading() as session:
        body = session.scalar(
            select(AuditRecord.body).where(AuditRecord.event == event).order_by(AuditRecord.id.desc()).limit(1)
        )
    return json.loads(body) if body else {}


def test_a_back_up_says_of_which_site_it_is_and_holds_the_head_that_was_just_signed(site: Site) -> None:
    path = site.backup()
    said, members = said_by(path), members_of(path)
    with site.ground.sessions.reading() as session:
        signed = list(session.scalars(select(AuditCheckpoint.note).order_by(AuditCheckpoint.id)))
    assert said["checkpoint"] == signed[-1]
    assert int(signed[-1].split("\n")[1]) == said["records"]
    assert said["trail"] == site.ground.site.trail
    assert said["vkey"].startswith(said["trail"])
    assert said["database"] == site.ground.sessions.engine.dialect.name
    assert said["schema"] == head()
    assert members["site.toml"] == site.world.settings.site_file.read_bytes()
    assert members["checkpoints"] == site.world.settings.witness_file.read_bytes()
    assert {name: each["sha256"] for name, each in said["members"].items()} == {
        name: sha256_of(members[name]) for name in ("database", "site.toml", "checkpoints")
    }


def test_a_back_up_is_for_its_owner_alone_and_nothing_is_left_beside_it(site: Site) -> None:
    path = site.backup()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in site.folder.iterdir()] == [path.name]


def test_the_trail_names_each_back_up_by_the_hash_of_its_file(site: Site) -> None:
    path = site.backup()
    record = newest_of(site, "backup.create")
    assert record["subject"] == f"backup:{sha256_of(path)}"
    assert (record["actor"], record["role"]) == ("system", "system")
    assert record["details"] == {"file": path.name, "with_keys": False}


def test_nothing_is_overwritten(site: Site) -> None:
    path = site.backup()
    before = path.read_bytes()
    said = site.program.call("backup", "create", str(path))
    assert said.refusal == f"{path} is there already, and nothing is overwritten: choose another name."
    keys = site.folder / "keys"
    keys.write_text("mine")
    said = as_administrator(site.program, "backup", "create", str(site.folder / "b"), "--keys", str(keys))
    assert said.refusal.startswith(f"{keys} is there already")
    assert path.read_bytes() == before
    assert sorted(each.name for each in site.folder.iterdir()) == sorted([path.name, keys.name])


def test_one_that_was_cut_off_is_named_and_not_written_into(site: Site) -> None:
    part = site.folder / "a.backup.part"
    part.write_bytes(b"half")
    said = site.program.call("backup", "create", str(site.folder / "a.backup"))
    assert said.refusal.startswith(f"{part} is there: another back-up is being written, or one was cut off")
    assert part.read_bytes() == b"half"


def test_a_back_up_holds_no_key(site: Site) -> None:
    path, keys_file = site.with_keys()
    members = members_of(path)
    for name in NAMES:
        text = key_path(site.world.settings.keys_folder, name).read_text().strip()
        assert text in keys_file.read_text()
        for content in (path.read_bytes(), *members.values()):
            assert text.encode() not in content
            assert bytes.fromhex(text) not in content
    assert keys_file.stat().st_mode & 0o777 == 0o600
    assert newest_of(site, "backup.create")["details"] == {"file": path.name, "with_keys": True}


def test_both_files_say_where_to_keep_them(site: Site) -> None:
    said = as_administrator(
        site.program, "backup", "create", str(site.folder / "a"), "--keys", str(site.folder / "keys")
    )
    assert "keep it on another machine" in said.out
    assert "keep it under lock, apart from the back-ups" in said.out


def test_the_keys_are_written_for_a_named_person_only(site: Site) -> None:
    said = site.program.call("backup", "create", str(site.folder / "a"), "--keys", str(site.folder / "keys"))
    assert said.refusal == "This needs a person."
    assert list(site.folder.iterdir()) == []
    record = newest_of(site, "backup.create")
    assert (record["outcome"], record["actor"]) == ("refused", "system")


def test_who_acts_is_named_unless_the_unit_says_that_nobody_watches(site: Site) -> None:
    said = site.program.call("backup", "create", str(site.folder / "a"), COTRACK_BACKUP="")
    assert said.status == 2
    assert "say who acts" in said.err
    assert list(site.folder.iterdir()) == []


@pytest.mark.parametrize("username", ["qian.m", "shen.i", "prof.han"])
def test_whoever_is_not_granted_gets_no_copy_and_is_recorded(site: Site, username: str) -> None:
    said = site.program.call(
        "--as", username, "backup", "create", str(site.folder / "a"), COTRACK_PASSWORD="only for training"
    )
    assert said.refusal == "Your role does not include “backup:create”."
    assert list(site.folder.iterdir()) == []
    assert not site.world.settings.witness_file.exists(), "nothing is begun for a stranger"
    record = newest_of(site, "backup.create")
    assert (record["outcome"], record["actor"]) == ("refused", username)


def test_a_named_administrator_needs_no_unit_and_is_recorded(site: Site) -> None:
    said = as_administrator(site.program, "backup", "create", str(site.folder / "a"), COTRACK_BACKUP="")
    assert said.status == 0, said
    record = newest_of(site, "backup.create")
    assert (record["actor"], record["role"]) == ("root.a", "administrator")


def test_a_broken_trail_is_copied_all_the_same_and_said(site: Site) -> None:
    site.sign()
    by_hand(site.world, "UPDATE audit_leaf SET hash = (SELECT hash FROM audit_leaf WHERE id = 1) WHERE id = 3")
    site.work()
    path = site.folder / "a"
    said = site.program.call("backup", "create", str(path))
    assert said.status == 1
    assert said.err.startswith("the back-up was written, but nothing was signed: The trail does not continue")
    assert site.program.call("backup", "verify", str(path)).status == 1


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_what_is_written_while_pg_dump_starts_is_in_neither_copy_nor_manifest_nor_heads(
    site: Site, tmp_path: Path
) -> None:
    """A pg_dump that waits before it begins: the snapshot was taken already."""
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    slow = tmp_path / "bin" / "pg_dump"
    slow.parent.mkdir()
    real = program("pg_dump")
    slow.write_text(f'#!/bin/sh\ntouch {begun}\nwhile [ ! -e {go_on} ]; do sleep 0.05; done\nexec {real} "$@"\n')
    slow.chmod(0o755)
    path = site.folder / "a"
    search = f"{slow.parent}:{os.environ['PATH']}"
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(site.program.run, "backup", "create", str(path), PATH=search)
        while not begun.exists() and not making.done():
            time.sleep(0.05)
        site.work()
        later = site.sign()
        go_on.touch()
        assert making.result().status == 0, making.result()
    assert later.encode() not in members_of(path)["checkpoints"]
    assert said_by(path)["records"] < read_unsigned(later).size
    verified = site.program.call("backup", "verify", str(path))
    assert verified.status == 0, verified


@pytest.mark.parametrize("part", [0.5, 1.0], ids=["while the database is copied", "while the file is written"])
def test_a_full_disk_leaves_no_file_and_no_record(site: Site, part: float) -> None:
    first = site.backup()
    size = said_by(first)["members"]["database"]["size"]
    said = site.program.run("backup", "create", str(site.folder / "full"), prefix=full_disk(int(size * part)))
    assert said.status == 1
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("cotrack: ")
    assert [each.name for each in site.folder.iterdir()] == [first.name]
    assert newest_of(site, "backup.create")["subject"] == f"backup:{sha256_of(first)}"


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            'echo "pg_dump: error: server version: 18; pg_dump version: 15" >&2; exit 1',
            "server version: 18; pg_",
        ),
        ("kill -9 $$", "it was stopped (Killed)"),
        ("exit 7", "it was stopped (7)"),
    ],
    ids=["says why", "was killed", "says nothing"],
)
def test_a_program_of_postgresql_that_fails_is_named_and_leaves_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, act: str, words: str
) -> None:
    failing = tmp_path / "bin" / "pg_dump"
    failing.parent.mkdir()
    failing.write_text(f"#!/bin/sh\n{act}\n")
    failing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{failing.parent}:{os.environ['PATH']}")
    said = site.program.call("backup", "create", str(site.folder / "a"))
    assert said.refusal.startswith(f"pg_dump failed: {words}")
    assert list(site.folder.iterdir()) == []


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_missing_program_of_postgresql_is_named_with_its_apt_line(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("cotrack.foundation.backup.gateways.postgresql._DEBIAN", tmp_path)
    said = site.program.call("backup", "create", str(site.folder / "a"))
    assert said.refusal == "pg_dump is not on this machine. Run: apt-get install --yes postgresql-client"
    assert list(site.folder.iterdir()) == []
