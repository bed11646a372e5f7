"""Commands that follow a thing through every stage."""

import click

from cotrack.foundation.audit.service import Told
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors
from cotrack.trace.service import tracing


@click.command()
@click.argument("noun", type=click.Choice(tracing.NOUNS))
@click.argument("key")
@pass_terminal
@plain_errors
def trace(terminal: Terminal, noun: str, key: str) -> None:
    """Show whence a lot or unit came and where it went, or what a participant got, and every record about it."""
    permission = f"{noun}:read"
    actor = terminal.require(permission)
    with terminal.runtime.ground.sessions.reading() as session:
        traced = tracing.trace(session, noun, key)
    terminal.say(traced.subject)
    for used in traced.made_from if "source:read" in actor.permissions else ():
        terminal.say(f"  from {' < '.join(used.chain)}  {used.amount}")
    for number, kind, status in traced.units:
        terminal.say(f"  unit {number}  {status}" if kind == "bag" else f"  unit {number}  {status}  sample ({kind})")
    # Who was given what is the clinic's: whoever does not see infusions sees the bag's state alone.
    for each in traced.given if "infusion:read" in actor.permissions else ():
        ended = each.ended_at.isoformat() if each.ended_at else "running"
        terminal.say(
            f"  given {each.unit} to {each.participant}, order {each.order}, {each.started_at.isoformat()} – {ended}"
        )
    for record in reversed(traced.records):
        terminal.say(f"  {_line(record, traced.subject)}")


def _line(record: Told, subject: str) -> str:
    """Tell a record in one line; what it is about stands there where that is a thing below the one traced."""
    said = [record.at.isoformat(), record.event, f"{record.actor} ({record.role})", record.outcome]
    about = "" if record.subject == subject else record.subject
    return "  ".join(each for each in (*said, about, record.reason) if each)
