"""Back-ups for tests: a site that makes them, another machine to restore them on, and what a hand can do to one."""

import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import Checkpoint, signed_note
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.sealing import sign_checkpoint, verifier_key
from cotrack.foundation.audit.verification.watching import unwatched
from cotrack.foundation.audit.witness import append_to_witness
from cotrack.foundation.backup import manifest as form
from cotrack.foundation.backup.archive import sha256_of, write_archive
from cotrack.foundation.backup.service.reading import read_backup
from support.clusters import Cluster
from support.programs import Program, Said, program_of
from support.worlds import World, open_world


@dataclass
class Site:
    """A site with people and a history, whose back-ups are made unattended."""

    world: World
    program: Program
    folder: Path
    cluster: Cluster | None

    def backup(self, name: str = "a.backup", **variables: str) -> Path:
        """Make a back-up that must succeed."""
        path = self.folder / name
        said = self.program.call("backup", "create", str(path), **variables)
        assert said.status == 0, said
        return path

    def with_keys(self, name: str = "a.backup") -> tuple[Path, Path]:
        """Make a back-up, and a file of keys beside it, as the administrator."""
        file, keys = self.folder / name, self.folder / f"{name}.keys"
        said = as_administrator(self.program, "backup", "create", str(file), "--keys", str(keys))
        assert said.status == 0, said
        return file, keys

    def work(self, *lots: str) -> None:
        """Go on with the work, now: the command line goes by the wall clock, too."""
        self.world.clock.now = datetime.now(UTC)
        for number in lots or ("MSC26-0031",):
            self.world.journey.lot(number)

    def sign(self) -> str:
        """Sign what is there now, as the background work does every second."""
        return sign_checkpoint(self.ground, self.world.settings.witness_file)

    @property
    def ground(self) -> Ground:
        return self.world.runtime.ground

    def lose_database(self) -> None:
        """Lose the database, and put an empty one in its place."""
        self.ground.sessions.engine.dispose()
        if self.cluster is None:
            for path in self.world.settings.var_folder.glob("cotrack.db*"):
                path.unlink()
            return
        name = self.world.settings.database_url.rpartition("/")[2]
        self.cluster.drop(name)
        self.cluster.create(name)

    def machine(self, name: str) -> Program:
        """Return another machine: an empty home, and an empty database of the same kind."""
        home = self.folder / name
        home.mkdir()
        return Program(home, self.cluster.create(self.other_database(name)) if self.cluster else "")

    def other_database(self, name: str) -> str:
        """Return the name of a database beside this site's own."""
        return f"{self.world.settings.database_url.rpartition('/')[2]}_{name}"

    def leftovers(self) -> list[str]:
        """Return what back-ups have left behind where nothing should be: scratch databases, half-written files."""
        names = [path.name for path in self.folder.iterdir() if ".part" in path.name]
        if self.cluster is not None:
            names += [each for each in self.cluster.databases() if each.startswith("cotrack_scratch")]
        return names


def site_of(world: World, folder: Path, cluster: Cluster | None) -> Site:
    """Return a test's site, with a folder for its back-ups."""
    folder.mkdir()
    return Site(world, replace(program_of(world), more={"COTRACK_BACKUP": "unattended"}), folder, cluster)


def as_administrator(program: Program, *words: str, **variables: str) -> Said:
    """Run a command as the site's administrator."""
    return program.call("--as", "root.a", *words, COTRACK_PASSWORD="only for training", **variables)


def full_disk(most_bytes: int) -> tuple[str, ...]:
    """Return what to put before a command so that no file of its may grow beyond this, as on a disk that is full."""
    return ("sh", "-c", f'ulimit -f {most_bytes // 512}; exec "$@"', "sh")


def flipped(path: Path, offset: int, bit: int = 0) -> Path:
    """Return a copy of a file with one bit flipped."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    copy = path.with_name(f"flipped-{offset}-{bit}")
    copy.write_bytes(data)
    return copy


def members_of(path: Path) -> dict[str, bytes]:
    """Unpack a back-up as any other program does."""
    with tarfile.open(path) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def said_by(path: Path) -> dict[str, Any]:
    """Return the manifest of a back-up."""
    found: dict[str, Any] = json.loads(members_of(path)["manifest.json"])
    return found


def forged(path: Path, ground: Ground, *, format_version: int = form.FORMAT, **changed: bytes) -> Path:
    """Write a back-up anew with other members, hashed and signed with the site's own key as its owner could."""
    backup = read_backup(path)
    members: Mapping[str, bytes] = {
        name: changed.get(name, backup.archive.read(name)) for name in backup.manifest.members
    }
    said = replace(
        backup.manifest,
        members={name: form.Member(sha256_of(each), len(each)) for name, each in members.items()},
    )
    data = form.manifest_bytes(said).replace(
        f'"format": {form.FORMAT}'.encode(), f'"format": {format_version}'.encode()
    )
    signature = form.signature_of(data, ground.keys.trail.sign)
    target = path.with_name(f"forged-{path.name}")
    with target.open("wb") as file:
        write_archive(file, {form.MANIFEST: data, form.SIGNATURE: signature, **members}, unwatched)
    return target


def with_other_root(site: Site, head: Checkpoint) -> None:
    """Let the file of witnessed heads say that another trail of this size was signed."""
    other = replace(head, root=b"r" * 32)
    key = site.ground.keys.trail
    append_to_witness(site.world.settings.witness_file, signed_note(other, verifier_key(site.ground), key.sign))


def restore_record(program: Program) -> dict[str, object]:
    """Return the one record that says that a trail was restored."""
    (body,) = read(program, select(AuditRecord.body).where(AuditRecord.event == "system.restore"))
    found: dict[str, object] = json.loads(body)
    return found


def read(program: Program, statement: object) -> list[object]:
    """Return the first column of what a statement finds at an installation."""
    world = open_world(program.home, program.database_url)
    found = world.read(lambda session: list(session.scalars(statement)))
    world.runtime.ground.sessions.engine.dispose()
    return list(found)


def is_empty(program: Program) -> bool:
    """Whether a later restore would still find an empty place, and no file of an earlier try."""
    said = program.call("audit", "verify")
    left = [path.name for path in (program.home / "var").glob("*") if path.name != "writer.lock"]
    return said.status == 1 and left == [] and not (program.home / "keys").exists()
