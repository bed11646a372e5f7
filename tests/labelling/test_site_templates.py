"""Templates of a site's own: over the program's or beside them, and every fault in a header with its line."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.refusals import refused
from support.stages import LOT
from support.worlds import World

from cotrack.desk.service.label_files import Asked, specimen
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.resources import resource
from cotrack.foundation.site import SiteFault
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.gateways.templates import further_templates, label_template, label_templates
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.rules.headers import Header, HeaderFault, read_header
from cotrack.labelling.service import instances, printing, site_labels
from cotrack.settings import read_settings

README = (resource("labels") / "README.md").read_text(encoding="utf-8")
BAG = (resource("labels") / "bag.typ").read_text(encoding="utf-8")
HEADER = {
    "kind": "location",
    "version": "sign-1",
    "size": "100 x 50 mm",
    "symbol": "qr 32mm",
    "fields": "number check small training",
}


def header(**changed: str | None) -> str:
    said = {**HEADER, **changed}
    return "// A sign.\n" + "".join(f"// {name}: {value}\n" for name, value in said.items() if value is not None)


def example() -> str:
    """Return the template that the README shows."""
    return str(re.findall(r"```typst\n(.+?)```", README, re.DOTALL)[0])


def folder_with(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.typ").write_text(text, encoding="utf-8")
    return folder


def stand_on(world: World, folder: Path) -> None:
    """Let everybody act where the site has templates of its own."""
    world.cast.ground = world.journey.ground = replace(world.runtime.ground, labels_folder=folder)


def test_a_whole_header_says_what_the_template_is() -> None:
    found = read_header(header(symbol="qr 32mm, datamatrix 11.5mm"))
    assert isinstance(found, Header)
    assert (found.kind, found.version, found.size_mm) == ("location", "sign-1", (100, 50))
    assert found.symbols == {"qr": 32.0, "datamatrix": 11.5}
    assert found.fields == {"number", "check", "small", "training"}


@pytest.mark.parametrize(
    ("changed", "line", "words"),
    [
        ({"kind": None}, 1, "lacks “kind”"),
        ({"version": None}, 1, "lacks “version”"),
        ({"size": None}, 1, "lacks “size”"),
        ({"symbol": None}, 1, "lacks “symbol”"),
        ({"fields": None}, 1, "lacks “fields”"),
        ({"kind": "poster"}, 2, "no kind of label 'poster'"),
        ({"version": "Sign 1"}, 3, "small letters, digits and a hyphen"),
        ({"version": "sign"}, 3, "small letters, digits and a hyphen"),
        ({"size": "100 by 50"}, 4, "as in 100 x 50 mm"),
        ({"symbol": "aztec 20mm"}, 5, "as in qr 32mm"),
        ({"symbol": "qr"}, 5, "as in qr 32mm"),
        ({"symbol": "qr 32mm, qr 20mm"}, 5, "as in qr 32mm"),
        ({"symbol": "qr 13mm"}, 5, "smaller than 0.25 mm"),
        ({"symbol": "datamatrix 9.9mm"}, 5, "smaller than 0.25 mm"),
        ({"fields": "number check small"}, 6, "every label has the field training"),
        ({"fields": "number check small training Number"}, 6, "'Number' is no name of a field"),
        ({"fields": "number check small training check"}, 6, "the field check stands twice"),
        ({"fields": "number check small training\n// kind: box"}, 7, "“kind” stands twice"),
        ({"fields": "number check small training\nFor autologous use only"}, 7, "for a product's study to say"),
        ({"fields": "number check small training\n仅供自体使用"}, 7, "for a product's study to say"),
    ],
    ids=str,
)
def test_a_fault_in_a_header_is_named_with_its_line(changed: dict[str, str | None], line: int, words: str) -> None:
    found = read_header(header(**changed))
    assert isinstance(found, list)
    assert [each.line for each in found] == [line]
    assert words in found[0].words


def test_all_faults_of_a_header_are_named_at_once() -> None:
    found = read_header(header(kind="poster", size="large", symbol=None))
    assert isinstance(found, list)
    assert sorted(each.line for each in found) == [1, 2, 4]
    assert all(isinstance(each, HeaderFault) for each in found)


def test_a_template_named_after_a_kind_takes_the_place_of_the_programs_own(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, bag=BAG.replace("bag-2", "bag-hospital-1"))
    assert label_template(folder, "bag").version == "bag-hospital-1"
    assert label_template(folder, "tag") == label_template(None, "tag")
    assert label_template(None, "bag").version == "bag-2"
    assert further_templates(folder, "bag") == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bag", BAG, r"bag\.typ, line 3: there is a version bag-2 already"),
        ("other", BAG, r"other\.typ, line 3: there is a version bag-2 already"),
        (
            "bag",
            BAG.replace("bag-2", "bag-3").replace(" expires ", " "),
            r"line 6: the fields of bag are others: expires",
        ),
        (
            "bag",
            BAG.replace("bag-2", "bag-3").replace(" lot ", " lot born "),
            "line 6: the fields of bag are others: born",
        ),
        ("tag", BAG.replace("bag-2", "bag-3"), r"tag\.typ, line 2: a file of this name is of the kind tag"),
        ("bag", BAG.replace("bag-2", "bag-3").replace("qr 32mm", "qr 3mm"), r"bag\.typ, line 5: symbol qr 3mm"),
    ],
    ids=["same version", "same version beside", "a field less", "a field more", "another kind", "a header fault"],
)
def test_a_template_that_does_not_stand_beside_the_others_stops_the_start(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(SiteFault, match=said):
        label_templates(folder_with(tmp_path, **{name: text}))


def test_two_templates_of_a_site_may_not_have_one_version(tmp_path: Path) -> None:
    one = BAG.replace("bag-2", "bag-3")
    with pytest.raises(SiteFault, match=r"second\.typ, line 3: there is a version bag-3 already"):
        label_templates(folder_with(tmp_path, first=one, second=one))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "bag.typ").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SiteFault, match=r"bag\.typ cannot be read"):
        label_templates(folder)


def test_a_site_without_templates_of_its_own_or_whose_home_is_the_checkout_has_the_programs(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "none", folder_with(tmp_path), resource("labels")):
        assert label_templates(folder) == label_templates(None)


def test_the_folder_lies_in_the_sites_home_unless_a_setting_names_another(tmp_path: Path) -> None:
    said = {"COTRACK_HOME": str(tmp_path), "COTRACK_ENVIRONMENT": "training"}
    assert read_settings(said).labels_folder == tmp_path / "labels"
    assert read_settings({**said, "COTRACK_LABELS_FOLDER": "/srv/labels"}).labels_folder == Path("/srv/labels")


def test_the_readmes_own_example_is_added_and_printed(world: World, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, bed_sign=example())
    stand_on(world, folder)
    assert further_templates(folder, "location") == ["bed-sign"]
    ask = site_labels.request_location_label
    act = lambda work: ask(work, "3A-BED-12", kind="location", template="bed-sign")  # noqa: E731 (one line)
    label = world.do("ma.k", act)
    assert label.template_version == "bed-sign-1"
    document = printing.hand_out(world.cast.ground, world.cast.actor("ma.k"), label.id).document
    assert document is not None
    picture = picture_of_pdf(document)
    assert codes_in_picture(picture) == [world.journey.code(label.id)]
    assert [round(each / 300 * 25.4) for each in picture.size] == [148, 105]
    shown = specimen(
        world.cast.ground, world.cast.actor("ma.k"), Asked("location", "3A-BED-12", "bed-sign"), output="pdf"
    )
    assert [round(each / 300 * 25.4) for each in picture_of_pdf(shown).size] == [148, 105]


def test_the_readmes_fault_is_what_the_program_says(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, bed_sign=example().replace("bed-sign-1", "Bed Sign"))
    said = re.findall(r"bed-sign\.typ, line 3: .+", README)[0]
    with pytest.raises(SiteFault) as fault:
        label_templates(folder)
    assert str(fault.value) == f"{folder}/{said}"


def test_a_label_is_drawn_by_the_very_template_that_it_was_asked_for_with(world: World, tmp_path: Path) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    label_id = world.journey.unit_label(unit, "bag")
    assert world.read(lambda session: instances.label_numbered(session, label_id)).template_version == "bag-2"
    asked = world.do("ma.k", lambda work: site_labels.request_location_label(work, "FILL-1", kind="location"))
    own = (resource("labels") / "location.typ").read_text(encoding="utf-8").replace("location-1", "location-2")
    stand_on(world, folder_with(tmp_path, location=own))
    with refused("template_changed"):
        printing.hand_out(world.cast.ground, world.cast.actor("ma.k"), asked.id)
    status = world.read(lambda session: instances.label_numbered(session, asked.id)).status
    assert status == "intended"


def test_a_template_that_the_site_does_not_have_is_refused(world: World) -> None:
    ask = site_labels.request_location_label
    for name in ("bed-sign", "bag", "location"):
        with pytest.raises(InvalidInput):
            world.do("ma.k", lambda work, each=name: ask(work, "FILL-1", kind="location", template=each))


def test_a_template_that_leaves_the_code_out_prints_nothing(world: World, tmp_path: Path) -> None:
    bare = re.sub(r"\n.*qr\(\)\)", "", (resource("labels") / "location.typ").read_text(encoding="utf-8"))
    stand_on(world, folder_with(tmp_path, location=bare.replace("location-1", "location-2")))
    asked = world.do("ma.k", lambda work: site_labels.request_location_label(work, "FILL-1", kind="location"))
    with pytest.raises(LabelNotPrintable, match="does not read back"):
        printing.hand_out(world.cast.ground, world.cast.actor("ma.k"), asked.id)
    assert world.read(lambda session: instances.label_numbered(session, asked.id)).status == "void"


def test_a_template_whose_name_no_back_up_could_hold_stops_the_start(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, **{"标" * 26: ""})
    with pytest.raises(SiteFault, match="is too long"):
        label_templates(folder)
