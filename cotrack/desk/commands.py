"""Commands about labels: draw a specimen or a recorded print, and say what a label in a picture is."""

from pathlib import Path
from typing import Literal

import click

from cotrack.desk.service import label_files
from cotrack.foundation.audit.checkpoint import NoCheckpoint, read_vkey
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.terminal import Terminal, output_file, pass_terminal, plain_errors
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.gateways.decoding import MOST_PICTURE_BYTES, PictureNotRead
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service import checking, offline

Format = Literal["pdf", "png", "zpl"]


@click.group()
def labels() -> None:
    """Labels: specimens, prints, checks."""


@labels.command("render")
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument("key")
@click.option("--format", "output", type=click.Choice(["pdf", "png", "zpl"]), default="pdf")
@click.option(
    "-o",
    "--output-file",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; one that is there already is refused, unless --force.",
)
@click.option("--force", "is_forced", is_flag=True, help="Replace the output file where it is there already.")
@click.option("--print", "is_print", is_flag=True, help="A recorded print with a valid code, instead of a specimen.")
@click.option("--reason", default="", help="Why it is printed.")
@click.option("--station", default="", help="The station at which it is printed.")
@click.option("--template", default="", help="A template of the site's own that stands beside the usual one.")
@pass_terminal
@plain_errors
def render(  # noqa: PLR0913 (one for each option of the command)
    terminal: Terminal,
    *,
    kind: str,
    key: str,
    output: Format,
    path: Path,
    is_forced: bool,
    is_print: bool,
    reason: str,
    station: str,
    template: str,
) -> None:
    """Draw the label KIND of the thing KEY: a SPECIMEN whose code is refused, unless --print."""
    asked = label_files.Asked(kind, key, template)
    actor = terminal.actor()
    ground = terminal.runtime.ground
    # The file is open before anything is printed: a print makes the older label worthless, and must not get lost.
    with output_file(path, is_forced=is_forced) as target:
        if is_print:
            document = label_files.printed(ground, actor, asked, output=output, reason=reason, station=station)
        else:
            document = label_files.specimen(ground, actor, asked, output=output)
        target.write(document)
    terminal.say(f"wrote {click.format_filename(path)} ({len(document)} bytes)")


@labels.command("check")
@click.argument("image", type=click.Path(path_type=Path))
@pass_terminal
@plain_errors
def check(terminal: Terminal, image: Path) -> None:
    """Say what each label in a picture is: genuine, current, of which thing. Exit 1 where one does not count."""
    actor = terminal.require(checking.PERMISSION)
    with image.open("rb") as file:
        content = file.read(MOST_PICTURE_BYTES + 1)
    shown = checking.photographed(actor, terminal.runtime.settings.var_folder, content)
    try:
        with unit_of_work(terminal.runtime.ground, actor) as work:
            checked = checking.check(work, shown)
    except PictureNotRead as refusal:
        raise PictureNotRead("{path}: {words}", path=image, words=str(refusal)) from None
    lines = label_files.said_of(checked)
    if not checked.counts:
        terminal.end_with(lines)
    for line in lines:
        terminal.say(line)


@labels.command("verify-key")
@pass_terminal
@plain_errors
def verify_key(terminal: Terminal) -> None:
    """Print the verifier key of this site's label codes: whoever holds it tells a genuine code without this site."""
    terminal.say(offline.label_key(terminal.runtime.ground).text)


@labels.command("read")
@click.argument("text")
@click.option(
    "--key",
    "path",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    required=True,
    help="The verifier key of label codes, as `cotrack labels verify-key` prints it.",
)
@pass_terminal
@plain_errors
def read(terminal: Terminal, *, text: str, path: Path) -> None:
    """Say what the code TEXT says, by a verifier key alone: no database, no site. Exit 1 where it is not genuine.

    Whether its label still counts only the site knows.
    """
    try:
        key = read_vkey(path.read_text(encoding="utf-8"))
    except (NoCheckpoint, UnicodeDecodeError) as fault:
        raise InvalidInput("{path}: {fault}.", path=path, fault=fault) from None
    line, is_genuine = offline.said_by_key(text, key)
    if not is_genuine:
        terminal.end_with([line])
    terminal.say(line)
