"""A database of every released schema migrates to today's, with its trail still whole."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.clusters import Cluster, program
from support.worlds import World, open_world

from cotrack.foundation.audit.models import AuditLeaf, AuditRecord
from cotrack.foundation.audit.sealing import Sealer, sign_checkpoint
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.keys import make_missing_keys
from cotrack.foundation.migrations import head, migrate, schema_now
from cotrack.foundation.resources import resource
from cotrack.labelling.service.keeping import documents_of
from cotrack.manufacture.models import Lot
from cotrack.release.models import Disposition
from cotrack.release.service.papers import lot_document

RELEASED = sorted((Path(__file__).parent.parent / "released").glob("*.tar.gz"))

NEVER_RELEASED_ALONE = {"0009", "0010", "0011", "0012", "0013", "0014", "0015", "0016", "0017", "0018", "0019", "0020"}
"""Schemas that came out together with the next one: no site ever stood at them."""


def unpacked(archive: Path, home: Path, cluster: Cluster) -> str:
    """Lay a released site out in a folder, as an administrator has it before an update; return its database."""
    with tarfile.open(archive) as files:
        files.extractall(home, filter="data")
    make_missing_keys(home / "keys")
    shutil.copy(resource("study/definitions/site.toml"), home / "site.toml")
    (home / "var").mkdir()
    if (home / "checkpoints").exists():
        (home / "checkpoints").rename(home / "var" / "checkpoints")
    if "sqlite" in archive.name:
        (home / "cotrack.db").rename(home / "var" / "cotrack.db")
        return ""
    url = cluster.create(f"released_{archive.name[:4]}")
    command = [
        program("psql"),
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--dbname",
        url,
        "--file",
        str(home / "cotrack.sql"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return url


def decided_before(world: World) -> list[str]:
    """Return the lots that were decided about before the update."""
    return list(world.read(lambda session: session.scalars(select(Lot.number).join(Disposition)).all()))


def test_every_released_schema_has_a_database_of_each_kind() -> None:
    names = {path.name.removesuffix(".tar.gz") for path in RELEASED}
    schemas = {name[:4] for name in names}
    assert schemas == {f"{number:04}" for number in range(1, int(head()))} - NEVER_RELEASED_ALONE
    assert names == {f"{schema}-{kind}" for schema in schemas for kind in ("sqlite", "postgresql")}


@pytest.mark.parametrize("archive", RELEASED, ids=lambda path: path.name.removesuffix(".tar.gz"))
def test_a_released_database_migrates_and_its_trail_is_whole(archive: Path, tmp_path: Path, cluster: Cluster) -> None:
    home = tmp_path / "home"
    home.mkdir()
    world = open_world(home, unpacked(archive, home, cluster))
    ground = world.runtime.ground
    assert schema_now(ground.sessions) == archive.name[:4]
    assert migrate(ground)
    assert schema_now(ground.sessions) == head()
    Sealer(ground.sessions).seal_all()
    sign_checkpoint(ground, world.settings.witness_file)
    leaves, records = world.read(
        lambda session: session.execute(
            select(
                select(func.count()).select_from(AuditLeaf).scalar_subquery(),
                select(func.count()).select_from(AuditRecord).scalar_subquery(),
            )
        ).one()
    )
    assert leaves == records > 30
    assert list(verify_live(Question(ground, world.settings.witness_file))) == []
    for lot in decided_before(world):
        # What was signed before documents were kept is handed out as of now, and kept nowhere.
        assert lot_document(ground, world.settings.witness_file, lot, "certificate").startswith(b"%PDF")
        assert world.read(lambda session, number=lot: documents_of(session, f"lot:{number}")) == []
    # The site definition of today asks for a self-test of each scanner before its scans count.
    world.cast.test_scanners()
    world.journey.released_lot("MSC26-0032")
    sign_checkpoint(ground, world.settings.witness_file)
    assert list(verify_live(Question(ground, world.settings.witness_file))) == []
    ground.sessions.engine.dispose()
