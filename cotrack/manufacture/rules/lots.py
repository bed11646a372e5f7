"""When a lot may leave filling or be closed, and what may go into a lot."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Term
from cotrack.quality.rules import HoldFacts
from cotrack.study.rules.definition import Definition

END_STATES = frozenset({"completed", "stopped_early", "wasted", "destroyed"})
SAMPLE_END_STATES = frozenset({"sent", "archived", "used_up"})
"""Where a sample has come to an end for its lot: kept for years or with the laboratory, it holds no lot open."""
LABELS_OF_A_BAG = ("bag", "tag")
LABELS_OF_A_SAMPLE = ("sample", "tube")
"""One of them: a bottle or bag takes the larger, a small tube the smaller one."""
MATERIAL_KINDS = ("medium", "reagent", "vector", "container")


@dataclass(frozen=True)
class UnitFacts:
    """A unit as far as its lot's fate depends on it; `labels` says the status of its live label of each kind."""

    number: str
    status: str
    labels: Mapping[str, str]
    kind: str = "bag"


def labels_of(kind: str) -> tuple[str, ...]:
    """Return the labels that a unit of this kind may have: a bag has both, in this order, a sample one of them."""
    return LABELS_OF_A_BAG if kind == "bag" else LABELS_OF_A_SAMPLE


def labels_needed(unit: UnitFacts) -> tuple[str, ...]:
    """Return the labels that must be on a unit, in the order in which they go on it."""
    if unit.kind == "bag":
        return LABELS_OF_A_BAG
    return ("tube",) if "tube" in unit.labels else ("sample",)


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
    """Return what is missing before a lot leaves filling: at least one bag, each unit with its labels scanned back.

    What was destroyed while the lot was filled needs no label, nor does a sample that went to the laboratory or is used
    up: it had one when it went, and gets none any more.
    """
    if not any(unit.kind == "bag" and unit.status not in END_STATES for unit in units):
        return [Blocker("no_units", "No unit has been filled yet.")]
    return [
        label_missing(unit.number, label)
        for unit in units
        if unit.status not in END_STATES | {"sent", "used_up"}
        for label in labels_needed(unit)
        if unit.labels.get(label) != "applied"
    ]


def label_missing(number: str, label: str) -> Blocker:
    """Return the reason against going on with a unit on which one of its labels was not scanned back."""
    words = N_("{unit}: not scanned back on it: {label}.")
    return Blocker("label_incomplete", words, {"unit": number, "label": Term(label)}, solve=f"unit:{number}")


def against_labelling(number: str, status: str) -> list[Blocker]:
    """Return why a unit gets no label: it has come to its end, and a label would outlive it."""
    if status not in END_STATES | {"sent", "used_up"}:
        return []
    return [Blocker("unit_ended", "{unit} has come to its end: it gets no label.", {"unit": number})]


IN_STORE = frozenset({"filled", "stored", "allocated", "returned"})
"""Where a unit is under the hands of the makers; what was issued keeps its label."""


def against_relabelling(number: str, status: str) -> list[Blocker]:
    """Return why a unit's label is not replaced with all others of its lot: it is in the hands of those who give it."""
    if status in IN_STORE:
        return []
    words = N_("{unit} is no longer in the cold: it keeps its label.")
    return [Blocker("unit_out_of_store", words, {"unit": number})]


def against_close(units: Sequence[UnitFacts], unaccounted_labels: Sequence[str]) -> list[Blocker]:
    """Return what keeps a lot open: a unit not at its end, a label nobody accounted for (21 CFR 211.125).

    Labels are named as things (`label_instance:7`): the reason leads to the first of them.
    """
    blockers = [
        Blocker("unit_open", "{unit} has not come to its end.", {"unit": unit.number}, solve=f"unit:{unit.number}")
        for unit in units
        if unit.status not in END_STATES | SAMPLE_END_STATES
    ]
    if unaccounted_labels:
        blockers.append(
            Blocker(
                "labels_unaccounted",
                "{count} printed labels are not accounted for.",
                {"count": len(unaccounted_labels)},
                solve=unaccounted_labels[0],
            )
        )
    return blockers


APPROVED_STATES = frozenset({"approved", "eligible"})
REFUSED_STATES = frozenset({"rejected", "not_eligible"})


@dataclass(frozen=True)
class SourceFacts:
    """A donor, bank or material (`noun:number`) as far as it decides about what is made from it."""

    subject: str
    status: str
    expires_on: date | None = None
    holds: tuple[HoldFacts, ...] = ()

    @property
    def key(self) -> str:
        """Its number."""
        return self.subject.partition(":")[2]


@dataclass(frozen=True)
class Use:
    """What is to go into a lot: the source first, then all that it comes from; vials wanted and left of a bank."""

    lot_number: str
    lot_status: str
    chain: Sequence[SourceFacts]
    vials_wanted: int = 0
    vials_left: int = 0


def against_use(use: Use, today: date) -> list[Blocker]:
    """Return every reason against putting this into the lot on this day of the site (21 CFR 211.84, 211.110).

    What it comes from must be approved and not held either; a master bank that expired later stops no working bank.
    """
    blockers = [] if use.lot_status == "in_process" else [lot_not_in_process(use.lot_number)]
    source, *origins = use.chain
    blockers += [*against_status(source), *_against_expiry(source, today), *_against_holds(source)]
    blockers += against_origins(origins)
    return [*blockers, *against_vials(use)]


def against_approval(
    source: SourceFacts, origins: Sequence[SourceFacts], today: date, *, is_own: bool
) -> list[Blocker]:
    """Return every reason against approving a source: what it comes from, its expiry, and who registered it."""
    own = [Blocker("same_person", "You registered this: another person decides about it.")] if is_own else []
    return [*own, *_against_expiry(source, today), *_against_holds(source), *against_origins(origins)]


def against_laying_down(master: SourceFacts, today: date) -> list[Blocker]:
    """Return every reason against a working bank of this master bank: refused, held, or expired on that day."""
    return [*against_refused([master]), *_against_expiry(master, today), *_against_holds(master)]


def against_origins(origins: Sequence[SourceFacts]) -> list[Blocker]:
    """Return what speaks against everything that is made from these: none is refused, undecided or held."""
    return [found for each in origins for found in (*against_status(each), *_against_holds(each))]


def against_refused(sources: Sequence[SourceFacts]) -> list[Blocker]:
    """Return a reason for each of these sources that was rejected or found not eligible."""
    return [found for each in sources if each.status in REFUSED_STATES for found in against_status(each)]


def against_unapproved(sources: Sequence[SourceFacts]) -> list[Blocker]:
    """Return a reason against a lot's release for each of its sources that QA did not approve: one recorded late."""
    return [found for each in sources for found in against_status(each)]


def against_late_use(use: Use, used_on: date) -> list[Blocker]:
    """Return what was wrong with a source that really went into a lot on this day of the site.

    None of it keeps the truth from being recorded; on a released lot it is what the lot is held for.
    """
    source, *origins = use.chain
    found = [*against_status(source), *_against_expiry(source, used_on), *_against_holds(source)]
    return [*found, *against_origins(origins)]


def against_vials(use: Use) -> list[Blocker]:
    """Return why a bank never held that many vials: what is recorded is possible at least."""
    if use.vials_wanted <= use.vials_left:
        return []
    words = N_("{source} has {left} vials left, {wanted} are wanted.")
    details = {"source": use.chain[0].key, "left": use.vials_left, "wanted": use.vials_wanted}
    return [Blocker("no_vial_left", words, details, solve=use.chain[0].subject)]


def is_amount(kind: str, text: str) -> bool:
    """Whether a text says how much of a material goes into a lot: a number with its unit; containers are counted."""
    number = re.match(r"\s*[0-9]+([.,][0-9]+)?\s*", text)
    unit = text[number.end() :] if number else ""
    return number is not None and (kind == "container" or any(each.isalpha() or each == "%" for each in unit))


def against_status(source: SourceFacts) -> list[Blocker]:
    """Return why a source that QA did not approve is not used: `donor_not_eligible`, `source_…`."""
    if source.status in APPROVED_STATES:
        return []
    code, words = _BY_STATUS[source.status]
    return [Blocker(code, words, {"source": source.key}, solve=source.subject)]


_BY_STATUS = {
    "undecided": ("donor_not_eligible", N_("Donor {source}: it is not decided yet whether the donor is eligible.")),
    "not_eligible": ("donor_not_eligible", N_("Donor {source} is not eligible.")),
    "quarantine": ("source_not_approved", N_("{source} is not approved yet.")),
    "rejected": ("source_rejected", N_("{source} is rejected.")),
}


def in_neutral_words(blockers: Sequence[Blocker], *, reads_sources: bool) -> list[Blocker]:
    """Return reasons as a reader may know them: who may not read sources learns neither which is not fit, nor why.

    Why a donor is not eligible is a matter of that person's health.
    """
    if reads_sources:
        return list(blockers)
    return list(dict.fromkeys(_NEUTRAL if each.code in _OF_SOURCES else each for each in blockers))


_NEUTRAL = Blocker("source_not_fit", N_("Something that this lot was made from is not approved: QA knows what."))
_OF_SOURCES = frozenset({"source_expired", "source_on_hold", *(code for code, _ in _BY_STATUS.values())})


def _against_expiry(source: SourceFacts, today: date) -> list[Blocker]:
    """The day of expiry is the last on which it is used."""
    if source.expires_on is None or today <= source.expires_on:
        return []
    details = {"source": source.key, "day": source.expires_on}
    return [Blocker("source_expired", "{source} expired after {day}.", details, solve=source.subject)]


def _against_holds(source: SourceFacts) -> list[Blocker]:
    return [
        Blocker(
            "source_on_hold",
            "{source} is on hold: {reason}",
            {"source": source.key, "reason": each.reason},
            solve=source.subject,
        )
        for each in source.holds
    ]


def lot_not_in_process(number: str) -> Blocker:
    """Return the reason against adding anything to a lot whose filling has ended."""
    words = N_("Lot {lot} is no longer being filled.")
    return Blocker("lot_not_in_process", words, {"lot": number}, solve=f"lot:{number}")
