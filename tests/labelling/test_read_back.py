"""From paper to the bedside: what decoders read from a drawn label is its code, and the check takes it."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pyzbar.pyzbar import decode
from support.refusals import refused
from support.stages import HER, LOT, at_the_bedside
from support.worlds import NOON, World

from cotrack.bedside.service import checks
from cotrack.desk.service.label_files import SPECIMEN_CODE, Asked, specimen
from cotrack.labelling.gateways.read_back import DATA_MATRIX, picture_of_pdf, require_code
from cotrack.labelling.gateways.render import draw
from cotrack.labelling.gateways.templates import label_template
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.gateways.zpl import picture_of_zpl, zpl_of_png
from cotrack.labelling.service import printing
from cotrack.labelling.service.instances import label_numbered
from cotrack.manufacture.service import filling
from cotrack.participants.service import bands, identity

KINDS = ("bag", "tag", "wristband")


def picture_of_png(document: bytes) -> Image.Image:
    """Return a PNG as a picture."""
    return Image.open(io.BytesIO(document)).convert("L")


def by_pyzbar(picture: Image.Image) -> list[str]:
    return [each.data.decode("ascii") for each in decode(picture)]


def by_zxing(picture: Image.Image) -> list[str]:
    return [each.text for each in zxingcpp.read_barcodes(picture)]


def reprinted_bag(world: World, unit: str) -> bytes:
    """Print a bag's label anew and return its PDF."""
    asked = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag", reason="smudged"))
    document = printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), asked.id).document
    assert document is not None
    return document


def reprinted_band(world: World, subject: str) -> bytes:
    """Print a participant's band anew and return its PDF."""
    asked = world.do("li.c", lambda work: bands.request_band(work, subject, reason="wet"))
    known = world.do("li.c", lambda work: identity.look(work, subject, purpose="band"))
    private = bands.private_fields(known)
    document = printing.hand_out(world.runtime.ground, world.cast.actor("li.c"), asked.id, private=private).document
    assert document is not None
    return document


def saved(picture: Image.Image, path: Path) -> Image.Image:
    """Send a picture through a PNG file, as a camera or a scanner program would."""
    picture.save(path, format="PNG")
    return Image.open(path)


def test_labels_read_from_a_png_by_pyzbar_pass_the_identity_check(world: World, tmp_path: Path) -> None:
    bedside = at_the_bedside(world)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="wet"))
    papers = {"bag": reprinted_bag(world, bedside.bag), "wristband": reprinted_band(world, HER)}
    read = {}
    for kind, document in papers.items():
        picture = saved(picture_of_pdf(document), tmp_path / f"{kind}.png")
        (read[kind],) = by_pyzbar(picture)
        assert by_zxing(picture) == [read[kind]]
    world.journey.scan_back(bedside.bag, read["bag"])
    for by, act in (("zhou.n", bands.put_on), ("wu.n", bands.confirm)):
        world.do(by, lambda work, step=act: step(work, HER, band_code=read["wristband"], is_identity_confirmed=True))
    check = world.do(
        "zhou.n",
        lambda work: checks.check_identity(
            work,
            participant_code=read["wristband"],
            unit_code=read["bag"],
            station="WARD-3A-1",
            identity_answer="confirmed",
        ),
    )
    assert (check.result, check.blockers) == ("match", [])


@pytest.mark.parametrize("dots_per_inch", [203, 300, 600])
def test_the_picture_of_a_label_reads_at_every_density_a_printer_has(world: World, dots_per_inch: int) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    label_id = world.journey.unit_label(unit, "bag")
    code = world.journey.code(label_id)
    fields = fields_of(world, label_id)
    png = draw(
        label_template(None, "bag"), fields, code, drawn_at=world.clock.now, output="png", dots_per_inch=dots_per_inch
    )
    for picture in (picture_of_png(png), picture_of_zpl(zpl_of_png(png))):
        assert by_pyzbar(picture) == [code]
        assert by_zxing(picture) == [code]


def fields_of(world: World, label_id: int) -> dict[str, str]:
    """Return what a label prints, as it is kept."""
    return dict(json.loads(world.read(lambda session: label_numbered(session, label_id)).fields))


def test_a_drawn_label_with_another_code_than_its_own_is_not_printed(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    label_id = world.journey.unit_label(unit, "bag")
    code = world.journey.code(label_id)
    png = draw(label_template(None, "bag"), fields_of(world, label_id), code, drawn_at=world.clock.now, output="png")
    picture = picture_of_png(png)
    require_code(picture, code)
    white = Image.new("L", picture.size, 255)
    two = Image.new("L", (picture.width * 2, picture.height), 255)
    two.paste(picture, (0, 0))
    two.paste(picture, (picture.width, 0))
    for spoiled in (white, two.resize((two.width // 2, two.height // 2))):
        with pytest.raises(LabelNotPrintable, match="does not read back"):
            require_code(spoiled, code)
    world.journey.scan_back(unit, code)
    with pytest.raises(LabelNotPrintable, match="does not read back"):
        require_code(picture, world.journey.code(world.journey.unit_label(unit, "tag")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_specimen_reads_as_one_and_is_refused_everywhere(world: World, kind: str) -> None:
    bedside = at_the_bedside(world)
    key = HER if kind == "wristband" else bedside.bag
    by = "li.c" if kind == "wristband" else "zhao.l"
    png = specimen(world.runtime.ground, world.cast.actor(by), Asked(kind, key), output="png")
    assert by_pyzbar(picture_of_png(png)) == [SPECIMEN_CODE]
    with refused("damaged_code"):
        world.journey.scan_back(bedside.bag, SPECIMEN_CODE)


def test_the_label_of_a_production_site_says_nothing_of_training_and_fails_here(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    production = replace(world.runtime.ground, is_training=False)
    world.cast.ground = production
    label_id = world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag")).id
    document = printing.hand_out(production, world.cast.actor("zhao.l"), label_id).document
    assert document is not None
    (code,) = by_pyzbar(picture_of_pdf(document))
    assert code[4] == "P"
    assert fields_of(world, label_id)["training"] == ""
    world.cast.ground = world.runtime.ground
    with refused("wrong_environment"):
        world.journey.scan_back(unit, code)


LOST_BY_NEIGHBOURHOOD = (
    "CT1STS57WEOMIBDSOAKZDACDSQZ6NJIELAEQDUUIQF6Q4SD43LWOSGNHXRLSIANL"
    "JNOPRG6IFETCEQYBBWT5FLMZ7INZBXXUUVCKKNDYWF6TQNDNF4JIM4BO2NICI"
)
"""A code whose Data Matrix, in its place on a sample's label, a threshold by neighbourhood does not find."""


def test_a_drawn_data_matrix_that_one_threshold_loses_is_read_back_by_the_other() -> None:
    sample = label_template(None, "sample")
    fields = {**dict.fromkeys(sample.fields, "X"), "training": "", "legends": ""}
    drawn = draw(sample, fields, LOST_BY_NEIGHBOURHOOD, drawn_at=NOON, output="pdf")
    picture = picture_of_pdf(drawn)
    assert not zxingcpp.read_barcodes(picture, formats=DATA_MATRIX)
    require_code(picture, LOST_BY_NEIGHBOURHOOD, ["datamatrix"])
