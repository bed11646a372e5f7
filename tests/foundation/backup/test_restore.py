"""A back-up is put into an empty place: whole and verified, or not at all."""

import shutil

import pytest
from sqlalchemy import func, select
from support.backups import (
    Site,
    as_administrator,
    flipped,
    forged,
    full_disk,
    is_empty,
    members_of,
    read,
    restore_record,
    said_by,
)

from cotrack.foundation.access.models import SignInSession
from cotrack.foundation.audit.models import AuditCheckpoint, AuditRecord
from cotrack.foundation.backup.archive import sha256_of
from cotrack.foundation.keys import NAMES, key_path, make_missing_keys


def test_another_machine_becomes_the_site_with_the_back_up_and_the_keys(site: Site) -> None:
    site.work()
    file, keys = site.with_keys()
    there = site.machine("there")
    said = there.call("backup", "restore", str(file), "--keys", str(keys))
    assert said.status == 0, said
    assert "the trail is whole, and the tables are what it says" in said.out
    assert f"put {len(NAMES)} keys in place: bring {keys} back under lock, apart from back-ups" in said.out
    for name in NAMES:
        assert key_path(there.home / "keys", name).stat().st_mode & 0o777 == 0o600
    assert (there.home / "site.toml").read_bytes() == site.world.settings.site_file.read_bytes()
    assert (there.home / "var/checkpoints").read_bytes() == members_of(file)["checkpoints"]
    assert there.call("audit", "verify").out == "the trail is whole, and the tables are what it says\n"
    assert said_by(file)["checkpoint"] in read(there, select(AuditCheckpoint.note))


def test_the_site_s_own_templates_of_labels_come_back_and_none_is_overwritten(site: Site) -> None:
    ours = site.world.settings.labels_folder
    ours.mkdir()
    (ours / "bed-sign.typ").write_text("// 床位\n", encoding="utf-8")
    (ours / "bag.typ").write_text("// ours\n", encoding="utf-8")
    file, keys = site.with_keys()
    assert set(members_of(file)) >= {"labels/bag.typ", "labels/bed-sign.typ"}
    there = site.machine("there")
    (there.home / "labels").mkdir()
    (there.home / "labels/bag.typ").write_text("// theirs\n", encoding="utf-8")
    said = there.call("backup", "restore", str(file), "--keys", str(keys))
    assert said.status == 0, said
    assert (
        f"labels/bag.typ here is not the back-up's and stays; the other one: tar xf {file} labels/bag.typ" in said.out
    )
    assert "site.toml here" not in said.out
    assert (there.home / "labels/bag.typ").read_text(encoding="utf-8") == "// theirs\n"
    assert (there.home / "labels/bed-sign.typ").read_bytes() == (ours / "bed-sign.typ").read_bytes()


def test_the_restored_trail_says_that_it_was_restored_and_from_what(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    assert there.call("backup", "restore", str(file), "--keys", str(keys)).status == 0
    record = restore_record(there)
    assert record["subject"] == f"backup:{sha256_of(file)}"
    assert (record["actor"], record["role"]) == ("system", "system")
    details = record["details"]
    assert isinstance(details, dict)
    assert details["checkpoint"] == said_by(file)["checkpoint"]
    assert details["signed_since"] == 0


def test_a_named_person_signs_in_against_the_restored_database(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    said = as_administrator(there, "backup", "restore", str(file), "--keys", str(keys))
    assert said.status == 0, said
    record = restore_record(there)
    assert (record["actor"], record["role"]) == ("root.a", "administrator")


@pytest.mark.parametrize(
    ("username", "password"), [("root.a", "wrong"), ("qian.m", "only for training"), ("nobody", "only for training")]
)
def test_a_person_who_may_not_restores_nothing(site: Site, username: str, password: str) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    words = ("--as", username, "backup", "restore", str(file), "--keys", str(keys))
    assert there.call(*words, COTRACK_PASSWORD=password).status == 1
    assert is_empty(there)
    assert there.call("backup", "restore", str(file), "--keys", str(keys)).status == 0


def test_nobody_stays_signed_in_through_a_restore(site: Site) -> None:
    door = site.world.runtime.door
    door.sign_in("zhou.n", "only for training", kind="browser", station="WARD-3A-1", request="")
    file, keys = site.with_keys()
    there = site.machine("there")
    assert there.call("backup", "restore", str(file), "--keys", str(keys)).status == 0
    assert read(there, select(func.count()).select_from(SignInSession)) == [0]


def test_a_place_that_holds_anything_is_refused_and_left_alone(site: Site) -> None:
    file = site.backup()
    site.sign()
    before = read(site.program, select(func.count()).select_from(AuditRecord))
    said = site.program.call("backup", "restore", str(file))
    assert "is restored into an empty" in said.refusal
    assert read(site.program, select(func.count()).select_from(AuditRecord)) == before
    assert site.program.call("audit", "verify").status == 0


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["cotrack.db-wal", "cotrack.db-journal"])
def test_what_is_left_of_another_sqlite_database_is_not_mixed_in(site: Site, name: str) -> None:
    file = site.backup()
    site.lose_database()
    left = site.world.settings.var_folder / name
    left.write_bytes(b"of another database")
    said = site.program.call("backup", "restore", str(file))
    assert said.refusal.startswith(f"{left} is there: a back-up is restored into an empty place only")
    left.unlink()
    (site.world.settings.var_folder / "cotrack.db").touch()
    assert site.program.call("backup", "restore", str(file)).status == 0


def test_a_damaged_back_up_is_put_nowhere(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    for offset in (600, file.stat().st_size // 2, file.stat().st_size - 3):
        said = there.call("backup", "restore", str(flipped(file, offset)), "--keys", str(keys))
        assert said.status == 1, offset
    assert is_empty(there)


def test_a_copy_whose_trail_does_not_verify_is_taken_away_again(site: Site) -> None:
    older_file = site.backup("older")
    site.work()
    file, keys = site.with_keys("newer")
    swapped = forged(file, site.ground, database=members_of(older_file)["database"])
    there = site.machine("there")
    said = there.call("backup", "restore", str(swapped), "--keys", str(keys))
    assert (said.status, said.err.splitlines()[0]) == (1, "the restored head is not the checkpoint of the manifest")
    assert is_empty(there)
    assert there.call("backup", "restore", str(file), "--keys", str(keys)).status == 0


def test_a_full_disk_while_restoring_leaves_the_place_empty(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    words = ("backup", "restore", str(file), "--keys", str(keys))
    said = there.run(*words, prefix=full_disk(said_by(file)["members"]["database"]["size"] // 2))
    assert said.status == 1
    assert len(said.err.splitlines()) == 1
    assert is_empty(there)
    assert there.call(*words).status == 0


def test_a_back_up_for_training_is_not_restored_into_production(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    said = there.call(
        *("backup", "restore", str(file), "--keys", str(keys)),
        COTRACK_ENVIRONMENT="production",
        COTRACK_ARGON2_TIME_COST="",
        COTRACK_ARGON2_MEMORY_KIB="",
    )
    assert said.refusal == "This back-up is of a site for training, and COTRACK_ENVIRONMENT here is production."


def test_a_back_up_is_not_restored_into_a_database_of_another_kind(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    other = "sqlite:///" + str(there.home / "x.db") if site.cluster else "postgresql://cotrack@127.0.0.1:1/none"
    said = there.call("backup", "restore", str(file), "--keys", str(keys), COTRACK_DATABASE_URL=other)
    assert said.refusal.startswith("This back-up is of a database of ")


def test_without_keys_a_machine_is_told_what_is_missing(site: Site) -> None:
    there = site.machine("there")
    said = there.call("backup", "restore", str(site.backup()))
    assert "is missing" in said.refusal
    assert is_empty(there)


def test_keys_of_another_site_and_damaged_keys_are_refused(site: Site) -> None:
    file, keys = site.with_keys()
    there = site.machine("there")
    make_missing_keys(there.home / "keys")
    assert there.call("backup", "restore", str(file)).refusal.startswith("This back-up was signed by the key ")
    said = there.call("backup", "restore", str(file), "--keys", str(keys))
    assert "is another key than the file's: move it away" in said.refusal
    shutil.rmtree(there.home / "keys")
    for offset in (20, 200, keys.stat().st_size - 10):
        said = there.call("backup", "restore", str(file), "--keys", str(flipped(keys, offset)))
        assert "is damaged, or no file of keys of this program" in said.refusal
    assert is_empty(there)


def test_the_site_definition_of_this_machine_stays_and_that_is_said(site: Site) -> None:
    file = site.backup()
    site.lose_database()
    changed = site.world.settings.site_file.read_text(encoding="utf-8") + "\n# moved\n"
    site.world.settings.site_file.write_text(changed, encoding="utf-8")
    said = site.program.call("backup", "restore", str(file))
    assert said.status == 0
    assert "site.toml here is not the back-up's and stays" in said.out
    assert site.world.settings.site_file.read_text(encoding="utf-8") == changed
