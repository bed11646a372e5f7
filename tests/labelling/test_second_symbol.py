"""A unit's second code: written in the site's other scheme, drawn as a square GS1 Data Matrix, read back as equal."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
import zxingcpp
from pystrich.datamatrix import FNC1, DataMatrixData, DataMatrixEncoder
from support.worlds import World

from cotrack.foundation.errors import Blocked
from cotrack.foundation.site import SecondSymbol, Site
from cotrack.labelling.gateways import gs1, symbols
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


CODE = "010952123454321310A\x1d21B"


@pytest.mark.parametrize(
    "drawn",
    [DataMatrixData(CODE, encoding="ascii"), DataMatrixData(FNC1, CODE[:-1], "C", encoding="ascii")],
    ids=["not GS1", "another text"],
)
def test_a_symbol_that_came_out_otherwise_than_asked_for_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, drawn: DataMatrixData
) -> None:
    assert gs1.gs1_matrix(CODE, dots_a_module=3).width
    monkeypatch.setattr(gs1, "datamatrix_modules", lambda _: symbols.datamatrix_modules(drawn))
    with pytest.raises(LabelNotPrintable):
        gs1.gs1_matrix(CODE, dots_a_module=3)


def test_a_symbol_that_is_no_square_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    oblong = partial(DataMatrixEncoder, symbol_shape="rectangular")
    monkeypatch.setattr(symbols, "DataMatrixEncoder", lambda text, **_: oblong(text))
    with pytest.raises(LabelNotPrintable):
        symbols.datamatrix_modules("A")


def test_what_is_no_element_string_is_not_drawn() -> None:
    with pytest.raises(LabelNotPrintable):
        gs1.gs1_matrix("no element string", dots_a_module=3)


@pytest.mark.parametrize("text", ["A" * 4000, "Ä"], ids=["too long", "beyond ASCII"])
def test_what_no_data_matrix_holds_is_refused_before_anything_is_drawn(text: str) -> None:
    with pytest.raises(LabelNotPrintable, match="cannot be drawn as a square Data Matrix"):
        symbols.datamatrix_modules(text)
