"""Commands about back-ups."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cotrack.foundation.acting import Actor
from cotrack.foundation.audit.checkpoint import as_printed
from cotrack.foundation.backup.manifest import Damaged
from cotrack.foundation.backup.service.creating import UNATTENDED, Wanted
from cotrack.foundation.backup.service.creating import create as create_backup
from cotrack.foundation.backup.service.restoring import Asked, Restored
from cotrack.foundation.backup.service.restoring import restore as restore_backup
from cotrack.foundation.backup.service.trying import try_backup
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors, progress
from cotrack.settings import read_settings

_NEW = click.Path(dir_okay=False, path_type=Path)
_OLD = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.group()
def backup() -> None:
    """Back-ups: one file with a copy of the database, and the signed head that it must restore to."""


def _named_damage(command: Callable[..., None]) -> Callable[..., None]:
    """End a command with every place of a back-up that is not what was written."""

    @wraps(command)
    def run(terminal: Terminal, *arguments: Any, **options: Any) -> None:
        try:
            command(terminal, *arguments, **options)
        except Damaged as damaged:
            terminal.end_with(damaged.faults)

    return run


@backup.command("create")
@click.argument("file", type=_NEW)
@click.option("--keys", "keys_file", type=_NEW, help="Also write the keys, into a file of their own.")
@pass_terminal
@plain_errors
def create(terminal: Terminal, file: Path, keys_file: Path | None) -> None:
    """Write a back-up into FILE while the service runs."""
    runtime = terminal.runtime
    is_unattended = runtime.settings.is_backup_unattended and not terminal.as_user
    actor = UNATTENDED if is_unattended else terminal.actor()
    made = create_backup(runtime, actor, Wanted(file, keys_file), progress)
    terminal.say(f"wrote {file}: {made.records} records; SHA-256 {made.sha256}; keep it on another machine")
    if keys_file:
        terminal.say(
            f"wrote {keys_file}: who holds it and a back-up reads every name and signs as this site; "
            "keep it under lock, apart from the back-ups"
        )
    if made.fault:
        terminal.end_with([f"the back-up was written, but nothing was signed: {made.fault}"])


@backup.command("verify")
@click.argument("file", type=_OLD)
@pass_terminal
@plain_errors
@_named_damage
def verify(terminal: Terminal, file: Path) -> None:
    """Restore FILE beside the real database, verify it there, and remove it again; exit 1 where anything is wrong."""
    found, since = try_backup(terminal.unmigrated, file, progress)
    terminal.say(
        f"{file} is whole: of {found.manifest.created_at}, {found.manifest.records} records; it restores to its "
        f"checkpoint {found.head.size}, the trail is whole, and the tables are what it says"
    )
    if since:
        terminal.say(f"{since} records were signed since")


@backup.command("restore")
@click.argument("file", type=_OLD)
@click.option("--keys", "keys_file", type=_OLD, help="The file of keys, where this machine has none.")
@click.option("--checkpoint", type=_OLD, help="A later checkpoint that you hold: from paper, or from another machine.")
@click.option("--older-is-known", "is_older_known", is_flag=True, help="Restore although records are lost by it.")
@click.option("--reason", default="", help="Why records are lost.")
@pass_terminal
@plain_errors
@_named_damage
def restore(terminal: Terminal, checkpoint: Path | None, **options: Any) -> None:
    """Restore FILE into an empty place, whole and verified, or not at all."""
    asked = Asked(checkpoint=_text(checkpoint), **options)
    restored = restore_backup(read_settings(os.environ), asked, _acting(terminal), progress)
    for line in _told(restored, asked):
        terminal.say(line)
    if restored.missing:
        click.echo(
            f"RECORDS ARE LOST: {restored.missing} records were signed after this back-up and are not in it. "
            "`cotrack audit verify` keeps saying so, and every page until QA acknowledges it.",
            err=True,
        )


def _text(path: Path | None) -> str | None:
    try:
        return as_printed(path.read_text(encoding="utf-8")) if path else None
    except UnicodeDecodeError:
        raise InvalidInput("{path} is no text, so it is no checkpoint.", path=path) from None


def _acting(terminal: Terminal) -> Callable[[Runtime], Any]:
    """Who restores signs in against the restored database; without a name it is the installation's own act."""

    @contextmanager
    def acting(runtime: Runtime) -> Iterator[Actor]:
        if not terminal.as_user:
            yield SYSTEM
            return
        restored = Terminal(lambda: runtime, terminal.as_user)
        try:
            yield restored.actor()
        finally:
            restored.close()

    return acting


def _told(restored: Restored, asked: Asked) -> Iterator[str]:
    manifest = restored.backup.manifest
    yield (
        f"restored {asked.file}: of {manifest.created_at}, {manifest.records} records; "
        "the trail is whole, and the tables are what it says"
    )
    if restored.keys:
        yield f"put {len(restored.keys)} keys in place: bring {asked.keys_file} back under lock, apart from back-ups"
    for name in restored.others:
        yield f"{name} here is not the back-up's and stays; the other one: tar xf {asked.file} {name}"
