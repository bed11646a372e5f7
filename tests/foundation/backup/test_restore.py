"""A back-up is put into an empty place: whole and verified, or not at all; an older one is said loudly."""

import json
import shutil

import pytest
from sqlalchemy import func, select
from support.backups import Site, as_administrator, flipped, forged, full_disk, members_of, said_by, with_other_root
from support.programs import Program, Said
from support.worlds import open_world

from cotrack.foundation.access.models import SignInSession
from cotrack.foundation.audit.checkpoint import read_unsigned
from cotrack.foundation.audit.models import AuditCheckpoint, AuditRecord
from cotrack.foundation.backup.archive import sha256_of
from cotrack.foundation.findings.models import TrailFinding
from cotrack.foundation.findings.service import open_findings
from cotrack.foundation.keys import NAMES, key_path, make_missing_keys

KNOWN = ("--older-is-known", "--reason", "the disk broke at noon")


def restore_record(program: Program) -> dict[str, object]:
    (body,) = read(program, select(AuditRecord.body).where(AuditRecord.event == "system.restore"))
    found: dict[str, object] = json.loads(body)
    return found


def read(program: Program, statement: object) -> list[object]:
    world = open_world(program.home, program.database_url)
    found = world.read(lambda session: list(session.scalars(statement)))
    world.runtime.ground.sessions.engine.dispose()
    return list(found)


def is_empty(program: Program) -> bool:
    """Whether a later restore would still find an empty place, and no file of an earlier try."""
    said = program.call("audit", "verify")
    left = [path.name for path in (program.home / "var").glob("*") if path.name != "writer.lock"]
    return said.status == 1 and left == [] and not (program.home / "keys").exists()


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
    said = site.program.call("backup", "restore", str(file), *KNOWN)
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
