"""What labels say by rule: the law's wording by authority, and legends only where they are true."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from support.refusals import refused
from support.sources import DONOR, MASTER, WORKING, approved_sources, recorded_late, registered_bank, registered_donor
from support.sources import reject as rejected
from support.stages import LOT
from support.texts import DEMONSTRATION
from support.worlds import World

from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.resources import resource
from cotrack.foundation.site import AUTHORITIES, SiteFault, read_site
from cotrack.foundation.work import Work
from cotrack.foundation.written import says_autologous_only
from cotrack.labelling.rules.wording import (
    AUTOLOGOUS,
    BIOHAZARD,
    NOT_EVALUATED,
    STATEMENTS,
    WARNING,
    against_wording,
    law_line,
    legends,
)
from cotrack.manufacture.service import filling, units, vials
from cotrack.study import service as study

SITE = resource("study/definitions/site.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "FOR AUTOLOGOUS USE ONLY",
        "For autologous use only.",
        "for  Autologous-Use\nonly",
        "Ｆor autologous use only",
        "only for autologous use",
        "仅供自体使用",
        "仅限自体",
        "只用于患者自体",
        "自体专用",
    ],
)
def test_the_statement_is_known_however_it_is_spelt(text: str) -> None:
    assert says_autologous_only(text)


@pytest.mark.parametrize(
    "text",
    ["", "allogeneic cells", "not for autologous use", "autologous serum", "仅用于临床试验", "同种异体", "自体血清"],
)
def test_what_only_sounds_like_the_statement_is_left_alone(text: str) -> None:
    assert not says_autologous_only(text)


def test_each_authority_has_its_statement_once_beside_the_sites_own_words() -> None:
    own = "仅用于临床试验 For clinical trial use only"
    assert law_line(own, ()) == own
    assert law_line(own, ("CN", "EU")) == own
    assert law_line(own, ("CN", "EU", "US")) == f"{own} {STATEMENTS['US']}"
    assert law_line("Our words", ("EU",)) == "Our words For clinical trial use only"
    assert set(STATEMENTS) == set(AUTHORITIES)


@pytest.mark.parametrize(
    ("is_autologous", "donors", "is_given", "said"),
    [
        (False, [], True, []),
        (False, ["eligible", "eligible"], True, []),
        (False, ["undecided"], True, [NOT_EVALUATED]),
        (False, ["eligible", "not_eligible"], True, [BIOHAZARD, WARNING]),
        (False, ["undecided", "not_eligible"], True, [BIOHAZARD, WARNING, NOT_EVALUATED]),
        (False, ["undecided", "not_eligible"], False, [BIOHAZARD]),
        (True, ["eligible"], True, [AUTOLOGOUS]),
        (True, ["eligible"], False, []),
        (None, ["eligible"], True, []),
    ],
    ids=str,
)
def test_a_legend_stands_only_where_it_is_true(
    is_autologous: bool | None, donors: list[str], is_given: bool, said: list[str]
) -> None:
    assert legends(is_autologous=is_autologous, donors=donors, is_given=is_given) == " · ".join(said)


@pytest.mark.parametrize("is_autologous", [False, None])
def test_an_allogeneic_product_never_says_that_it_is_autologous(is_autologous: bool | None) -> None:
    texts = {"handling": "Keep cold. For autologous use only.", "product": "MSC"}
    found = against_wording(texts, is_autologous=is_autologous)
    assert [(each.code, each.parameters["field"]) for each in found] == [("wording_untrue", "handling")]
    assert against_wording(texts, is_autologous=True) == []


def test_a_study_that_says_it_of_an_allogeneic_product_is_not_loaded(world: World) -> None:
    text = DEMONSTRATION.replace('version = "1-demonstration"', 'version = "2-demonstration"')
    handling = tomllib.loads(text.split("\n# ---- filled by ----\n")[0])["labels"]["handling_en"]
    wrong = text.replace(handling, "For autologous use only.")
    assert wrong != text
    faults = study.check_study(wrong)[1]
    assert [each.key for each in faults] == ["labels.handling_en"]
    with pytest.raises(InvalidInput) as refusal:
        world.do("qian.m", lambda work: study.load(work, wrong))
    assert [each.code for each in refusal.value.reasons] == ["study_fault"]
    autologous = wrong.replace("is_autologous = false", "is_autologous = true")
    assert study.check_study(autologous)[1] == []


@pytest.mark.parametrize("key", ["law_en", "law_zh", "maker_en", "maker_zh"])
def test_a_site_that_says_it_does_not_start(tmp_path: Path, key: str) -> None:
    path = tmp_path / "site.toml"
    lines = [f'{key} = "仅供自体使用"' if line.startswith(f"{key} ") else line for line in SITE.splitlines()]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SiteFault, match=f"{key} says “for autologous use only”"):
        read_site(path)


def test_an_authority_that_the_program_does_not_know_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE.replace('authorities = ["CN", "EU"]', 'authorities = ["JP"]'), encoding="utf-8")
    with pytest.raises(SiteFault, match="authorities: must be a list of CN, EU, US"):
        read_site(path)
    path.write_text(SITE.replace('authorities = ["CN", "EU"]\n', ""), encoding="utf-8")
    assert read_site(path).authorities == ()


def test_a_label_that_would_say_it_is_not_asked_for(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    site = replace(world.runtime.ground.site, maker_en="Maker. For autologous use only")
    world.cast.ground = replace(world.runtime.ground, site=site)
    with refused("wording_untrue"):
        world.do("zhao.l", lambda work: filling.request_label(work, unit, kind="bag"))


def said_on(world: World, unit: str, kind: str) -> str:
    """Return the legends that a unit's label would carry now."""

    def look(work: Work) -> str:
        work.record("label_instance.specimen", f"unit:{unit}", permission="label:print")
        return str(units.label_fields(work, units.unit_numbered(work.session, unit), kind)["legends"])

    return str(world.do("zhao.l", look))


def vial_says(world: World, number: str) -> str:
    bank = number.rpartition("-V")[0]
    asked = world.do("zhao.l", lambda work: vials.request_vial_label(work, bank, vial=1, reason="look"))
    return str(asked.fields)


def test_a_lot_says_what_is_true_of_its_donors_and_nothing_else(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.labelled_unit(LOT)
    assert said_on(world, unit, "bag") == ""
    approved_sources(world)
    registered_donor(world, "DON-0008")
    registered_bank(world, "MCB-26-08", "DON-0008")
    recorded_late(world, LOT, WORKING, "1")
    assert said_on(world, unit, "bag") == ""
    recorded_late(world, LOT, "MCB-26-08", "1")
    assert (said_on(world, unit, "bag"), said_on(world, unit, "tag")) == (NOT_EVALUATED, NOT_EVALUATED)
    rejected(world, "donor", "DON-0008")
    assert said_on(world, unit, "bag") == f"{BIOHAZARD} · {WARNING}"
    sample = world.journey.sample(LOT, "retention")
    assert said_on(world, sample, "sample") == BIOHAZARD


def test_a_vial_of_a_donor_nobody_decided_about_is_not_evaluated_until_somebody_does(world: World) -> None:
    registered_donor(world)
    registered_bank(world, MASTER, DONOR)
    assert NOT_EVALUATED in vial_says(world, f"{MASTER}-V001")
    rejected(world, "donor", DONOR)
    said = vial_says(world, f"{MASTER}-V001")
    assert BIOHAZARD in said
    assert NOT_EVALUATED not in said


def test_a_vial_of_an_eligible_donor_carries_no_legend(world: World) -> None:
    approved_sources(world)
    said = vial_says(world, f"{WORKING}-V001")
    assert '"legends": ""' in said
    assert "工作库 working" in said
