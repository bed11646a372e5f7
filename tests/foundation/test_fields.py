"""A form or JSON body gives each number and day in one form; any other is refused at the door."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import INCLUDE, ValidationError
from marshmallow.fields import Field

from cotrack.foundation.web.schemas import Day, In, Lines, Quantity, Whole, Words

VOLUME = Quantity(places=1, least="0", most="1000")
CELLS = Whole(least=1, most=1_000_000_000)
DAY = Day()
WORDS = Words(required=True)


def said(each: object) -> str:
    return type(each).__name__.lower() if isinstance(each, Field) else ascii(each)


@pytest.mark.parametrize(
    ("field", "sent", "taken"),
    [
        (VOLUME, "25.5", Decimal("25.5")),
        (VOLUME, 25.5, Decimal("25.5")),
        (VOLUME, 25, Decimal(25)),
        (VOLUME, "25.50", Decimal("25.5")),
        (CELLS, "2000000", 2_000_000),
        (CELLS, 2_000_000, 2_000_000),
        (DAY, "2026-11-22", date(2026, 11, 22)),
    ],
    ids=said,
)
def test_a_value_in_its_form_is_taken_exactly(field: Field[Any], sent: object, taken: object) -> None:
    assert field.deserialize(sent) == taken


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        *((VOLUME, sent) for sent in ("-0", "-0.0", -0.0)),
        *((VOLUME, sent) for sent in ("2_5", "２５", "2,5", ".5", "1e1", "NaN", " 25", "", True, None, 1e-9, [25], {})),
        *((CELLS, sent) for sent in ("2_000_000", "２", "2e6", "2.0", 1.9, 1e6, " 2", "", True, None, [2])),
        *((DAY, sent) for sent in ("20261122", "2026-W47-7", "2026-11-22 ", "22.11.2026", "", 20261122, None, ["x"])),
    ],
    ids=said,
)
def test_a_value_in_another_form_is_refused_and_never_guessed(field: Field[Any], sent: object) -> None:
    with pytest.raises(ValidationError, match=r"^Enter a (number|whole number|date|value)\b"):
        field.deserialize(sent)


@pytest.mark.parametrize(("field", "sent"), [(VOLUME, "-0.1"), (VOLUME, "1000.1"), (CELLS, "0"), (CELLS, 10**10)])
def test_a_number_outside_what_is_possible_is_refused(field: Field[Any], sent: object) -> None:
    with pytest.raises(ValidationError, match="outside what is possible"):
        field.deserialize(sent)


def test_a_quantity_with_more_places_than_are_kept_is_refused_and_never_rounded() -> None:
    with pytest.raises(ValidationError, match="too many places"):
        VOLUME.deserialize("25.55")


@pytest.mark.parametrize("sent", ["x\nThe infusion ended as planned", "x\r\ny", "x\ty", "x\u2028y", "x\0", "\ud800"])
def test_a_field_of_one_line_takes_no_second_line_and_no_hidden_character(sent: str) -> None:
    with pytest.raises(ValidationError, match="characters that cannot be kept"):
        WORDS.deserialize(sent)


def test_a_line_is_composed_and_trimmed() -> None:
    assert WORDS.deserialize(" Zoe\u0308 \u3000") == "Zoë"


def test_only_a_text_that_is_signed_by_itself_has_several_lines() -> None:
    assert Lines().deserialize("one\n\ttwo\r\n") == "one\n\ttwo"
    with pytest.raises(ValidationError, match="characters that cannot be kept"):
        Lines().deserialize("one\0two")


class OpenIn(In):
    """A form that lets fields of the study through."""

    class Meta:
        unknown = INCLUDE

    days = Whole(least=1, most=9, attribute="count")


def test_a_field_that_only_the_study_knows_is_read_as_a_line() -> None:
    assert OpenIn().load({"days": "2", "histology": " Zoe\u0308 "}) == {"count": 2, "histology": "Zoë"}


@pytest.mark.parametrize("sent", ["x\0y", "\ud800", "x\ny", "x" * 100_000, 7, None])
def test_a_field_that_only_the_study_knows_is_refused_by_its_name(sent: object) -> None:
    with pytest.raises(ValidationError) as fault:
        OpenIn().load({"histology": sent})
    assert list(fault.value.normalized_messages()) == ["histology"]
