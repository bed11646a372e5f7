"""Commands about signed documents."""

import click

from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors
from cotrack.labelling.service.remaking import Remade, remade


@click.group()
def documents() -> None:
    """Signed documents, as they went out."""


@documents.command("verify")
@pass_terminal
@plain_errors
def verify(terminal: Terminal) -> None:
    """Make every kept document again and compare it with its bytes; exit 1 where one is not what it was.

    A document that other versions made may come out differently: the command says which versions, and goes on.
    """
    with terminal.runtime.ground.sessions.reading() as session:
        found = list(remade(session))
    for each in found:
        if each.is_right:
            terminal.say(f"{each.document}: {_words(each)}")
    faults = [f"{each.document}: {_words(each)}" for each in found if not each.is_right]
    if faults:
        terminal.end_with(faults)


def _words(each: Remade) -> str:
    """Say what was found of a document."""
    if not each.has_its_hash:
        return "the kept bytes do not have their hash"
    if each.is_equal:
        return "made again, and equal"
    if each.other_versions:
        return f"made by other versions: {'; '.join(each.other_versions)}"
    return each.fault or "made again by the same versions, and different"
