"""When a lot may leave filling or be closed, and when the product is at its end of life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.eligibility import add_months

END_STATES = frozenset({"completed", "stopped_early", "wasted", "destroyed"})
LABELS_OF_A_BAG = ("bag", "tag")


@dataclass(frozen=True)
class UnitFacts:
    """A unit as far as its lot's fate depends on it; `labels` says the status of its live label of each kind."""

    number: str
    status: str
    labels: Mapping[str, str]


def against_filled_volume(definition: Definition, volume_ml: Decimal, reason: str) -> list[Blocker]:
    """Return why a bag of this volume (mL) is not what the study's bag holds: more is none, less asks a reason.

    A version of the study that says no tolerance allows none. The last bag of a lot may hold less than the others.
    """
    usual, percent = definition.product.bag_volume_ml, definition.product.bag_volume_tolerance_percent or Decimal(0)
    if usual is None or abs(volume_ml - usual) * 100 <= usual * percent:
        return definition.against_use("product.bag_volume_ml", "product.bag_volume_tolerance_percent")
    details = {"volume": volume_ml, "usual": usual, "percent": percent}
    if volume_ml > usual:
        words = N_("{volume} mL is more than a bag of this study holds: {usual} mL, within {percent} %.")
        return [Blocker("volume_impossible", words, details)]
    if reason.strip():
        return []
    words = N_(
        "{volume} mL is less than a bag of this study holds: {usual} mL, within {percent} %. Correct it, or say why."
    )
    return [Blocker("volume_to_explain", words, details)]


def against_finish(units: Sequence[UnitFacts]) -> list[Blocker]:
    """Return what is missing before a lot leaves filling: at least one unit, each with both labels scanned back."""
    if not units:
        return [Blocker("no_units", "No unit has been filled yet.")]
    return [
        Blocker(
            "label_incomplete",
            "{unit}: the {label} label was not scanned back on the bag.",
            {"unit": unit.number, "label": label},
            solve=f"unit:{unit.number}",
        )
        for unit in units
        for label in LABELS_OF_A_BAG
        if unit.labels.get(label) != "applied"
    ]


def against_labelling(number: str, status: str) -> list[Blocker]:
    """Return why a unit gets no label: it has come to its end, and a label would outlive it."""
    if status not in END_STATES:
        return []
    return [Blocker("unit_ended", "{unit} has come to its end: it gets no label.", {"unit": number})]


def against_close(units: Sequence[UnitFacts], unaccounted_labels: int) -> list[Blocker]:
    """Return what keeps a lot open: a unit not at its end, a label nobody accounted for (21 CFR 211.125)."""
    blockers = [
        Blocker("unit_open", "{unit} has not come to its end.", {"unit": unit.number}, solve=f"unit:{unit.number}")
        for unit in units
        if unit.status not in END_STATES
    ]
    if unaccounted_labels:
        blockers.append(
            Blocker(
                "labels_unaccounted",
                "{count} printed labels are not accounted for.",
                {"count": unaccounted_labels},
            )
        )
    return blockers


def lot_expiry(made_on: date, shelf_life_months: int, zone: tzinfo) -> datetime:
    """Return the end of the last day of the shelf life, in the site's zone."""
    last_day = add_months(made_on, shelf_life_months)
    return datetime.combine(last_day, time(23, 59), zone)


def end_of_life(
    lot_expires_at: datetime, thaw_started_at: datetime | None, thawed_life_minutes: int | None
) -> datetime:
    """Return when a unit may no longer be given: lot's expiry or thaw's end, whichever is first (§3.3 rule 6)."""
    if thaw_started_at is None or thawed_life_minutes is None:
        return lot_expires_at
    return min(lot_expires_at, thaw_started_at + timedelta(minutes=thawed_life_minutes))
