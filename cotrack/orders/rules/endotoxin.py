"""How much endotoxin one infusion may bring, and how much its bags bring at most (product.md, arithmetic)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import Dose, not_set

EU_STEP = Decimal("0.1")
MINUTES_OF_AN_HOUR = 60


@dataclass(frozen=True)
class Share:
    """What is given from one bag: its lot, the volume in mL, and its endotoxin in EU/mL at most (None: not known)."""

    lot_number: str
    volume_ml: Decimal
    most_eu_per_ml: Decimal | None


@dataclass(frozen=True)
class Infusion:
    """Whom an infusion is for (kg), how long it is planned to take, and what the study allows per kg and hour.

    What the sponsor has not set is None.
    """

    weight_kg: Decimal
    planned_minutes: int | None
    eu_per_kg_hour: Decimal | None

    @classmethod
    def of(cls, dose: Dose, weight_kg: Decimal) -> "Infusion":
        """Return the infusion of a study's dose for somebody of this weight."""
        return cls(weight_kg, dose.planned_minutes, dose.endotoxin_eu_per_kg_hour)

    @property
    def minutes(self) -> int | None:
        """The minutes that count: an hour at least, because what is given faster is given within that hour."""
        return None if self.planned_minutes is None else max(self.planned_minutes, MINUTES_OF_AN_HOUR)

    @property
    def hours(self) -> str:
        """The hours that count, in exact words: `1`, `1.5`, and `100/60` where no short decimal says it."""
        minutes = self.minutes
        if minutes is None:
            return "–"
        # A sixtieth has a short decimal wherever three goes into the minutes, and nowhere else.
        is_short = minutes % 3 == 0
        return f"{Decimal(minutes) / MINUTES_OF_AN_HOUR:f}" if is_short else f"{minutes}/{MINUTES_OF_AN_HOUR}"


@dataclass(frozen=True)
class Endotoxin:
    """The endotoxin of one infusion in EU: what its bags bring at most, what is allowed, and the reasons against it.

    Both are to a tenth, rounded to the strict side; None where there is no bag, or where one of them is not known.
    """

    infusion: Infusion
    given_eu: Decimal | None
    allowed_eu: Decimal | None
    blockers: tuple[Blocker, ...]


def endotoxin_of_infusion(infusion: Infusion, shares: Sequence[Share]) -> Endotoxin:
    """Hold the endotoxin of all bags of an infusion against 5 EU × kg × max(hours, 1) (USP <85>, Ph. Eur. 5.1.10).

    The bags of one order count together, as if all were given within the planned time: the strict side.
    """
    gaps = _gaps(infusion)
    unknown = [_unknown(lot) for lot in sorted({each.lot_number for each in shares if each.most_eu_per_ml is None})]
    given = _given(shares)
    allowed = _allowed_in_sixtieths(infusion)
    blockers = [*gaps, *unknown]
    # Compared in sixtieths of an EU: 100 minutes are no whole number of hours, and nothing is rounded before it.
    if given is not None and allowed is not None and given * MINUTES_OF_AN_HOUR > allowed:
        blockers.append(_too_high(infusion, shares, given, allowed))
    return Endotoxin(
        infusion,
        given.quantize(EU_STEP, ROUND_CEILING) if given is not None and shares else None,
        _shown(allowed) if allowed is not None else None,
        tuple(blockers),
    )


def _gaps(infusion: Infusion) -> list[Blocker]:
    values = {
        "dose.endotoxin_eu_per_kg_hour": infusion.eu_per_kg_hour,
        "dose.planned_minutes": infusion.planned_minutes,
    }
    return [not_set(key) for key, value in values.items() if value is None]


def _given(shares: Sequence[Share]) -> Decimal | None:
    """Return the sum over all bags; None where one of them may bring any amount."""
    found = [each.volume_ml * each.most_eu_per_ml for each in shares if each.most_eu_per_ml is not None]
    return sum(found, Decimal(0)) if len(found) == len(shares) else None


def _allowed_in_sixtieths(infusion: Infusion) -> Decimal | None:
    if infusion.eu_per_kg_hour is None or infusion.minutes is None:
        return None
    return infusion.eu_per_kg_hour * infusion.weight_kg * infusion.minutes


def _shown(sixtieths: Decimal) -> Decimal:
    return (sixtieths / MINUTES_OF_AN_HOUR).quantize(EU_STEP, ROUND_FLOOR)


def _unknown(lot: str) -> Blocker:
    words = N_(
        "The endotoxin of lot {lot} cannot be computed: no reviewed result says in EU/mL how much it is at most. "
        "The laboratory reports one, and a second person reviews it."
    )
    return Blocker("endotoxin_unknown", words, {"lot": lot}, solve=f"lot:{lot}")


def _too_high(infusion: Infusion, shares: Sequence[Share], given: Decimal, allowed: Decimal) -> Blocker:
    words = N_(
        "The bags of lot {lot} bring up to {given} EU of endotoxin; {allowed} EU are allowed for this participant "
        "({factor} EU × {kg} kg × {hours} h). Ask QA for a lot with less endotoxin."
    )
    lots = sorted({each.lot_number for each in shares})
    details = {
        "lot": ", ".join(lots),
        "given": given.quantize(EU_STEP, ROUND_CEILING),
        "allowed": _shown(allowed),
        "factor": infusion.eu_per_kg_hour,
        "kg": infusion.weight_kg,
        "hours": infusion.hours,
    }
    return Blocker("endotoxin_too_high", words, details, solve=f"lot:{lots[0]}")
