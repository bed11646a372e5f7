"""Commands about study files."""

import sys
from pathlib import Path

import click

from cotrack.foundation.terminal import FOUND_OR_REFUSED, Terminal, pass_terminal, plain_errors
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.study import service

STUDY_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def study() -> None:
    """Study files: the protocol as data."""


@study.command("check")
@click.argument("file", type=STUDY_FILE)
@plain_errors
def check(file: Path) -> None:
    """Name every fault of FILE with its key, and what the sponsor has still to set."""
    definition, faults = service.check_study(service.read_study_file(file))
    for fault in faults:
        click.echo(f"{file}: {fault}", err=True)
    if definition is None:
        sys.exit(FOUND_OR_REFUSED)
    for key in sorted(definition.unset):
        click.echo(f"{key}: the sponsor has not set it; what needs it is blocked")
    click.echo(f"{file}: {definition.code} {definition.version} has no faults")


@study.command("load")
@click.argument("file", type=STUDY_FILE)
@pass_terminal
@plain_errors
def load(terminal: Terminal, file: Path) -> None:
    """Load FILE as a draft; it takes effect when QA and the principal investigator have signed it."""
    text = service.read_study_file(file)
    with unit_of_work(terminal.runtime.ground, terminal.actor()) as work:
        row = service.load(work, text)
        terminal.say(f"{row.code} {row.study_version} is a draft now ({row.sha256[:16]})")
