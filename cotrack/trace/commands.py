"""Commands that follow a thing through every stage."""

import click

from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors
from cotrack.trace import service


@click.command()
@click.argument("noun", type=click.Choice(service.NOUNS))
@click.argument("key")
@pass_terminal
@plain_errors
def trace(terminal: Terminal, noun: str, key: str) -> None:
    """Show where a lot or unit went, or what a participant got, and every record about it."""
    permission = f"{noun}:read"
    terminal.require(permission)
    with terminal.runtime.ground.sessions.reading() as session:
        traced = service.trace(session, noun, key)
    terminal.say(traced.subject)
    for number, status in traced.units:
        terminal.say(f"  unit {number}  {status}")
    for each in traced.given:
        ended = each.ended_at.isoformat() if each.ended_at else "running"
        terminal.say(
            f"  given {each.unit} to {each.participant}, order {each.order}, {each.started_at.isoformat()} – {ended}"
        )
    for record in reversed(traced.records):
        reason = f"  {record.reason}" if record.reason else ""
        terminal.say(
            f"  {record.at.isoformat()}  {record.event}  {record.actor} ({record.role})  {record.outcome}{reason}"
        )
