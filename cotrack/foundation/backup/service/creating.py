"""Makes a back-up while the service runs and others write."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cotrack import __version__
from cotrack.foundation.acting import Actor
from cotrack.foundation.audit.sealing import TrailBroken, sign_checkpoint, verifier_key
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.backup import manifest as form
from cotrack.foundation.backup.archive import Content, length_of, sha256_of, write_archive
from cotrack.foundation.backup.gateways.files import new_file, refuse_overwriting
from cotrack.foundation.backup.keyfile import keyfile_bytes
from cotrack.foundation.backup.manifest import Manifest, Member
from cotrack.foundation.backup.service.copying import State, copy_database
from cotrack.foundation.db.columns import instant_text
from cotrack.foundation.own_templates import own_templates
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.unit_of_work import unit_of_work

EVENT: Final = "backup.create"
PERMISSION: Final = "backup:create"
UNATTENDED: Final = Actor(None, "system", "cotrack", ("system",), request="backup")


@dataclass(frozen=True)
class Wanted:
    """Where the back-up goes, and where the keys go, which are never in it."""

    file: Path
    keys_file: Path | None = None


@dataclass(frozen=True)
class Made:
    """What was written; `fault` is not empty where nothing could be signed, because the trail is broken."""

    sha256: str
    records: int
    fault: str


def create(runtime: Runtime, actor: Actor, wanted: Wanted, watch: Watch = unwatched) -> Made:
    """Write a back-up and its record; after a failure neither file is left.

    Raises PermissionDenied, InvalidInput where a file is there already, DatabaseUnavailable where it cannot be copied.
    """
    _refuse_stranger(runtime, actor, wanted)
    fault = _sign(runtime)
    with (
        new_file(wanted.file) as file,
        _keys_written(runtime, wanted.keys_file),
        TemporaryDirectory(prefix=f"{wanted.file.name}.part-", dir=wanted.file.parent) as folder,
    ):
        members, state = _members(runtime, Path(folder), watch)
        data = form.manifest_bytes(_manifest(runtime, state, members))
        signature = form.signature_of(data, runtime.ground.keys.trail.sign)
        sha256 = write_archive(file, {form.MANIFEST: data, form.SIGNATURE: signature, **members}, watch)
        _record(runtime, actor, sha256, wanted)
    return Made(sha256, state.records, fault)


def _refuse_stranger(runtime: Runtime, actor: Actor, wanted: Wanted) -> None:
    """Record the refusal of whoever may not; the keys are handed to a named person only."""
    if PERMISSION in actor.permissions and (wanted.keys_file is None or actor.person_id is not None):
        return
    with unit_of_work(runtime.ground, actor) as work:
        work.record(EVENT, "backup:new", permission=PERMISSION)
        _ = work.person_id


def _sign(runtime: Runtime) -> str:
    """Sign what is there now; a broken trail is said, and copied all the same: without copies more would be lost."""
    try:
        sign_checkpoint(runtime.ground, runtime.settings.witness_file)
    except TrailBroken as fault:
        return str(fault)
    return ""


@contextmanager
def _keys_written(runtime: Runtime, path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    refuse_overwriting(path)
    with new_file(path) as file:
        file.write(keyfile_bytes(runtime.settings.keys_folder, verifier_key(runtime.ground).text))
        yield


def _members(runtime: Runtime, folder: Path, watch: Watch) -> tuple[dict[str, Content], State]:
    """Gather what goes into the file. The witnessed heads come first: each of them then stands in the copy, too."""
    witness = runtime.settings.witness_file
    heads = witness.read_bytes() if witness.exists() else b""
    copied = folder / form.DATABASE
    state = copy_database(runtime.settings, runtime.ground.sessions, copied, watch)
    members: dict[str, Content] = {
        form.DATABASE: copied,
        form.SITE: runtime.ground.site.text.encode(),
        form.CHECKPOINTS: heads,
        **{f"{form.LABELS}{each.name}": each.read_bytes() for each in own_templates(runtime.settings.labels_folder)},
    }
    return members, state


def _manifest(runtime: Runtime, state: State, members: dict[str, Content]) -> Manifest:
    ground = runtime.ground
    return Manifest(
        program=__version__,
        schema=state.schema,
        environment=runtime.settings.environment,
        database="sqlite" if ground.sessions.file else "postgresql",
        created_at=instant_text(ground.sessions.clock()),
        trail=ground.site.trail,
        vkey=verifier_key(ground).text,
        checkpoint=state.checkpoint,
        records=state.records,
        lost=state.lost,
        members={name: Member(sha256_of(each), length_of(each)) for name, each in members.items()},
    )


def _record(runtime: Runtime, actor: Actor, sha256: str, wanted: Wanted) -> None:
    with unit_of_work(runtime.ground, actor) as work:
        work.record(EVENT, f"backup:{sha256}", permission=PERMISSION)
        work.details.update(file=wanted.file.name, with_keys=wanted.keys_file is not None)
