"""Endotoxin per infusion: 5 EU × kg × max(hours, 1), over all bags (domain.md §3.2; USP <85>, Ph. Eur. 5.1.10)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrack.foundation.resources import resource
from cotrack.orders.rules import Endotoxin, Infusion, Share, endotoxin_of_infusion
from cotrack.study.rules.reading import read_definition

LOT, OTHER_LOT = "MSC26-0031", "MSC26-0032"


def infusion(kg: str = "60", minutes: int | None = 60, factor: str | None = "5") -> Infusion:
    return Infusion(Decimal(kg), minutes, Decimal(factor) if factor is not None else None)


def share(volume_ml: str, eu_per_ml: str | None, lot: str = LOT) -> Share:
    return Share(lot, Decimal(volume_ml), Decimal(eu_per_ml) if eu_per_ml is not None else None)


def judged(*shares: Share, **whom: object) -> Endotoxin:
    return endotoxin_of_infusion(infusion(**whom), shares)  # type: ignore[arg-type]


def codes(found: Endotoxin) -> list[str]:
    return [each.code for each in found.blockers]


@pytest.mark.parametrize(
    ("kg", "minutes", "allowed", "hours"),
    [
        ("60", 60, "300.0", "1"),
        ("60", 1, "300.0", "1"),
        ("60", 59, "300.0", "1"),
        ("60", 61, "305.0", "61/60"),
        ("60", 90, "450.0", "1.5"),
        ("60", 63, "315.0", "1.05"),
        ("60", 100, "500.0", "100/60"),
        ("60", 600, "3000.0", "10"),
        ("61.5", 30, "307.5", "1"),
        ("61.1", 100, "509.1", "100/60"),
    ],
)
def test_five_eu_per_kilogram_and_hour_are_allowed_and_an_hour_at_least(
    kg: str, minutes: int, allowed: str, hours: str
) -> None:
    found = judged(kg=kg, minutes=minutes)
    assert (str(found.allowed_eu), found.infusion.hours, found.given_eu) == (allowed, hours, None)
    assert found.blockers == ()


@pytest.mark.parametrize(("eu_per_ml", "words"), [("3.0", []), ("3.000001", ["endotoxin_too_high"])])
def test_sixty_kilograms_in_an_hour_bear_three_eu_per_millilitre_in_a_hundred(eu_per_ml: str, words: list[str]) -> None:
    assert codes(judged(share("100", eu_per_ml))) == words


@pytest.mark.parametrize(
    ("kg", "minutes", "words"),
    [("60", 60, []), ("59.9", 60, ["endotoxin_too_high"]), ("50", 60, ["endotoxin_too_high"]), ("50", 72, [])],
)
def test_the_same_bag_passes_for_one_participant_and_fails_for_another(kg: str, minutes: int, words: list[str]) -> None:
    assert codes(judged(share("100", "3"), kg=kg, minutes=minutes)) == words


def test_a_limit_that_is_no_whole_tenth_is_compared_before_it_is_rounded() -> None:
    # 5 × 61.1 × 100/60 = 509.1666… EU
    inside, outside = (judged(share("1", eu), kg="61.1", minutes=100) for eu in ("509.166666", "509.166667"))
    assert (codes(inside), codes(outside)) == ([], ["endotoxin_too_high"])
    assert (str(outside.given_eu), str(outside.allowed_eu)) == ("509.2", "509.1")


def test_what_is_given_is_the_sum_over_all_bags_and_never_shown_lower_than_it_is() -> None:
    found = judged(share("25.5", "0.25"), share("25.5", "0.25"), kg="61.5")
    assert (str(found.given_eu), str(found.allowed_eu)) == ("12.8", "307.5")
    assert codes(judged(share("50", "3.1"), share("50", "2.9"))) == []
    assert codes(judged(share("50", "3.1"), share("50", "2.91"))) == ["endotoxin_too_high"]


def test_too_much_endotoxin_says_how_much_for_whom_and_whom_to_ask() -> None:
    (reason,) = judged(share("30", "5.125"), share("29.9", "5.125"), minutes=30).blockers
    assert reason.sentence == (
        "The bags of lot MSC26-0031 bring up to 307.0 EU of endotoxin; 300.0 EU are allowed for this participant "
        "(5 EU × 60 kg × 1 h). Ask QA for a lot with less endotoxin."
    )
    assert reason.solve == f"lot:{LOT}"


def test_too_much_of_two_lots_names_both() -> None:
    (reason,) = judged(share("60", "3", OTHER_LOT), share("60", "3")).blockers
    assert reason.parameters["lot"] == f"{LOT}, {OTHER_LOT}"


def test_a_lot_whose_endotoxin_is_not_known_is_told_once_and_nothing_is_said_of_how_much_it_brings() -> None:
    found = judged(share("30", None), share("30", None), share("30", "0.1", OTHER_LOT))
    (reason,) = found.blockers
    assert (reason.code, reason.solve, found.given_eu) == ("endotoxin_unknown", f"lot:{LOT}", None)
    assert reason.sentence == (
        "The endotoxin of lot MSC26-0031 cannot be computed: no reviewed result says in EU/mL how much it is at most. "
        "The laboratory reports one, and a second person reviews it."
    )


@pytest.mark.parametrize(
    ("gap", "keys"),
    [
        ({"minutes": None}, ["dose.planned_minutes"]),
        ({"factor": None}, ["dose.endotoxin_eu_per_kg_hour"]),
        ({"minutes": None, "factor": None}, ["dose.endotoxin_eu_per_kg_hour", "dose.planned_minutes"]),
    ],
)
def test_what_the_sponsor_has_not_set_is_named_and_never_taken_as_an_hour_or_as_nothing(
    gap: dict[str, None], keys: list[str]
) -> None:
    found = judged(share("1000", "1000"), **gap)
    assert [each.sentence for each in found.blockers] == [f"The sponsor has not set {key}." for key in keys]
    assert (set(codes(found)), found.allowed_eu) == ({"sponsor_to_set"}, None)


def test_the_study_says_how_long_an_infusion_takes_and_what_is_allowed() -> None:
    study, _ = read_definition(resource("study/definitions/msc-ifna.toml").read_text(encoding="utf-8"))
    assert study is not None
    dose = replace(study.dose, planned_minutes=90)
    assert Infusion.of(dose, Decimal("61.5")) == Infusion(Decimal("61.5"), 90, Decimal(5))


def test_hours_that_nobody_planned_are_a_dash() -> None:
    assert infusion(minutes=None).hours == "–"


def test_a_gap_and_a_lot_that_is_not_known_are_both_told() -> None:
    assert codes(judged(share("30", None), minutes=None)) == ["sponsor_to_set", "endotoxin_unknown"]


def test_a_study_that_allows_no_endotoxin_allows_none() -> None:
    assert codes(judged(share("30", "0.01"), factor="0")) == ["endotoxin_too_high"]
    assert codes(judged(share("30", "0"), factor="0")) == []


@given(
    shares=st.lists(st.tuples(st.decimals("0.1", "60", places=1), st.decimals("0", "9", places=3)), max_size=4),
    kg=st.decimals("3", "150", places=1),
    minutes=st.integers(1, 600),
)
@settings(max_examples=50, deadline=None)
def test_an_infusion_is_refused_exactly_where_its_bags_bring_more_than_is_allowed(
    *, shares: Sequence[tuple[Decimal, Decimal]], kg: Decimal, minutes: int
) -> None:
    found = endotoxin_of_infusion(
        Infusion(kg, minutes, Decimal(5)), [Share(LOT, volume, eu_per_ml) for volume, eu_per_ml in shares]
    )
    thousandths = sum(int(volume * 10) * int(eu_per_ml * 1000) for volume, eu_per_ml in shares)
    is_too_high = thousandths * 60 > 5 * int(kg * 10) * max(minutes, 60) * 1000
    assert codes(found) == (["endotoxin_too_high"] if is_too_high else [])
