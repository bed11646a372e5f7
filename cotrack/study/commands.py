"""Commands about study files."""

from pathlib import Path

import click

from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.study import service

STUDY_FILE = click.Path(path_type=Path)


@click.group()
def study() -> None:
    """Study files: the protocol as data."""


@study.command("check")
@click.argument("file", type=STUDY_FILE)
@pass_terminal
@plain_errors
def check(terminal: Terminal, file: Path) -> None:
    """Name every fault of FILE with its key, and what the sponsor has still to set."""
    definition, faults = service.check_study(service.read_study_file(file))
    name = click.format_filename(file)
    if definition is None:
        terminal.end_with([f"{name}: {fault}" for fault in faults])
    for key in sorted(definition.unset):
        terminal.say(f"{key}: the sponsor has not set it; what needs it is blocked")
    terminal.say(f"{name}: {definition.code} {definition.version} has no faults")


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
