"""The arithmetic of a dose, and everything that speaks against ordering or giving it (product.md, arithmetic)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.quality.rules import HoldFacts, against_held
from cotrack.study.rules.definition import Definition, Schedule, not_set

VOLUME_STEP = Decimal("0.1")
ONE_MILLION = 1_000_000
DOSE_STEP = Decimal("0.001")
USABLE_LOT_STATES = frozenset({"released"})


@dataclass(frozen=True)
class Bag:
    """A bag that could be given: its volume in mL and viable cells in millions per mL before the freeze."""

    number: str
    lot_number: str
    volume_ml: Decimal
    viable_million_per_ml: Decimal
    expires_at: datetime


@dataclass(frozen=True)
class Portion:
    """The volume to give from one bag, and the viable cells (in millions) that it brings after the thaw."""

    bag: Bag
    volume_ml: Decimal
    million_cells: Decimal


@dataclass(frozen=True)
class History:
    """What a participant was given before: how many infusions, and the site's day on which the last one started."""

    infusions: int
    last_started_on: date | None


@dataclass(frozen=True)
class Weighed:
    """A weight in kg and the day on which it was measured."""

    kg: Decimal
    on: date


def target_million(cells_per_kg: int, weight_kg: Decimal) -> Decimal:
    """Return the dose in millions of viable cells, to a thousand cells: cells per kg × kg."""
    return (cells_per_kg * weight_kg / ONE_MILLION).quantize(DOSE_STEP, ROUND_HALF_UP)


def viable_million(volume_ml: Decimal, viable_million_per_ml: Decimal, recovery: Decimal) -> Decimal:
    """Return the viable cells (in millions) in a volume after the thaw: volume × viable per mL × viable recovery."""
    return volume_ml * viable_million_per_ml * recovery


def ended_as(status: str, bags: Collection[str]) -> str:
    """Return what an order is for people: a completed one of which a bag was stopped early was stopped early."""
    return "stopped_early" if status == "completed" and "stopped_early" in bags else status


def first_to_expire(bags: Sequence[Bag]) -> list[Bag]:
    """Return the bags in the order in which they are used: first to expire first, then by number."""
    return sorted(bags, key=lambda bag: (bag.expires_at, bag.number))


def portions(target: Decimal, bags: Sequence[Bag], recovery: Decimal) -> list[Portion]:
    """Return the volume to give from each bag, first to expire first, until the dose (in millions) is reached.

    A whole bag is given before the next is opened; volumes are rounded to 0.1 mL, and what rounding leaves over opens
    no further bag. Fewer cells than the dose come back where the bags do not hold it: `against_portions` says so.
    """
    found: list[Portion] = []
    missing = target
    for bag in first_to_expire(bags):
        per_ml = viable_million(Decimal(1), bag.viable_million_per_ml, recovery)
        if per_ml <= 0:
            continue
        wanted = (missing / per_ml).quantize(VOLUME_STEP, ROUND_HALF_UP)
        volume = min(wanted, bag.volume_ml)
        if volume > 0:
            found.append(Portion(bag, volume, volume * per_ml))
            missing -= volume * per_ml
        if wanted <= bag.volume_ml:
            break
    return found


def against_portions(target: Decimal, chosen: Sequence[Portion], tolerance_percent: Decimal | None) -> list[Blocker]:
    """Return the reason where the portions do not add up to the dose within the study's tolerance."""
    if tolerance_percent is None:
        return [not_set("dose.tolerance_percent")]
    total = sum((portion.million_cells for portion in chosen), Decimal(0))
    if abs(total - target) * 100 <= target * tolerance_percent:
        return []
    details = {
        "total": total.quantize(Decimal("0.1")),
        "target": target.quantize(Decimal("0.1")),
        "percent": tolerance_percent,
    }
    return [
        Blocker(
            "dose_out_of_range",
            "The bags bring {total} million viable cells; the dose is {target} million, within {percent} %.",
            details,
        )
    ]


def against_lots_mixed(chosen: Sequence[Portion]) -> list[Blocker]:
    """Return the reason where one dose would come from bags of two lots (E36)."""
    lots = sorted({portion.bag.lot_number for portion in chosen})
    if len(lots) < 2:
        return []
    return [Blocker("lots_mixed", "The bags are of two lots: {lots}.", {"lots": ", ".join(lots)})]


def against_schedule(schedule: Schedule, history: History, on: date) -> list[Blocker]:
    """Return the reasons of number and interval: from start to start, in calendar days of the site (E22)."""
    return [*_against_number(schedule, history), *_against_interval(schedule, history, on)]


def _against_number(schedule: Schedule, history: History) -> list[Blocker]:
    most = schedule.infusions_most
    if most is None:
        return [not_set("schedule.infusions_most")]
    if history.infusions < most:
        return []
    details = {"count": history.infusions, "most": most}
    return [Blocker("too_many_infusions", "{count} infusions were given; the study allows {most}.", details)]


def _against_interval(schedule: Schedule, history: History, on: date) -> list[Blocker]:
    if history.last_started_on is None:
        return []
    least = schedule.interval_least_days
    if least is None:
        return [not_set("schedule.interval_least_days")]
    days = (on - history.last_started_on).days
    if days >= least:
        return []
    return [
        Blocker(
            "interval_too_short",
            "The last infusion started {days} days before ({last}); at least {least} days are needed.",
            {"days": days, "least": least, "last": history.last_started_on},
        )
    ]


def against_weight(weighed_on: date | None, on: date, valid_days: int | None) -> list[Blocker]:
    """Return the reason where there is no weight of the last days (E21)."""
    if valid_days is None:
        return [not_set("dose.weight_valid_days")]
    if weighed_on is None:
        return [Blocker("weight_stale", "No weight is recorded.")]
    if not 0 <= (on - weighed_on).days <= valid_days:
        return [
            Blocker(
                "weight_stale",
                "The weight is of {day}; it must be of the last {count} days.",
                {"day": weighed_on, "count": valid_days},
            )
        ]
    return []


def against_newer_weight(
    ordered_kg: Decimal, newest: Weighed | None, tolerance_percent: Decimal | None
) -> list[Blocker]:
    """Return the reason where the ordered dose is not, within the study's tolerance, that of the newest weight (E21).

    Cells are given per kilogram of who lies there today: the newest weight counts, whenever the order was signed.
    """
    if newest is None or newest.kg == ordered_kg:
        return []
    if tolerance_percent is None:
        return [not_set("dose.tolerance_percent")]
    if abs(ordered_kg - newest.kg) * 100 <= newest.kg * tolerance_percent:
        return []
    details = {"ordered": ordered_kg, "kg": newest.kg, "day": newest.on, "percent": tolerance_percent}
    words = N_(
        "{kg} kg were measured on {day}; the order is for {ordered} kg, more than {percent} % away. "
        "The physician cancels the order and signs a new one."
    )
    return [Blocker("weight_stale", words, details)]


def against_dose_step(definition: Definition, cells_per_kg: int) -> list[Blocker]:
    """Return the reason where the dose per kilogram is none of the study's steps."""
    steps = definition.dose.steps_cells_per_kg
    if steps is not None and cells_per_kg in steps:
        return []
    words = ", ".join(f"{step:,}" for step in steps) if steps else "–"
    return [
        Blocker(
            "dose_out_of_range",
            "{dose} cells per kg is no dose step of the study ({steps}).",
            {"dose": f"{cells_per_kg:,}", "steps": words},
        )
    ]


def against_lot(
    number: str,
    status: str,
    *,
    has_acceptance: bool = False,
    over: Sequence[Blocker] = (),
    supplied: Sequence[Blocker] | None = None,
) -> list[Blocker]:
    """Return the reason where a lot may not be given: `lot_not_released`, `lot_conditional`, `lot_rejected`.

    `over` says what keeps a conditional one from everybody, because its time is over or what one person typed of it is
    unsettled: then no acceptance counts. `supplied` is what stands against its supply out of specification for the
    order at hand, None where there is none; only in quarantine it counts (E07).
    """
    details = {"lot": number}
    solve = f"lot:{number}"
    if status in USABLE_LOT_STATES:
        return []
    if status == "conditionally_released" and (over or has_acceptance):
        return list(over)
    if status == "conditionally_released":
        return [
            Blocker(
                "lot_conditional",
                "Lot {lot} is released conditionally: it is given only for an order whose physician accepted it.",
                details,
                solve=solve,
            )
        ]
    if status == "quarantine" and supplied is not None:
        return list(supplied)
    if status == "rejected":
        return [Blocker("lot_rejected", "Lot {lot} is rejected.", details, solve=solve)]
    return [Blocker("lot_not_released", "Lot {lot} is not released.", details, solve=solve)]


def against_treating(participant: str, treated_by: str, username: str) -> list[Blocker]:
    """Return the reason where somebody else treats a participant: only the treating physician accepts a lot (§3.3)."""
    if treated_by == username:
        return []
    words = N_("{participant} is treated by {physician}: they accept the lot, or you take the treatment over first.")
    details = {"participant": participant, "physician": treated_by or "–"}
    return [Blocker("not_treating_physician", words, details, solve=f"participant:{participant}")]


def against_acceptance(
    number: str,
    status: str,
    outstanding: Sequence[str],
    holds: Sequence[HoldFacts],
    *,
    stops: Sequence[Blocker] = (),
) -> list[Blocker]:
    """Return every reason why no physician can accept a lot for an order: only a conditional one needs it (E06).

    `stops` says that its time is over, and which of its tests failed.
    """
    details, solve = {"lot": number}, f"lot:{number}"
    if status != "conditionally_released":
        return [Blocker("lot_not_conditional", "Lot {lot} is not released conditionally.", details, solve=solve)]
    if not outstanding:
        words = N_("No test of lot {lot} is outstanding any more: QA releases it fully or rejects it.")
        return [Blocker("nothing_outstanding", words, details, solve=solve)]
    return [*stops, *against_held(holds)]


def is_accepted(accepted: str, outstanding: Sequence[str]) -> bool:
    """Whether an acceptance counts now: it names the very tests that are outstanding, no more and no fewer."""
    return bool(outstanding) and accepted.split() == list(outstanding)


def against_bag(
    bag: Bag,
    lot_status: str,
    holds: Sequence[HoldFacts],
    now: datetime,
    *,
    has_acceptance: bool = False,
    over: Sequence[Blocker] = (),
    supplied: Sequence[Blocker] | None = None,
) -> list[Blocker]:
    """Return every reason why a bag may not be set aside; `over` and `supplied` as for its lot."""
    against = against_lot(bag.lot_number, lot_status, has_acceptance=has_acceptance, over=over, supplied=supplied)
    blockers = [*against, *against_held(holds)]
    if bag.expires_at <= now:
        blockers.append(Blocker("expired", "{unit} expired at {at}.", {"unit": bag.number, "at": bag.expires_at}))
    return blockers
