"""Reading the files of a study from a folder, as they are kept and signed."""

import unicodedata
from pathlib import Path

from cotrack.foundation.errors import InvalidInput
from cotrack.study.rules.reading import SEPARATOR, parsed

MOST_FILE_BYTES = 1_000_000


def read_study_file(path: Path) -> str:
    """Return the text of a study file, with the file whose gaps it fills before it; raises InvalidInput."""
    text = _text_of(path)
    filled = _name_of_filled(text)
    if not filled:
        return text
    base = path.parent / filled
    if "/" in filled or not base.is_file():
        raise InvalidInput("{path} fills {base}, which does not lie beside it.", path=path, base=filled)
    return _text_of(base) + SEPARATOR + text


def _text_of(path: Path) -> str:
    """Return a file's text in Unicode's composed form, as it is kept and signed, whatever editor wrote it."""
    try:
        with path.open("rb") as source:
            content = source.read(MOST_FILE_BYTES + 1)
    except (OSError, ValueError) as fault:
        words = getattr(fault, "strerror", None) or fault
        raise InvalidInput("{path} cannot be read: {fault}.", path=path, fault=words) from None
    if len(content) > MOST_FILE_BYTES:
        raise InvalidInput("{path} is no study file: it is larger than {most} bytes.", path=path, most=MOST_FILE_BYTES)
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as fault:
        raise InvalidInput("{path} is no text in UTF-8: see byte {place}.", path=path, place=fault.start + 1) from None


def _name_of_filled(text: str) -> str:
    """Return the name of the file whose gaps this one fills; empty where it says none, or is no TOML at all."""
    name = parsed(text, []).get("fills")
    return name if isinstance(name, str) else ""
