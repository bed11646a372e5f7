"""Commands about labels: draw a specimen or a recorded print, and say what a label in a picture is."""

from pathlib import Path
from typing import Literal

import click

from cotrack.desk.service import label_files
from cotrack.foundation.terminal import Terminal, output_file, pass_terminal, plain_errors
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.gateways.decoding import MOST_PICTURE_BYTES, PictureNotRead
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service import checking

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
) -> None:
    """Draw the label KIND of the unit or participant KEY: a SPECIMEN whose code is refused, unless --print."""
    actor = terminal.actor()
    ground = terminal.runtime.ground
    # The file is open before anything is printed: a print makes the older label worthless, and must not get lost.
    with output_file(path, is_forced=is_forced) as target:
        if is_print:
            document = label_files.printed(ground, actor, kind, key, output=output, reason=reason, station=station)
        else:
            document = label_files.specimen(ground, actor, kind, key, output=output)
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
