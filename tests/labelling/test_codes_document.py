"""The worked examples of docs/codes.md are what the code makes."""

import re
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cotrack.foundation.resources import resource
from cotrack.labelling.gateways.gs1 import split
from cotrack.labelling.gateways.symbols import drawn_symbol
from cotrack.labelling.gateways.templates import label_templates
from cotrack.labelling.gateways.typesetting import MM_PER_INCH
from cotrack.labelling.rules import foreign_scans
from cotrack.labelling.rules.check_character import check_character, printed_check
from cotrack.labelling.rules.codes import make_code
from cotrack.labelling.rules.gs1 import UnitElements, element_string
from cotrack.labelling.rules.headers import MODULES, Header, Symbology, read_header
from cotrack.labelling.rules.kinds import BY_LETTER, KINDS
from cotrack.labelling.service.scanning import key_id

TEXT = (Path(__file__).parents[2] / "docs" / "codes.md").read_text(encoding="utf-8")


def test_the_worked_example_is_made_again_to_the_letter() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(re.findall(r"Private key.*?`([0-9a-f]{64})`", TEXT)[0]))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    entity = re.findall(r"entity `([A-Z2-7]{10})`", TEXT)[0]
    assert public.hex() in TEXT
    assert f"key id `{key_id(key)}`" in TEXT
    code = make_code(KINDS["bag"], "T", entity, 1, key_id=key_id(key), sign=key.sign)
    assert f"```\n{code}\n```" in TEXT
    assert len(code) == 125


def test_the_check_characters_of_the_page_are_right() -> None:
    for number, character in re.findall(r"`([A-Z0-9]{13})` gives `(.)`", TEXT):
        assert check_character(number) == character
    for instance, character in re.findall(r"instance (\d) → over `[A-Z0-9]+` → `(.)`", TEXT):
        assert printed_check("MSC26-0031-001", int(instance)) == character


def test_the_kinds_of_the_page_are_those_of_the_code() -> None:
    rows = re.findall(
        r"^\| `([A-Z])` \| (\w+) \| `(\w+)` \| `([\w:]+)` \| (\d+) × (\d+) mm \| (.+) \|$", TEXT, re.MULTILINE
    )
    said = {letter: (name, noun, permission) for letter, name, noun, permission, *_ in rows}
    assert said == {letter: (kind.name, kind.noun, kind.permission) for letter, kind in BY_LETTER.items()}
    for _, name, _, _, width, height, symbols in rows:
        header = read_header((resource("labels") / f"{name}.typ").read_text(encoding="utf-8"))
        assert isinstance(header, Header)
        assert header.size_mm == (int(width), int(height))
        drawn = [f"{WORDS[each]} {side:g} mm" for each, side in header.symbols.items()]
        assert symbols == ", ".join(drawn)


WORDS = {"qr": "QR", "datamatrix": "Data Matrix"}


def test_the_modules_of_the_page_are_those_that_are_drawn() -> None:
    code = "A" * 125
    rows = re.findall(r"^\| (QR|Data Matrix) \| (\d+) mm \| (.+) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert {(each, float(side)) for each, side, *_ in rows} == {
        (WORDS[each], side) for made in label_templates(None).values() for each, side in made.symbols.items()
    }
    symbologies: dict[str, Symbology] = {"QR": "qr", "Data Matrix": "datamatrix"}
    for name, side, *said in rows:
        for density, words in zip((203, 300, 600), said, strict=True):
            symbology = symbologies[name]
            _, side_mm = drawn_symbol(symbology, code, float(side), density)
            module_mm = side_mm / MODULES[symbology]
            assert words == f"{round(module_mm / MM_PER_INCH * density)} dots, {module_mm + 1e-9:.2f} mm"


def test_the_element_string_of_the_page_is_what_the_code_writes() -> None:
    end = datetime(2026, 10, 31, 23, 59)  # noqa: DTZ001 (GS1 writes no zone)
    unit = UnitElements("09521234543213", "MSC26-0031", "MSC26-0031-001", end)
    assert element_string(unit, split).replace("\x1d", "<GS>") in TEXT


def test_the_faults_and_the_limits_of_the_page_are_those_of_the_code() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| `", TEXT, re.MULTILINE))))
    assert named == {"unreadable", "check_digit", "day", "time", "twice", "no_item", "separator"}
    for limit in (foreign_scans.MOST_OF_ONE_PERSON, "1 000 a day", "1 000 characters"):
        assert str(limit) in TEXT
    assert (foreign_scans.MOST_OF_ALL, foreign_scans.LONGEST) == (1000, 1000)
