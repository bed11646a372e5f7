"""The `cotrack` command."""

import os
from pathlib import Path

import click

from cotrack import __version__, documentation, installation, stages
from cotrack.foundation.runtime import Runtime, start_runtime
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors
from cotrack.settings import read_settings


def _start() -> Runtime:
    return start_runtime(read_settings(os.environ), stages.CONSTRAINTS)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cotrack")
@click.option("--as", "as_user", default="", metavar="USER", help="The person who acts; the password is asked.")
@click.option("--json", "is_json", is_flag=True, help="Say faults as JSON.")
@click.pass_context
def main(context: click.Context, *, as_user: str, is_json: bool) -> None:
    """Follow each lot of an engineered cell product from release testing to the infusion of each bag."""
    context.obj = Terminal(_start, as_user, is_json)
    context.call_on_close(context.obj.close)


@main.command()
@click.option("--first-administrator", metavar="USER", help="Add the first administrator, whose password is asked.")
@pass_terminal
@plain_errors
def init(terminal: Terminal, first_administrator: str | None) -> None:
    """Check this machine, make folders, keys and site.toml, and bring the database to this program's schema."""
    for line in installation.prepare(read_settings(os.environ)):
        terminal.say(line)
    for line in installation.migrate_database(terminal.runtime):
        terminal.say(line)
    if first_administrator:
        terminal.say(installation.add_first_administrator(terminal.runtime, first_administrator))


@main.command()
@pass_terminal
@plain_errors
def serve(terminal: Terminal) -> None:
    """Serve the pages and the API, with the background work beside them, until stopped."""
    installation.serve(terminal.runtime)


@main.command()
@pass_terminal
@plain_errors
def work(terminal: Terminal) -> None:
    """Do the background work alone, until stopped."""
    installation.work(terminal.runtime)


@main.group()
def docs() -> None:
    """The documents that are made from the code."""


@docs.command("write")
@click.option("--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default="docs")
@plain_errors
def write_docs(folder: Path) -> None:
    """Write lifecycles, permissions and problems into the docs folder."""
    for path in documentation.write(folder):
        click.echo(f"wrote {path}")


for _command in stages.COMMANDS:
    main.add_command(_command)
