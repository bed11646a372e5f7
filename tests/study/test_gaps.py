"""What the sponsor has not set blocks use, not loading: each act that needs a value names it and stops there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.clients import SignIn
from support.clinic import BORN, candidate, file_of, looked, refusal
from support.refusals import refused
from support.stages import HER, LOT, at_the_bedside, at_the_ward, codes, enrolled
from support.studies import in_effect, newer
from support.worlds import World

from cotrack.bedside.service import infusions
from cotrack.foundation.errors import Refused
from cotrack.manufacture.service import units
from cotrack.orders.service import allocation, dosing
from cotrack.participants.service import bands, enrolment
from cotrack.study import service as study
from cotrack.study.rules.definition import Definition

Forget = Callable[..., None]


def opened(world: World, *lines: str) -> None:
    """Let a version take effect in which the sponsor has not set what these lines of the study's files say."""
    in_effect(world, newer(*map(_gap, lines)))


def _gap(line: str) -> tuple[str, str]:
    if line.startswith('"'):
        return f"\n{line}\n", "\n"
    return f"\n{line}\n", f'\n{line.partition(" = ")[0]} = "sponsor_to_set"\n'


def keys(refusal: Refused) -> list[object]:
    """Return the keys that a refusal names as not set; it gives no other reason."""
    assert {each.code for each in refusal.reasons} == {"sponsor_to_set"}
    return [each.parameters.get("key", str(each.parameters.get("words"))) for each in refusal.reasons]


@pytest.fixture
def forget(world: World, monkeypatch: pytest.MonkeyPatch) -> Forget:
    """Open gaps in the version in effect, behind what was done under it: `forget("dose", "planned_minutes")`."""

    def opening(part: str, *names: str) -> None:
        row = world.read(study.in_effect)
        whole: Definition = study.definition_of(row)
        open_part = replace(getattr(whole, part), **dict.fromkeys(names))
        unset = whole.unset | {f"{part}.{name}" for name in names}
        monkeypatch.setitem(study._read, row.sha256, replace(whole, **{part: open_part}, unset=unset))

    return opening


def order(work: Any) -> Any:
    return dosing.make_order(work, HER, cells_per_kg=2_000_000, planned_on=work.now.date())


def test_an_order_names_everything_of_dose_and_schedule_that_is_not_set(world: World) -> None:
    opened(
        world,
        "cells_per_kg = 2_000_000",
        "infusions_most = 4",
        "interval_least_days = 28",
        '"dose.tolerance_percent" = 10',
        '"dose.post_thaw_recovery" = 0.90',
        '"dose.weight_valid_days" = 7',
        '"dose.planned_minutes" = 30',
        '"dose.premedication_zh" = "无（仅供演示）"',
        '"product.thawed_life_minutes" = 90',
    )
    enrolled(world, HER)
    assert keys(refusal(world, "dr.gao", order, is_signed=True)) == [
        "dose.cells_per_kg",
        "dose.planned_minutes",
        "dose.post_thaw_recovery",
        "dose.premedication_zh",
        "dose.tolerance_percent",
        "product.thawed_life_minutes",
        "dose.weight_valid_days",
        "schedule.infusions_most",
    ]


def test_a_dose_step_that_is_not_set_is_no_step(world: World) -> None:
    opened(world, '"dose.steps_cells_per_kg" = [2_000_000]')
    enrolled(world, HER)
    found = refusal(world, "dr.gao", order, is_signed=True)
    assert [each.code for each in found.reasons] == ["sponsor_to_set", "dose_out_of_range"]


def test_nobody_is_enrolled_over_a_limit_that_is_not_set(world: World) -> None:
    opened(world, "more_than = 28")
    content = file_of(candidate(world, HER))
    (person,) = looked(world, content).new
    assert person.verdict.sentence("en") == "undecided: the sponsor has not set inclusion.I5.rule.1.more_than"
    world.journey.screened(content)
    world.journey.identified(HER, "测试", "H-1", BORN)
    world.journey.answered(HER)
    found = refusal(world, "dr.gao", lambda work: enrolment.enrol(work, HER, arm="monotherapy"), is_signed=True)
    assert keys(found) == ["inclusion.I5.rule.1.more_than"]


def test_nobody_signs_for_an_arm_without_a_name(world: World) -> None:
    opened(world, 'name_zh = "MSC-IFNα 单药"')
    with refused("sponsor_to_set") as found:
        enrolled(world, HER)
    assert keys(found.value) == ["arm.monotherapy.name_zh"]


@pytest.mark.parametrize("name", ["bag_volume_ml", "bag_volume_tolerance_percent"])
def test_no_bag_is_filled_where_the_study_does_not_say_what_a_bag_holds(
    world: World, forget: Forget, name: str
) -> None:
    world.journey.lot(LOT)
    forget("product", name)
    with refused("sponsor_to_set") as found:
        world.journey.unit(LOT)
    assert keys(found.value) == [f"product.{name}"]


def test_no_label_leaves_a_dash_where_the_study_says_nothing(world: World) -> None:
    opened(
        world,
        'registration = "NCT05699811"',
        '"product.storage_en" = "nitrogen vapour, ≤ −135 °C"',
        '"product.storage_zh" = "液氮气相，≤ −135 °C"',
    )
    world.journey.lot(LOT)
    bag = world.journey.unit(LOT)
    assert world.do("zhao.l", lambda work: units.label_fields(work, units.unit_numbered(work.session, bag), "tag"))
    with refused(*["sponsor_to_set"] * 3) as found:
        world.journey.unit_label(bag, "bag")
    assert keys(found.value) == ["product.storage_en", "product.storage_zh", "study.registration"]


def test_no_band_is_printed_for_a_study_without_its_name(world: World) -> None:
    opened(world, 'short_zh = "MSC-IFNα 首次人体 1/2 期试验"')
    with refused("sponsor_to_set") as found:
        enrolled(world, HER)
    assert keys(found.value) == ["study.short_zh"]
    assert world.read(lambda session: bands.worn_band(session, 1)) is None


@pytest.mark.parametrize("name", ["post_thaw_recovery", "tolerance_percent"])
def test_no_bag_is_set_aside_without_recovery_and_tolerance(world: World, forget: Forget, name: str) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    number = world.journey.ordered(HER)
    forget("dose", name)
    assert keys(refusal(world, "li.c", lambda work: allocation.allocate(work, number))) == [f"dose.{name}"]


@pytest.mark.parametrize(
    ("part", "name"),
    [("dose", "planned_minutes"), ("dose", "weight_valid_days"), ("product", "thawed_life_minutes")],
)
def test_a_check_before_the_thaw_and_at_the_bedside_names_what_is_not_set(
    world: World, forget: Forget, part: str, name: str
) -> None:
    bedside = at_the_ward(world)
    forget(part, name)
    check = world.journey.thaw_check(bedside.bag, "zhou.n")
    assert codes(check) == ["sponsor_to_set"]
    assert check.blockers[0].parameters == {"key": f"{part}.{name}"}


def test_an_infusion_ends_as_planned_only_by_a_tolerance_that_is_set_and_can_always_be_stopped(
    world: World, forget: Forget
) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    forget("dose", "tolerance_percent")
    with refused("sponsor_to_set"):
        world.journey.completed(infusion, "25.5", "4.5")
    volumes = {"volume_given_ml": 25, "volume_left_ml": 5}
    world.sign("wu.n", lambda work: infusions.stop_early(work, infusion.id, **volumes, reason="tolerance not set"))
    assert world.journey.order(bedside.order).status == "completed"


def test_whoever_is_due_stays_on_the_work_list_and_the_order_says_what_is_not_set(
    world: World, forget: Forget, person: SignIn
) -> None:
    enrolled(world, HER)
    forget("schedule", "infusions_most", "interval_least_days", "interval_most_days")
    assert f"/participants/{HER}/order" in person("dr.gao").get("/").get_data(as_text=True)
    page = person("dr.gao").get(f"/participants/{HER}/order")
    assert page.status_code == 200
    assert "The sponsor has not set schedule.infusions_most." in page.get_data(as_text=True)
    forget("dose", "cells_per_kg")
    page = person("dr.gao").get(f"/participants/{HER}/order")
    assert page.status_code == 409
    assert "The sponsor has not set dose.cells_per_kg." in page.get_data(as_text=True)


def test_the_page_of_a_study_shows_a_dash_where_nothing_is_set(world: World, forget: Forget, person: SignIn) -> None:
    path = f"/studies/{world.read(study.in_effect).sha256}"
    page = person("qian.m").get(path).get_data(as_text=True)
    for said in ("2,000,000 viable cells per kg", "1–4", "28–42 days"):
        assert f"<dd>{said}</dd>" in page
    forget("dose", "cells_per_kg")
    forget("schedule", "infusions_least", "interval_most_days")
    page = person("qian.m").get(path).get_data(as_text=True)
    for said in ("– viable cells per kg", "≤ 4", "≥ 28 days"):
        assert f"<dd>{said}</dd>" in page
    forget("schedule", "infusions_most")
    assert "<dd>–</dd>" in person("qian.m").get(path).get_data(as_text=True)
