"""Commands about the trail."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import NoCheckpoint, as_printed, read_note, read_unsigned, read_vkey
from cotrack.foundation.audit.exporting import export as export_trail
from cotrack.foundation.audit.exporting import record_export
from cotrack.foundation.audit.sealing import verifier_key
from cotrack.foundation.audit.verification.exported import Trusted, verify_export
from cotrack.foundation.audit.verification.live import HELD, Question, verify_live
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.findings.service import keep_findings
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors, progress

MOST_SAID = 100
"""A trail that was altered in one place is often altered everywhere after it: so many lines say enough."""


@click.group()
def audit() -> None:
    """The audit trail."""


_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@audit.command("verify")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path), required=False)
@click.option("--checkpoint", type=_FILE, help="A checkpoint that you hold: from paper, or from another machine.")
@click.option("--vkey", type=_FILE, help="The verifier key, from elsewhere.")
@click.option("--quick", "is_quick", is_flag=True, help="Hashes, tree and signatures alone.")
@pass_terminal
@plain_errors
def verify(
    terminal: Terminal, folder: Path | None, *, checkpoint: Path | None, vkey: Path | None, is_quick: bool
) -> None:
    """Verify the trail of this site, or of an export in FOLDER by its files alone; exit 1 where anything is wrong."""
    trusted = _trusted(checkpoint, vkey)
    faults = _of_export(folder, trusted, is_quick) if folder else _of_site(terminal, trusted, is_quick)
    if faults:
        terminal.end_with(faults)
    terminal.say("the trail is whole" if folder or is_quick else "the trail is whole, and the tables are what it says")


def _trusted(checkpoint: Path | None, vkey: Path | None) -> Trusted:
    try:
        key = read_vkey(vkey.read_text(encoding="utf-8")) if vkey else None
    except (NoCheckpoint, UnicodeDecodeError) as fault:
        raise InvalidInput("{path}: {fault}.", path=vkey, fault=fault) from None
    return Trusted(key, _held(checkpoint) if checkpoint else None)


def _held(path: Path) -> str:
    """Return the note that a person holds; one that is none is the command's fault, and no finding about the trail."""
    try:
        note = as_printed(path.read_text(encoding="utf-8"))
        read_unsigned(note)
    except (NoCheckpoint, UnicodeDecodeError) as fault:
        raise InvalidInput("{path}: {fault}.", path=path, fault=fault) from None
    return note


def _of_export(folder: Path, trusted: Trusted, is_quick: bool) -> list[str]:  # noqa: FBT001 (passed on)
    if trusted.key is None:
        click.echo("The export's own key is trusted: bring one from elsewhere with --vkey.", err=True)
    return _found(verify_export(folder, trusted, is_quick=is_quick, watch=progress))


def _of_site(terminal: Terminal, trusted: Trusted, is_quick: bool) -> list[str]:  # noqa: FBT001 (passed on)
    runtime = terminal.runtime
    question = Question(runtime.ground, runtime.settings.witness_file, trusted, is_quick, progress)
    found = _found(verify_live(question))
    mistyped = _mistyped(runtime.ground, trusted)
    keep_findings(runtime.ground, [each for each in found if each != mistyped])
    return found


def _mistyped(ground: Ground, trusted: Trusted) -> str:
    """Return the fault of a note that nobody signed: it is told to who typed it, and raises no alarm on any page.

    A note that was signed and contradicts the trail is a finding like any other.
    """
    if trusted.note is None:
        return ""
    try:
        read_note(trusted.note, trusted.key or verifier_key(ground))
    except NoCheckpoint as fault:
        return f"{HELD}: {fault}"
    return ""


def _found(faults: Iterator[str]) -> list[str]:
    return list(islice(faults, MOST_SAID))


@audit.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@pass_terminal
@plain_errors
def export(terminal: Terminal, folder: Path) -> None:
    """Write the trail into FOLDER, for other people's tools to verify; who acts needs the right to read it."""
    runtime = terminal.runtime
    record_export(runtime.ground, terminal.actor())
    sizes = export_trail(runtime.ground, folder, witness=runtime.settings.witness_file)
    written = max(progress(sizes, "exporting"), default=0)
    terminal.say(f"wrote {written} records into {folder}")
