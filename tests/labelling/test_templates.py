"""Every template of a label: read by decoders that did not draw it, crossed on a training site, never cut off."""

import io
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image, ImageChops
from pyzbar.pyzbar import ZBarSymbol
from pyzbar.pyzbar import decode as by_pyzbar
from support.pictures import data_matrix, page, qr
from support.readings.decoders import LIBDMTX

from cotrack.foundation.resources import resource
from cotrack.labelling.gateways.read_back import require_code
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.symbols import QUIET_MODULES, datamatrix_symbol, drawn_symbol
from cotrack.labelling.gateways.templates import label_template, label_templates
from cotrack.labelling.gateways.typesetting import MM_PER_INCH, LabelNotPrintable
from cotrack.labelling.gateways.zpl import picture_of_zpl, zpl_of_png
from cotrack.labelling.rules.headers import MODULES
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.wording import legends

CODE = (
    "CT1BTK7QM2XPTA5ABAKZD67KHE5BO47S46UGIUXLLP4E5DOD5FWUHXLTMMJTDO5HL5DNUTGZA5OVPXZBGF6GHPXQCPF6ASOV2ASH3LVHVVVPSKK3RCIIBN"
    "VYPDEDY"
)
DENSITIES = (203, 300)
SAID = {
    "product": "间充质干细胞注射液（IFN-α）",
    "strength": "allogeneic cells · intravenous infusion · 同种异体细胞 · 静脉输注",
    "number": "MSC26-0031-001",
    "check": "A",
    "lot": "MSC26-0031",
    "expires": "2028-11-22 14:05 +08:00",
    "volume_cells": "30.0 mL · 160.8 ×10⁶ 活细胞 viable cells",
    "storage": "液氮气相，≤ −135 °C nitrogen vapour, ≤ −135 °C",
    "study": "NCT05699811",
    "study_version": "MSC-IFNA 1",
    "trial": "仅用于临床试验 For clinical trial use only",
    "legends": "",
    "maker": "演示 GMP 制备中心 Demonstration GMP facility",
    "small": "bag-2 · n 1 · 2026-11-22 14:05 +08:00 · zhao.l · FILL-1",
    "training": "",
    "handling": "勿照射。 Do not irradiate.",
    "name": "王芳 WANG Fang",
    "born": "1970-01-01",
    "kind": "支原体检查 Mycoplasma",
    "made_on": "2026-11-22",
    "origin": "工作库 working · P4 · MCB-2026-01",
    "what": "冻存盒 Freezer box",
    "within": "LN2-A",
    "site": "演示医院细胞治疗病区 Demonstration hospital, cell therapy ward",
    "roles": "GMP 技术员 technician",
    "coi": "COI-26-0001-1",
    "participant": "IFN-001",
    "infusion": "1",
    "planned": "2026-12-01",
    "dose": "2,000,000 活细胞 viable cells/kg × 61.5 kg (2026-11-20)",
    "target": "123.0 ×10⁶",
    "route": "静脉输注 intravenous infusion",
    "ordered": "高医生 GAO Jun · 2026-11-22 14:05 +08:00",
}
LAST_DAY = "2028-11-22"
TRAINING = "培训用 TRAINING · 不得用于人体 NOT FOR HUMAN USE"


def label(kind: str, /, *, dots_per_inch: int = 203, **changed: str) -> bytes:
    """Draw a label of a kind as its printer would have it."""
    chosen = label_template(None, kind)
    fields = {name: SAID[name] for name in chosen.fields} | ({"expires": LAST_DAY} if kind == "vial" else {}) | changed
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return draw(chosen, fields, CODE, drawn_at=now, output="png", dots_per_inch=dots_per_inch)


def on_paper(png: bytes) -> Image.Image:
    """Return the dots that a printer of black and white alone puts on paper."""
    return picture_of_zpl(zpl_of_png(png))


def test_there_is_a_template_for_every_kind_and_of_no_other() -> None:
    assert set(label_templates(None)) == set(KINDS)
    texts = {each.stem: each.read_text(encoding="utf-8") for each in resource("labels").glob("*.typ")}
    assert {name for name, text in texts.items() if "\n// symbol: " in text} == set(KINDS)
    assert all(each.kind == name for name, each in label_templates(None).items())


@pytest.mark.parametrize("training", ["", TRAINING], ids=["production", "training"])
@pytest.mark.parametrize("dots_per_inch", DENSITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_label_is_read_by_decoders_that_did_not_draw_it(kind: str, dots_per_inch: int, training: str) -> None:
    picture = on_paper(label(kind, dots_per_inch=dots_per_inch, training=training))
    symbols = label_template(None, kind).symbols
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == [CODE] * len(symbols)
    if "qr" in symbols:
        assert [each.data.decode() for each in by_pyzbar(picture, symbols=[ZBarSymbol.QRCODE])] == [CODE]
    if "datamatrix" in symbols:
        assert LIBDMTX.look(picture) == [CODE]
    require_code(picture, CODE, symbols)


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_of_a_training_site_is_crossed_from_corner_to_corner(kind: str) -> None:
    plain, crossed = (on_paper(label(kind, training=words)) for words in ("", TRAINING))
    added = ImageChops.subtract(plain, crossed)
    for rising in (False, True):
        seen = [_is_dark(added, place, rising=rising) for place in range(5, 96)]
        hidden = 45 if kind in {"tube", "vial", "sample"} else 35
        assert sum(not each for each in seen) <= hidden, "beside code and letters the stroke is seen"


def _is_dark(added: Image.Image, percent: int, *, rising: bool) -> bool:
    """Whether something was added at this place of a diagonal."""
    x, y = added.width * percent // 100, added.height * percent // 100
    y = added.height - y if rising else y
    around = added.crop((max(x - 2, 0), max(y - 2, 0), x + 3, y + 3))
    return bool(around.getextrema()[1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_is_as_large_as_its_header_says(kind: str) -> None:
    text = (resource("labels") / f"{kind}.typ").read_text(encoding="utf-8")
    width_mm, height_mm = (int(each) for each in text.split("// size: ")[1].split(" mm")[0].split(" x "))
    picture = Image.open(io.BytesIO(label(kind, dots_per_inch=300)))
    assert abs(picture.width - width_mm / MM_PER_INCH * 300) <= 1
    assert abs(picture.height - height_mm / MM_PER_INCH * 300) <= 1


FIELDS = [(kind, name) for kind, made in label_templates(None).items() for name in sorted(made.fields)]


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_text_that_does_not_fit_stops_every_label_and_names_field_and_template(kind: str, name: str) -> None:
    with pytest.raises(LabelNotPrintable) as stopped:
        label(kind, **{name: "X" * 400})
    said = str(stopped.value)
    assert f"The template {kind} failed" in said
    assert name in said.split("field ")[1].split(" does not fit", maxsplit=1)[0]


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_character_that_no_font_draws_stops_every_label_and_names_field_and_template(kind: str, name: str) -> None:
    with pytest.raises(LabelNotPrintable, match=f"no sign for \U0001f9ec, in field {name} of {kind}"):
        label(kind, **{name: "A \U0001f9ec"})


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_field_that_nobody_gave_stops_every_label_and_is_named(kind: str, name: str) -> None:
    chosen = label_template(None, kind)
    fields = {each: SAID[each] for each in chosen.fields - {name}}
    with pytest.raises(LabelNotPrintable, match=f"The template {kind} and the data differ in {name}"):
        draw(chosen, fields, CODE, drawn_at=datetime(2026, 11, 23, tzinfo=UTC), output="png")


@pytest.mark.parametrize("kind", [kind for kind, made in label_templates(None).items() if "legends" in made.fields])
@pytest.mark.parametrize("donor", ["undecided", "not_eligible"])
def test_every_legend_that_can_be_true_fits_its_label(kind: str, donor: str) -> None:
    said = legends(is_autologous=False, donors=[donor], is_given=kind not in {"sample", "tube"})
    picture = on_paper(label(kind, legends=said, training=TRAINING))
    assert CODE in {each.text for each in zxingcpp.read_barcodes(picture)}
    assert bool(said) == bool(ImageChops.difference(picture, on_paper(label(kind, training=TRAINING))).getbbox())


@pytest.mark.parametrize("symbology", MODULES)
@pytest.mark.parametrize("dots_per_inch", [203, 300, 600])
def test_a_module_is_a_whole_number_of_dots_within_its_box(symbology: str, dots_per_inch: int) -> None:
    for box_mm in (14, 16, 24, 32):
        _, side_mm = drawn_symbol(symbology, CODE, box_mm, dots_per_inch)  # type: ignore[arg-type]  # both kinds
        dots = side_mm / MM_PER_INCH * dots_per_inch / MODULES[symbology]
        assert side_mm <= box_mm
        assert dots == pytest.approx(round(dots))


def test_a_data_matrix_is_square_with_a_quiet_zone_of_two_modules() -> None:
    svg, _ = datamatrix_symbol(CODE, 11)
    assert 'viewBox="-2 -2 40 40"' in svg
    assert MODULES["datamatrix"] == 36 + 2 * QUIET_MODULES["datamatrix"]


def test_a_label_with_two_symbols_is_printed_only_where_both_say_the_code() -> None:
    require_code(page(qr(CODE), data_matrix(CODE)), CODE, ("qr", "datamatrix"))
    for lacking in (page(qr(CODE)), page(data_matrix(CODE)), page(qr(CODE), data_matrix(CODE[:-1]))):
        with pytest.raises(LabelNotPrintable, match="does not read back"):
            require_code(lacking, CODE, ("qr", "datamatrix"))
