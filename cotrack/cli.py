"""The `cotrack` command."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import click

from cotrack import __version__, documentation, installation, stages
from cotrack.foundation.runtime import Runtime, start_runtime
from cotrack.foundation.terminal import Terminal, pass_terminal, plain_errors
from cotrack.settings import read_settings


def _start() -> Runtime:
    return start_runtime(read_settings(os.environ), stages.CONSTRAINTS)


def _terminal(context: click.Context) -> Terminal:
    if context.find_object(Terminal) is None:
        context.obj = Terminal(_start)
    return context.ensure_object(Terminal)


def _keep_as_user(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value:
        _terminal(context).as_user = value


def _keep_is_json(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's)
    if value:
        _terminal(context).is_json = True


def _options_of_all() -> list[click.Option]:
    """Return the options that every command takes, before its name or after it."""
    return [
        click.Option(
            ["--as"],
            metavar="USER",
            expose_value=False,
            callback=_keep_as_user,
            help="The person who acts; the password is asked, or stands in COTRACK_PASSWORD.",
        ),
        click.Option(
            ["--json"], is_flag=True, expose_value=False, callback=_keep_is_json, help="Say what was refused as JSON."
        ),
    ]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cotrack")
@click.pass_context
def main(context: click.Context) -> None:
    """Follow each lot of an engineered cell product from release testing to the infusion of each bag."""
    # A command says what happened in one line of its own; `serve` and `work` let their logs through.
    logging.getLogger("cotrack").addHandler(logging.NullHandler())
    context.call_on_close(_terminal(context).close)


@main.command()
@click.option("--first-administrator", metavar="USER", help="Add the first administrator, whose password is asked.")
@pass_terminal
@plain_errors
def init(terminal: Terminal, first_administrator: str | None) -> None:
    """Check this machine, make folders, keys and site.toml, and bring the database to this program's schema."""
    for line in installation.prepare(read_settings(os.environ)):
        terminal.say(line)
    for line in installation.migrate_database(terminal.unmigrated):
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


def _all_commands(group: click.Group) -> Iterator[click.Command]:
    yield group
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from _all_commands(command)
        else:
            yield command


for _command in _all_commands(main):
    _command.params.extend(_options_of_all())
