"""Tries a back-up: restores it beside the real database and verifies there what `cotrack audit verify` would."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import NoCheckpoint, VerifierKey, read_note
from cotrack.foundation.audit.sealing import verifier_key
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.audit.witness import witnessed, witnessed_notes
from cotrack.foundation.backup.manifest import CHECKPOINTS, Damaged, Manifest
from cotrack.foundation.backup.service.copying import state_of
from cotrack.foundation.backup.service.placing import scratch, standing_on
from cotrack.foundation.backup.service.reading import BackUp, read_backup
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.migrations import migrate
from cotrack.foundation.runtime import Runtime

MOST_SAID: Final = 100


@dataclass(frozen=True)
class Heads:
    """Signed heads that are known beside the copy itself, by size."""

    notes: Sequence[tuple[int, str]]

    def up_to(self, records: int) -> list[str]:
        """Return those that the copy must agree with."""
        return [note for size, note in self.notes if size <= records]

    def beyond(self, records: int) -> int:
        """Return the size of the largest head that the copy does not reach; 0 where it reaches all."""
        return max((size for size, _ in self.notes if size > records), default=0)


def known_heads(backup: BackUp, witness: Path, key: VerifierKey, *held: str) -> Heads:
    """Gather the heads of the back-up, of the file beside the database, and those that somebody holds.

    What this key did not sign is no head of this trail; `cotrack audit verify` names it. Heads that an older back-up
    left behind when it was put back are of the branch that was lost then; the trail itself says so.
    """
    said = witnessed_notes(backup.archive.read(CHECKPOINTS).decode("utf-8", "replace"))
    signed = [found for note in (*said, *witnessed(witness), *held) for found in _signed(note, key)]
    return Heads([(size, note) for size, note in signed if not _is_lost(size, backup.manifest)])


def _is_lost(size: int, manifest: Manifest) -> bool:
    return any(records < size <= signed_since for records, signed_since in manifest.lost)


def _signed(note: str, key: VerifierKey) -> Iterator[tuple[int, str]]:
    try:
        yield read_note(note, key).size, note
    except NoCheckpoint:
        return


def refuse_other_site(manifest: Manifest, key: VerifierKey) -> None:
    """Raise InvalidInput where another key signed the back-up's trail: nothing in it could be believed here."""
    if manifest.vkey != key.text:
        raise InvalidInput(
            "This back-up was signed by the key {theirs}, and the key here is {ours}: "
            "it is of another site, or the keys here are not those it was made with.",
            theirs=manifest.vkey,
            ours=key.text,
        )


def faults_of_copy(ground: Ground, backup: BackUp, heads: Heads, watch: Watch) -> list[str]:
    """Return what is wrong with a copy that lies in a database now: its head, its trail, its tables, its guards."""
    faults = list(_other_head(ground, backup.manifest))
    # A copy of an older schema is judged as it will be used: after its migrations, which the trail follows.
    migrate(ground)
    with TemporaryDirectory(prefix="cotrack-heads-") as folder:
        held = Path(folder) / CHECKPOINTS
        held.write_text("".join(f"{note}\n" for note in heads.up_to(backup.manifest.records)), encoding="utf-8")
        found = verify_live(Question(ground, held, watch=watch))
        return [*faults, *islice(found, MOST_SAID)]


def _other_head(ground: Ground, manifest: Manifest) -> Iterator[str]:
    with ground.sessions.reading() as session:
        state = state_of(session)
    if (state.checkpoint, state.records, state.lost) != (manifest.checkpoint, manifest.records, manifest.lost):
        yield "the restored head is not the checkpoint of the manifest"


def try_backup(runtime: Runtime, path: Path, watch: Watch = unwatched) -> tuple[BackUp, int]:
    """Return a back-up that restores and verifies, and how many records were signed since; raises Damaged."""
    ground, settings = runtime.ground, runtime.settings
    backup = read_backup(path, watch)
    key = verifier_key(ground)
    refuse_other_site(backup.manifest, key)
    heads = known_heads(backup, settings.witness_file, key)
    with scratch(backup, settings) as url, standing_on(url, ground.site, ground.keys, settings) as copy:
        faults = faults_of_copy(copy, backup, heads, watch)
    if faults:
        raise Damaged(*faults)
    return backup, max(0, heads.beyond(backup.manifest.records) - backup.manifest.records)
