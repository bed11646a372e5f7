"""A unit's second code: written in the site's other scheme, drawn as a square GS1 Data Matrix, read back as equal."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import zxingcpp
from support.worlds import World

from cotrack.foundation.errors import Blocked
from cotrack.foundation.site import SecondSymbol, Site
from cotrack.labelling.gateways import gs1
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.service.second_symbol import second_code, second_symbol

AT = datetime(2026, 10, 31, 15, 59, 30, tzinfo=UTC)


def site(world: World) -> Site:
    return replace(world.runtime.ground.site, second_symbol=SecondSymbol("gs1", "09521234543213"))


def written(world: World, number: str = "MSC26-0031-001") -> str:
    code = second_code(site(world), lot="MSC26-0031", number=number, expires_at=AT)
    assert code is not None
    return code


def test_a_site_without_a_second_scheme_writes_none(world: World) -> None:
    assert second_code(world.runtime.ground.site, lot="MSC26-0031", number="MSC26-0031-001", expires_at=AT) is None


def test_the_end_is_written_to_the_minute_of_the_site_s_own_clock(world: World) -> None:
    assert "70032610312359" in written(world)


def test_a_number_that_the_scheme_cannot_carry_is_refused(world: World) -> None:
    with pytest.raises(Blocked) as refused:
        written(world, "MSC26-0031-" + "1" * 20)
    assert [each.code for each in refused.value.blockers] == ["second_code_impossible"]


@pytest.mark.parametrize("dots", [2, 3, 8])
def test_the_symbol_is_square_and_gs1_and_says_the_code(world: World, dots: int) -> None:
    code = written(world)
    picture = second_symbol(code, dots_a_module=dots)
    (found,) = zxingcpp.read_barcodes(picture)
    assert picture.width == picture.height
    assert (found.content_type, found.symbology_identifier) == (zxingcpp.ContentType.GS1, "]d2")
    assert found.bytes == code.encode()


OBLONG = "0109521234543213"
"""Short enough that the symbol is a rectangle of the old kind where no square is asked for."""


@pytest.mark.parametrize(
    ("code", "options", "is_plain"),
    [
        (OBLONG, {"gs1": True}, False),
        (f"{OBLONG}10A\x1d21B", {"forceSquare": True}, True),
        (f"{OBLONG}10A\x1d21B", {"forceSquare": True}, False),
    ],
    ids=["not square", "not GS1", "the brackets as text"],
)
def test_a_symbol_that_came_out_otherwise_than_asked_for_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, code: str, options: dict[str, bool], is_plain: bool
) -> None:
    make = zxingcpp.create_barcode
    assert gs1.gs1_matrix(code, dots_a_module=3).width
    drawn = lambda text, kind, **_: make(code if is_plain else text, kind, **options)  # noqa: E731 (one line)
    monkeypatch.setattr(zxingcpp, "create_barcode", drawn)
    with pytest.raises(LabelNotPrintable):
        gs1.gs1_matrix(code, dots_a_module=3)


def test_what_is_no_element_string_is_not_drawn() -> None:
    with pytest.raises(LabelNotPrintable):
        gs1.gs1_matrix("no element string", dots_a_module=3)
