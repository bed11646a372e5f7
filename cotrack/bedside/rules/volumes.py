"""Whether the volumes of an infusion's end can be true and fit the order."""

from decimal import Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.study.rules.definition import not_set


def against_volumes(bag_ml: Decimal, given_ml: Decimal, left_ml: Decimal) -> list[Blocker]:
    """Return the reason where more came out of a bag than was in it."""
    if given_ml + left_ml <= bag_ml:
        return []
    details = {"given": given_ml, "left": left_ml, "bag": bag_ml}
    return [
        Blocker(
            "volume_impossible",
            "{given} mL given and {left} mL left are more than the bag's {bag} mL.",
            details,
        )
    ]


def missing_volume(bag_ml: Decimal, given_ml: Decimal, left_ml: Decimal, tolerance_percent: Decimal | None) -> Decimal:
    """Return the volume in mL of a bag that was neither given nor left; 0 within the study's tolerance of the bag's.

    A study that says no tolerance allows none: nothing that is missing passes unsaid.
    """
    missing = bag_ml - given_ml - left_ml
    return missing if missing * 100 > bag_ml * (tolerance_percent or Decimal(0)) else Decimal(0)


def against_missing(missing_ml: Decimal, reason: str) -> list[Blocker]:
    """Return the reason where a volume is missing and nobody says where it went."""
    if missing_ml <= 0 or reason.strip():
        return []
    words = N_("{missing} mL of the bag were neither given nor left. Correct the numbers, or say where they went.")
    return [Blocker("volume_to_explain", words, {"missing": missing_ml})]


def against_completion(to_give_ml: Decimal, given_ml: Decimal, tolerance_percent: Decimal | None) -> list[Blocker]:
    """Return the reason where the volume given is not the ordered one within the study's tolerance (E21)."""
    if tolerance_percent is None:
        return [not_set("dose.tolerance_percent")]
    if abs(given_ml - to_give_ml) * 100 <= to_give_ml * tolerance_percent:
        return []
    details = {"given": given_ml, "ordered": to_give_ml, "percent": tolerance_percent}
    sentence = N_(
        "{given} mL given, {ordered} mL ordered (within {percent} %). "
        "Less: record it as stopped early, with the reason. More: correct the number, or call the physician."
    )
    return [Blocker("dose_out_of_range", sentence, details)]
