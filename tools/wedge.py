"""Types for whoever has no scanner: says what a wedge scanner would type for a label's PDF or picture.

`python -m tools.wedge LABEL.pdf`; with xdotool it types too: `python -m tools.wedge LABEL.pdf | xdotool type --file -`.
"""

from pathlib import Path

import click
from PIL import Image

from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf


@click.command()
@click.argument("label", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def main(label: Path) -> None:
    """Print each code of LABEL on a line of its own: scanners end each with Enter. Exit 1 where it shows none."""
    content = label.read_bytes()
    found = codes_in_picture(picture_of_pdf(content) if content.startswith(b"%PDF") else Image.open(label))
    for code in found:
        click.echo(code)
    raise SystemExit(not found)


if __name__ == "__main__":
    main()
