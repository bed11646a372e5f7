"""Brings the translation catalogue to what the code says, and compiles it: `python tools/translations.py`."""

from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from cotrack import stages  # noqa: F401 (its imports define every refusal)
from cotrack.foundation.errors import CotrackError
from cotrack.foundation.resources import PACKAGE

ROOT: Final = PACKAGE.parent
LOCALE: Final = "zh"
CATALOGUE: Final = PACKAGE / "foundation/web/translations" / LOCALE / "LC_MESSAGES/messages.po"
WIDTH: Final = 120


def refusals(kind: type[CotrackError] = CotrackError) -> list[str]:
    """Return the names of all refusals and failures that are told to people: their first argument is a sentence."""
    told = [] if kind.status == HTTPStatus.INTERNAL_SERVER_ERROR else [kind.__name__]
    return [*told, *(name for each in kind.__subclasses__() for name in refusals(each))]


def keywords() -> dict[str, Any]:
    """Return which argument of which call is a text, as Babel names them."""
    ours = ["N_", "Blocker:2", "fault:2", *(f"{name}:1" for name in refusals())]
    return {**DEFAULT_KEYWORDS, **parse_keywords(ours)}


def texts_of_the_code() -> Catalog:
    """Return every text of the code and the templates, in the order of the files."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]  # Babel ships no types for it
    catalogue = Catalog()
    for name, line, text, comments, context in extract_from_dir(ROOT, methods, options, keywords()):
        catalogue.add(text, locations=[(name, line)], auto_comments=comments, context=context)
    return catalogue


def read_catalogue(path: Path = CATALOGUE) -> Catalog:
    """Return the catalogue as it is kept."""
    with path.open("rb") as source:
        return read_po(source, locale=LOCALE)


def updated(catalogue: Catalog, texts: Catalog) -> Catalog:
    """Bring a catalogue to the texts of the code: new ones are empty and never guessed, old ones are gone."""
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return the messages without a translation of their own."""
    return [each for each in catalogue if each.id and (each.fuzzy or not each.string or not all(each.string))]


@click.command()
def main() -> None:
    """Update and compile the catalogue, and name what is still to be translated."""
    catalogue = updated(read_catalogue(), texts_of_the_code())
    with CATALOGUE.open("wb") as target:
        write_po(target, catalogue, width=WIDTH, include_lineno=False, sort_by_file=True)
    with CATALOGUE.with_suffix(".mo").open("wb") as target:
        write_mo(target, catalogue)
    for message in untranslated(catalogue):
        click.echo(f"not translated: {message.id}")
    click.echo(f"{len(catalogue)} messages in {CATALOGUE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
