"""Restores a back-up into an empty place: whole and verified, or not at all."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete

from cotrack import __version__
from cotrack.foundation.access.gateways import Passwords
from cotrack.foundation.access.models import SignInSession
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.checkpoint import NoCheckpoint, VerifierKey, read_note
from cotrack.foundation.audit.sealing import verifier_key_of
from cotrack.foundation.audit.verification.exported import Trusted
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.audit.verification.watching import Watch, unwatched
from cotrack.foundation.audit.witness import append_to_witness, witnessed
from cotrack.foundation.backup.gateways.files import new_file
from cotrack.foundation.backup.keyfile import put_keys, read_keyfile
from cotrack.foundation.backup.manifest import CHECKPOINTS, LABELS, SITE, Damaged
from cotrack.foundation.backup.service.copying import RESTORE
from cotrack.foundation.backup.service.placing import refuse_unless_empty, site_database, standing_on
from cotrack.foundation.backup.service.reading import BackUp, read_backup
from cotrack.foundation.backup.service.trying import Heads, faults_of_copy, known_heads, refuse_other_site
from cotrack.foundation.errors import InvalidInput, ReasonMissing
from cotrack.foundation.findings.service import keep_findings
from cotrack.foundation.keys import Keys, read_keys
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.site import Site, read_site
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.settings import Settings

Acting = Callable[[Runtime], AbstractContextManager[Actor]]
"""Gives who restores, once there is a database to sign in against."""


@dataclass(frozen=True)
class Asked:
    """What is restored, against what, and why where something is lost by it."""

    file: Path
    keys_file: Path | None = None
    checkpoint: str | None = None
    is_older_known: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Restored:
    """What was put back; `missing` counts the signed records that the back-up does not hold.

    `others` are the files of the site that are here already, stay, and say something else than the back-up's.
    """

    backup: BackUp
    missing: int
    keys: list[str]
    others: list[str]


def restore(settings: Settings, asked: Asked, acting: Acting, watch: Watch = unwatched) -> Restored:
    """Put a back-up into the site's empty database. Every step that may refuse comes before anything stays.

    Raises Damaged, InvalidInput where the place is not empty or the back-up is of another site or older than what was
    signed, PermissionDenied.
    """
    # 1. The file, from its first byte to its last.
    backup = read_backup(asked.file, watch)
    # 2. The place, before anybody waits for more.
    refuse_unless_empty(backup, settings)
    # 3. The keys and the site it belongs to.
    site, keys = _belongings(backup, settings, asked.keys_file)
    key = verifier_key_of(site, keys)
    _refuse_other_installation(backup, settings, key)
    # 4. Whatever was signed after it would be lost: nobody does that unknowingly.
    heads = known_heads(backup, settings.witness_file, key, *_held(asked, key))
    missing = _missing(backup, heads, asked)
    # 5. The copy, verified where it lies; it is taken away again unless all is well.
    with site_database(backup, settings) as url, standing_on(url, site, keys, settings) as ground:
        faults = faults_of_copy(ground, backup, heads, watch)
        if faults:
            raise Damaged(*faults)
        _end_sign_ins(ground)
        _record(_runtime(settings, ground), asked, acting, (backup, heads))
        _tell_every_page(ground, settings, asked)
        others = _others(backup, settings)
        written = _bring(backup, settings, asked.keys_file)
        _keep_held(settings, asked)
    return Restored(backup, missing, written, others)


def _belongings(backup: BackUp, settings: Settings, keys_file: Path | None) -> tuple[Site, Keys]:
    """Return the site and the keys: those of this machine, or what the back-up and the file of keys bring."""
    with TemporaryDirectory(prefix="cotrack-restore-") as folder:
        brought = Path(folder)
        if not settings.site_file.exists():
            backup.archive.extract(SITE, brought / SITE)
        if keys_file is not None:
            put_keys(read_keyfile(keys_file), brought / "keys")
        site = read_site(settings.site_file if settings.site_file.exists() else brought / SITE)
        return site, read_keys(brought / "keys" if keys_file else settings.keys_folder)


def _refuse_other_installation(backup: BackUp, settings: Settings, key: VerifierKey) -> None:
    refuse_other_site(backup.manifest, key)
    if backup.manifest.environment != settings.environment:
        raise InvalidInput(
            "This back-up is of a site for {theirs}, and COTRACK_ENVIRONMENT here is {ours}.",
            theirs=backup.manifest.environment,
            ours=settings.environment,
        )


def _held(asked: Asked, key: VerifierKey) -> list[str]:
    if asked.checkpoint is None:
        return []
    try:
        read_note(asked.checkpoint, key)
    except NoCheckpoint as fault:
        raise InvalidInput("Your checkpoint cannot be used: {fault}.", fault=fault) from None
    return [asked.checkpoint]


def _missing(backup: BackUp, heads: Heads, asked: Asked) -> int:
    """Return how many signed records the back-up lacks; refuse an older one that nobody says to know."""
    records = backup.manifest.records
    newest = heads.beyond(records)
    if not newest:
        return 0
    if not asked.is_older_known:
        raise InvalidInput(
            "This back-up is older than the trail: it has {records} records, and a checkpoint of {size} was signed. "
            "What was recorded since would be lost. Restore a newer back-up; if there is none, say "
            "--older-is-known --reason WHY.",
            records=records,
            size=newest,
        )
    if not asked.reason.strip():
        raise ReasonMissing("Say why an older back-up is restored: --reason WHY.")
    return newest - records


def _end_sign_ins(ground: Ground) -> None:
    """Nobody stays signed in through a restore: who has signed out or was disabled since must not come back so."""
    with ground.sessions.outside_trail() as session:
        session.execute(delete(SignInSession))


def _runtime(settings: Settings, ground: Ground) -> Runtime:
    passwords = Passwords(time_cost=settings.argon2_time_cost, memory_kib=settings.argon2_memory_kib)
    return Runtime(settings, ground, passwords)


def _record(runtime: Runtime, asked: Asked, acting: Acting, restored: tuple[BackUp, Heads]) -> None:
    """Write into the restored trail that it was restored, from what, and what was signed after it."""
    backup, heads = restored
    with acting(runtime) as actor, unit_of_work(runtime.ground, actor) as work:
        permission = "system:start" if actor.person_id is None else "backup:restore"
        work.record(RESTORE, f"backup:{backup.sha256}", permission=permission, reason=asked.reason)
        work.details.update(
            checkpoint=backup.manifest.checkpoint,
            created_at=backup.manifest.created_at,
            records=backup.manifest.records,
            signed_since=heads.beyond(backup.manifest.records),
            version=__version__,
        )


def _tell_every_page(ground: Ground, settings: Settings, asked: Asked) -> None:
    """Keep what `cotrack audit verify` will say of an older back-up from now on, so that QA has to acknowledge it."""
    trusted = Trusted(None, asked.checkpoint)
    keep_findings(ground, list(verify_live(Question(ground, settings.witness_file, trusted, is_quick=True))))


def _keep_held(settings: Settings, asked: Asked) -> None:
    """Keep a later head that only paper knew in the file of heads: what was lost is said ever after, not only once."""
    if asked.checkpoint is not None and asked.checkpoint not in witnessed(settings.witness_file):
        append_to_witness(settings.witness_file, asked.checkpoint)


def _files_of_site(backup: BackUp, settings: Settings) -> Mapping[str, Path]:
    """Return where the members stand that people of the site write: its definition, and its templates of labels."""
    templates = {name: settings.labels_folder / name.removeprefix(LABELS) for name in backup.manifest.templates}
    return {SITE: settings.site_file, **templates}


def _others(backup: BackUp, settings: Settings) -> list[str]:
    """Return the files that are here already and differ by more than how their lines end."""
    here = {name: path for name, path in _files_of_site(backup, settings).items() if path.exists()}
    return [
        name for name, path in here.items() if path.read_bytes().splitlines() != backup.archive.read(name).splitlines()
    ]


def _bring(backup: BackUp, settings: Settings, keys_file: Path | None) -> list[str]:
    """Write what this machine lacks: keys, site definition, its own templates, witnessed heads; what is here stays."""
    written = put_keys(read_keyfile(keys_file), settings.keys_folder) if keys_file else []
    settings.var_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, path in {**_files_of_site(backup, settings), CHECKPOINTS: settings.witness_file}.items():
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with new_file(path) as file:
                file.write(backup.archive.read(name))
    return written
