"""A back-up is tried before it is needed: every damage is named, and the real database is never touched."""

import random
import shutil

import pytest
from sqlalchemy import text
from support.backups import Site, flipped, forged, members_of, said_by, with_other_root
from support.clusters import Cluster
from support.programs import Said
from support.tampering import by_hand

from cotrack.foundation.audit.checkpoint import read_unsigned
from cotrack.foundation.audit.verification.watching import unwatched
from cotrack.foundation.backup.archive import write_archive
from cotrack.foundation.keys import make_missing_keys

FLIPS = 40
OF_A_READER = ("-shm", "-wal")
"""Ends of the names of files that SQLite keeps while somebody reads."""


def everything(site: Site) -> dict[str, bytes]:
    """What a look at a back-up must not change: every file of the installation, every record."""
    held = [path for path in site.world.home.rglob("*") if path.is_file() and not path.name.endswith(OF_A_READER)]
    files = {str(path): path.read_bytes() for path in held}
    with site.ground.sessions.engine.connect() as connection:
        count = connection.scalar(text("SELECT count(*) FROM audit_record"))
    return {**files, "records": str(count).encode()}


def test_a_whole_back_up_restores_beside_the_real_database_and_leaves_nothing_there(site: Site) -> None:
    path = site.backup()
    site.work()
    site.sign()
    before = everything(site)
    said = site.program.call("backup", "verify", str(path))
    assert said.status == 0, said
    records = said_by(path)["records"]
    assert f"{records} records; it restores to its checkpoint {records}, the trail is whole" in said.out
    assert said.out.splitlines()[1].endswith("records were signed since")
    assert everything(site) == before
    assert site.leftovers() == []


def test_a_flipped_bit_anywhere_is_named_and_nothing_changes(site: Site) -> None:
    path = site.backup()
    before = everything(site)
    chance = random.Random(20261125)  # noqa: S311 (any places will do, the same each time)
    size = path.stat().st_size
    starts = [0, 100, 130, 148, 257, 512, 600, 1535, size - 1025, size - 513, size - 1]
    for offset in [*starts, *(chance.randrange(size) for _ in range(FLIPS - len(starts)))]:
        damaged = flipped(path, offset, chance.randrange(8))
        said = site.program.call("backup", "verify", str(damaged))
        assert said.status == 1, offset
        assert any(word in said.err for word in ("byte", "database:", "manifest.json:", "site.toml:", "checkpoints:"))
        assert said.out == ""
        damaged.unlink()
    assert everything(site) == before
    assert site.leftovers() == []


def test_a_truncated_file_says_where_it_ends(site: Site) -> None:
    path = site.backup()
    half = path.stat().st_size // 2
    path.write_bytes(path.read_bytes()[:half])
    said = site.program.call("backup", "verify", str(path))
    assert (said.status, said.err) == (1, f"the file is cut off at byte {half}\n")


def test_a_back_up_of_a_future_format_is_named(site: Site) -> None:
    path = forged(site.backup(), site.ground, format_version=3)
    said = site.program.call("backup", "verify", str(path))
    assert said.status == 1
    assert said.err.startswith("manifest.json: has the format 3, and this program knows 1 and 2: a newer")


def rewritten(site: Site, members: dict[str, bytes]) -> Said:
    """Try a file that is spelled as ours and holds these members."""
    path = site.folder / "rewritten"
    with path.open("wb") as file:
        write_archive(file, members, unwatched)
    return site.program.call("backup", "verify", str(path))


def test_a_member_taken_out_put_in_or_exchanged_is_named(site: Site) -> None:
    members = members_of(site.backup())
    for name in members:
        said = rewritten(site, {each: content for each, content in members.items() if each != name})
        assert (said.status, said.err.partition(":")[0]) == (1, name)
    assert rewritten(site, {**members, "more": b""}).err == "more: does not belong into a back-up\n"
    exchanged = {**members, "site.toml": members["checkpoints"], "checkpoints": members["site.toml"]}
    assert [line.partition(":")[0] for line in rewritten(site, exchanged).err.splitlines()] == [
        "site.toml",
        "checkpoints",
    ]


def test_a_back_up_of_another_site_is_named(site: Site) -> None:
    path = site.backup()
    shutil.rmtree(site.world.settings.keys_folder)
    make_missing_keys(site.world.settings.keys_folder)
    said = site.program.call("backup", "verify", str(path))
    assert said.refusal.startswith("This back-up was signed by the key ")


def test_a_copy_of_a_database_that_was_altered_is_named(site: Site) -> None:
    site.work()
    site.sign()
    by_hand(site.world, "UPDATE lot SET status = 'released'")
    said = site.program.call("backup", "verify", str(site.backup()))
    assert (said.status, said.err) == (1, "lot:1 status: the trail says 'in_process', the table 'released'\n")


def test_a_copy_that_is_not_of_its_manifest_is_named(site: Site) -> None:
    older = site.backup("older")
    site.work()
    newer = site.backup("newer")
    swapped = forged(newer, site.ground, database=members_of(older)["database"])
    said = site.program.call("backup", "verify", str(swapped))
    assert said.status == 1
    assert "the restored head is not the checkpoint of the manifest" in said.err


def test_a_back_up_from_before_an_alteration_still_verifies(site: Site) -> None:
    site.sign()
    path = site.backup()
    by_hand(site.world, "UPDATE audit_record SET body = replace(body, 'zhao.l', 'zhao.x')")
    assert site.program.call("audit", "verify", "--quick").status == 1
    assert site.program.call("backup", "verify", str(path)).status == 0


def test_a_copy_that_contradicts_a_witnessed_head_is_named(site: Site) -> None:
    path = site.backup()
    head = read_unsigned(said_by(path)["checkpoint"])
    with_other_root(site, head)
    said = site.program.call("backup", "verify", str(path))
    assert said.status == 1
    assert f"another root was signed for the size {head.size}: the trail was rewritten" in said.err


def test_nobody_needs_to_be_named_to_try_one(site: Site) -> None:
    assert site.program.call("backup", "verify", str(site.backup()), COTRACK_BACKUP="").status == 0


def test_a_missing_file_is_a_wrong_use(site: Site) -> None:
    assert site.program.call("backup", "verify", str(site.folder / "none")).status == 2


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_role_that_may_make_no_database_is_told_what_to_do_and_can_be_given_one(site: Site) -> None:
    path = site.backup()
    cluster = site.cluster
    assert isinstance(cluster, Cluster)
    cluster.execute("CREATE ROLE modest LOGIN")
    scratch = f"cotrack_scratch_{site.other_database('given')}"
    url = site.world.settings.database_url.replace("cotrack@", "modest@", 1)
    try:
        said = site.program.call("backup", "verify", str(path), COTRACK_DATABASE_URL=url)
        assert said.refusal == (
            "The role modest may not make a scratch database. As PostgreSQL's administrator run "
            "`createdb --owner=modest cotrack_scratch`, then set COTRACK_SCRATCH_DATABASE_URL to that database."
        )
        cluster.execute(f"CREATE DATABASE {scratch} OWNER modest")
        given = cluster.url(scratch).replace("cotrack@", "modest@", 1)
        for _ in range(2):
            said = site.program.call(
                "backup", "verify", str(path), COTRACK_DATABASE_URL=url, COTRACK_SCRATCH_DATABASE_URL=given
            )
            assert said.status == 0, said
    finally:
        cluster.drop(scratch)
        cluster.execute("DROP ROLE modest")


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_scratch_database_that_is_not_called_one_is_never_emptied(site: Site) -> None:
    path = site.backup()
    said = site.program.call(
        "backup", "verify", str(path), COTRACK_SCRATCH_DATABASE_URL=site.world.settings.database_url
    )
    assert said.refusal.startswith("COTRACK_SCRATCH_DATABASE_URL must name a database called cotrack_scratch…")
    assert site.program.call("audit", "verify").status == 0


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_without_a_postgresql_of_its_own_a_site_is_told_how_to_give_one(site: Site) -> None:
    path = site.backup()
    sqlite = f"sqlite:///{site.world.home}/var/cotrack.db"
    said = site.program.call("backup", "verify", str(path), COTRACK_DATABASE_URL=sqlite)
    assert said.refusal.startswith("This back-up is of a PostgreSQL database, and this site has none to try it on")
