"""A text that is too high or too wide for its field stops the label; nothing is ever printed over its neighbour."""

from datetime import UTC, datetime

import pytest

from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import label_template
from cotrack.labelling.gateways.typesetting import LabelNotPrintable

BAND = label_template(None, "wristband")
CODE = "CT1" + "A" * 122
FIELDS = {
    "name": "王芳 WANG Fang",
    "born": "1970-01-01",
    "number": "IFN-001",
    "check": "K",
    "study": "DEMO",
    "small": "small print",
    "training": "",
}


def band(**changed: str) -> bytes:
    return draw(BAND, {**FIELDS, **changed}, CODE, drawn_at=datetime(2026, 11, 23, tzinfo=UTC), output="pdf")


@pytest.mark.parametrize("name", ["X" * 24, "王" * 15, "欧阳娜娜 OUYANG Nana", "LI Min-Jung"])
def test_a_name_that_fits_its_line_is_printed(name: str) -> None:
    assert band(name=name).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["X" * 199, "X" * 25, "王" * 16, "王" * 10 + "X" * 20, "WANG Fang " * 5])
def test_a_name_that_does_not_fit_its_line_stops_the_band(name: str) -> None:
    with pytest.raises(LabelNotPrintable, match="field name does not fit"):
        band(name=name)


def test_a_word_that_is_wider_than_its_field_stops_the_band_where_there_is_room_for_more_lines() -> None:
    with pytest.raises(LabelNotPrintable, match="field study does not fit"):
        band(study="short words and " + "X" * 60)
    assert band(study="short words and " * 4).startswith(b"%PDF")
