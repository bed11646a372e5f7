"""The command that loads the demonstration."""

import click

from cotrack.demonstration import site
from cotrack.demonstration.players import PASSWORD, PLAYERS
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors, progress


@click.group()
def demo() -> None:
    """The demonstration: a small believable site for training."""


@demo.command("load")
@click.option(
    "--if-empty",
    is_flag=True,
    help="Do nothing where the database is not empty; an unfinished demonstration is refused.",
)
@pass_terminal
@plain_errors
def load(terminal: Terminal, *, if_empty: bool) -> None:
    """Fill an empty database of a training site with lots in every state and participants at every stage."""
    site.refuse_unfinished(terminal.runtime)
    if not if_empty or site.is_empty(terminal.runtime):
        chapters = list(progress(site.load(terminal.runtime), "building the demonstration", len(site.CHAPTERS)))
        terminal.say(f"built: {', '.join(chapters)}")
        for path in site.example_files(terminal.runtime):
            terminal.say(f"wrote {path}: to import by hand")
    terminal.say(f"sign in with any of these names, password “{PASSWORD}”:")
    for player in PLAYERS.values():
        terminal.say(f"  {player.username:10} {', '.join(player.roles)}")
