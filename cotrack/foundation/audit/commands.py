"""Commands about the trail."""

import click

from cotrack.foundation.audit import service
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors, progress


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
        faults = list(service.verify(session, ground.secrets, watch=progress))
    if faults:
        terminal.end_with(faults)
    terminal.say("the trail and the tables agree")
