"""Reads a back-up from its first byte to its last: nothing is taken from one that is not what was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cotrack.foundation.audit.checkpoint import Checkpoint, read_unsigned
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.backup.archive import Archive, open_archive
from cotrack.foundation.backup.manifest import MANIFEST, SIGNATURE, Damaged, Manifest, read_manifest

MOST_MANIFEST_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class BackUp:
    """A file that is whole."""

    archive: Archive
    manifest: Manifest

    @property
    def sha256(self) -> str:
        """The hash of the whole file: the back-up's name in the trail."""
        return self.archive.sha256

    @property
    def head(self) -> Checkpoint:
        """The signed head that the copy holds."""
        return read_unsigned(self.manifest.checkpoint)


def read_backup(path: Path, watch: Watch = unwatched) -> BackUp:
    """Return what a file holds; raises Damaged naming every place that is not as it was written."""
    archive = open_archive(path, watch)
    for name in (MANIFEST, SIGNATURE):
        if name not in archive.members or archive.members[name].size > MOST_MANIFEST_BYTES:
            raise Damaged(f"{name}: is not there, so this is no back-up of cotrack")
    manifest = read_manifest(archive.read(MANIFEST), archive.read(SIGNATURE))
    faults = list(_faults(archive, manifest))
    if faults:
        raise Damaged(*faults)
    return BackUp(archive, manifest)


def _faults(archive: Archive, manifest: Manifest) -> Iterator[str]:
    found = {name: each for name, each in archive.members.items() if name not in {MANIFEST, SIGNATURE}}
    for name, wanted in manifest.members.items():
        member = found.pop(name, None)
        if member is None:
            yield f"{name}: is missing"
        elif (member.sha256, member.size) != (wanted.sha256, wanted.size):
            yield f"{name}: is not what the manifest says: it was altered or is damaged"
    yield from (f"{name}: does not belong into a back-up" for name in found)
