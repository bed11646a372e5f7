"""What a picture tells of a print is measured on its symbol, and called a hint."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from support.pictures import SYMBOLS, data_matrix, page, qr, sent

from cotrack.labelling.gateways.decoding import read_picture
from cotrack.labelling.rules.advice import ADVICE, COUNTS, advice
from cotrack.labelling.rules.print_hint import POOR, PrintFacts, poor_parts
from cotrack.labelling.rules.standing import _MISREAD

TEXT = "CT1BT7K3Q5M2XPTABAK7QM" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 3 + "ABCDEFG"
MODULES = {"qr": 45, "data_matrix": 36}


def facts(picture: Image.Image, folder: Path, kind: str = "PNG", **options: object) -> PrintFacts:
    (found,) = read_picture(sent(picture, kind, **options), folder).codes
    return found.facts


@pytest.mark.parametrize("kind", SYMBOLS)
def test_a_clean_print_is_measured_to_the_dot(tmp_path: Path, kind: str) -> None:
    drawn = facts(SYMBOLS[kind](TEXT, module=8), tmp_path, dpi=(300, 300))
    assert drawn.modules == MODULES[kind]
    assert drawn.module_px == pytest.approx(8, abs=0.1)
    assert drawn.module_mm == pytest.approx(8 * 25.4 / 300, abs=0.01)
    assert (drawn.contrast, drawn.corrected) == (100, 0)
    assert drawn.quiet is not None
    assert drawn.quiet >= 3
    assert poor_parts(replace(drawn, quiet=4)) == []


@pytest.mark.parametrize("degrees", [0, 37])
def test_contrast_is_what_lies_between_print_and_paper(tmp_path: Path, degrees: int) -> None:
    weak = qr(TEXT, module=8).point(lambda shade: 130 if shade else 60).rotate(degrees, expand=True, fillcolor=130)
    found = facts(weak, tmp_path)
    assert found.contrast == pytest.approx(27, abs=2)
    assert poor_parts(found) == ["contrast"]


@pytest.mark.parametrize("border", [1, 2, 3, 4])
def test_the_empty_margin_is_counted_to_the_first_thing_in_it(tmp_path: Path, border: int) -> None:
    symbol = qr(TEXT, module=8, border=border)
    framed = Image.new("L", (symbol.width + 24, symbol.height + 24), 0)
    framed.paste(symbol, (12, 12))
    found = facts(page(framed), tmp_path)
    assert found.quiet == border
    assert ("quiet" in poor_parts(found)) is (border < 4)


def test_a_damaged_symbol_says_how_much_of_its_correction_it_used(tmp_path: Path) -> None:
    symbol = qr(TEXT, module=8)
    clean = facts(symbol, tmp_path).corrected
    symbol.paste(0, (180, 180, 240, 240))
    hurt = facts(symbol, tmp_path)
    assert clean == 0
    assert hurt.corrected is not None
    assert hurt.corrected > 20


def test_a_cameras_picture_says_nothing_of_millimetres(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[33434] = (1, 60)
    assert facts(qr(TEXT), tmp_path, "JPEG", dpi=(300, 300)).module_mm is not None
    assert facts(qr(TEXT), tmp_path, "JPEG", dpi=(300, 300), exif=exif).module_mm is None
    assert facts(qr(TEXT), tmp_path, "JPEG", dpi=(72, 72)).module_mm is None


def test_a_picture_that_is_made_smaller_keeps_its_millimetres(tmp_path: Path) -> None:
    large = Image.new("L", (5_000, 5_000), 255)
    large.paste(data_matrix(TEXT, module=30), (500, 500))
    found = facts(large, tmp_path, dpi=(600, 600))
    assert found.module_px == pytest.approx(15, abs=0.2)
    assert found.module_mm == pytest.approx(30 * 25.4 / 600, abs=0.02)


GOOD = PrintFacts("QR Code", 45, 8.0, 0.5, 80, 4, 0)


@pytest.mark.parametrize(
    ("changed", "poor"),
    [
        ({}, []),
        ({"contrast": 40}, []),
        ({"contrast": 39}, ["contrast"]),
        ({"module_px": 3.0}, []),
        ({"module_px": 2.9}, ["module_px"]),
        ({"module_mm": 0.25}, []),
        ({"module_mm": 0.24}, ["module_mm"]),
        ({"quiet": 3}, ["quiet"]),
        ({"symbology": "Data Matrix", "quiet": 1}, []),
        ({"symbology": "Data Matrix", "quiet": 0}, ["quiet"]),
        ({"corrected": 50}, []),
        ({"corrected": 51}, ["corrected"]),
        ({"contrast": 1, "module_px": 1.0, "module_mm": 0.1, "quiet": 0, "corrected": 99}, list(POOR)),
    ],
    ids=str,
)
def test_a_measure_is_poor_below_its_limit(changed: dict[str, object], poor: list[str]) -> None:
    assert poor_parts(replace(GOOD, **changed)) == poor  # type: ignore[arg-type]


def test_what_is_not_known_is_not_poor() -> None:
    assert poor_parts(PrintFacts("Code 128")) == []


def test_every_word_against_a_label_has_its_advice() -> None:
    assert {*_MISREAD, "label_superseded", "label_void", "label_incomplete"} == ADVICE.keys()
    assert advice([]) == COUNTS
