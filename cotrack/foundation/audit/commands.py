"""Commands about the trail."""

import sys

import click

from cotrack.foundation.audit import service
from cotrack.foundation.terminal import FOUND_OR_REFUSED, Terminal, pass_terminal, plain_errors, progress


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
@pass_terminal
@plain_errors
def verify(terminal: Terminal) -> None:
    """Compare every record with itself and all of them with today's tables; exit 1 where they differ."""
    ground = terminal.runtime.ground
    with ground.sessions.reading() as session:
        faults = list(progress(service.verify(session, ground.secrets), "verifying"))
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(FOUND_OR_REFUSED)
    terminal.say("the trail and the tables agree")
