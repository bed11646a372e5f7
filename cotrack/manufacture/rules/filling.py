"""How a lot is filled: at a cleared line, one bag or sample at a time, each with its own labels before the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Term
from cotrack.manufacture.rules import END_STATES, UnitFacts, labels_needed, labels_of
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.specification import Reported, Standing, judge_one

SAMPLE_KINDS: Final = ("retention", "sterility", "mycoplasma", "rcl_archive")
"""Kinds of unit that are never given to anybody (reference/domain.md §3.3 rule 7)."""
LOOKED_AT: Final = ("labels", "bags", "documents")
"""What of another lot is looked for at a station, each before and after filling (21 CFR 211.130)."""


@dataclass(frozen=True)
class ClearanceFacts:
    """A clearance of a station for a lot, as far as filling depends on it."""

    station: str
    status: str


@dataclass(frozen=True)
class Look:
    """Who looks over a line, and what of it was looked at; `first_person` cleared it before, if somebody did."""

    person_id: int
    station: str
    looked_at: Sequence[str] = LOOKED_AT
    first_person: int | None = None
    station_of_clearance: str = ""


def against_line(clearances: Sequence[ClearanceFacts], lot_number: str, station: str) -> list[Blocker]:
    """Return why nothing of a lot is filled or labelled at a station: its line is not cleared and checked for it."""
    if any(each.station == station and each.status == "in_force" for each in clearances):
        return []
    words = N_("The line at {station} is not cleared for lot {lot}: one person clears it, another checks it.")
    details = {"station": station or "–", "lot": lot_number}
    return [Blocker("line_not_cleared", words, details, solve=f"filling:{lot_number}")]


def against_leaving_filling(clearances: Sequence[ClearanceFacts], lot_number: str) -> list[Blocker]:
    """Return why a lot stays in filling: each line that it stood at is cleared and checked after it, at least one."""
    stations = [each.station for each in clearances if each.status in {"cleared", "in_force", "leaving"}]
    if not stations and not any(each.status == "ended" for each in clearances):
        words = N_("No line was cleared and checked after the filling of this lot.")
        return [Blocker("line_not_left", words, solve=f"filling:{lot_number}")]
    words = N_("The line at {station} was not cleared and checked after filling.")
    return [Blocker("line_not_left", words, {"station": each}, solve=f"filling:{lot_number}") for each in stations]


def against_look(look: Look) -> list[Blocker]:
    """Return why a look over a line does not count: something was left out, another station, the same person."""
    blockers = [
        Blocker("not_looked_at", "Look for this too, and say that nothing is left: {what}.", {"what": Term(each)})
        for each in LOOKED_AT
        if each not in look.looked_at
    ]
    if look.station_of_clearance and look.station != look.station_of_clearance:
        words = N_("This line is at {station}: sign in there.")
        blockers.append(Blocker("other_station", words, {"station": look.station_of_clearance}))
    if look.first_person == look.person_id:
        blockers.append(Blocker("same_person", "You cleared this line yourself: another person checks it."))
    return blockers


def against_leaving(open_units: Sequence[str]) -> list[Blocker]:
    """Return why a line is not cleared after filling: a unit there waits for its labels."""
    return [Blocker("bag_before_open", _OPEN, {"unit": each}, solve=f"unit:{each}") for each in open_units]


_OPEN = N_("{unit} is not done: scan its labels back on it, or destroy it, before anything else.")


def is_open(unit: UnitFacts) -> bool:
    """Whether a unit was filled and waits for one of its labels to be scanned back on it."""
    return unit.status == "filled" and any(unit.labels.get(each) != "applied" for each in labels_needed(unit))


def against_label_kind(unit: UnitFacts, label: str) -> list[Blocker]:
    """Return why a unit gets no label of this kind: a bag has bag label and tag, a sample its one label."""
    if label in labels_of(unit.kind):
        return _against_second_label(unit, label)
    words = N_("{unit} gets no label of this kind: {label}.")
    return [Blocker("label_of_other_kind", words, {"unit": unit.number, "label": Term(label)})]


def _against_second_label(unit: UnitFacts, label: str) -> list[Blocker]:
    """A sample wears one label: two that count would be two to account for, and one could go on another tube."""
    others = [each for each in unit.labels if each != label] if unit.kind != "bag" else []
    words = N_("{unit} has a label of another kind: {label}. Make that one void first.")
    return [Blocker("label_of_other_kind", words, {"unit": unit.number, "label": Term(each)}) for each in others]


def against_next_label(units: Sequence[UnitFacts], number: str, label: str) -> list[Blocker]:
    """Return why this label of this unit is not the next one to print while its lot is filled.

    `units` are all units of the lot in the order of filling. One unit at a time: every unit before it has its labels
    scanned back or is destroyed, no other unit has a label that waits, and the bag label is on before the tag.
    """
    place = next(index for index, each in enumerate(units) if each.number == number)
    blockers = [
        Blocker("bag_before_open", _OPEN, {"unit": each.number}, solve=f"unit:{each.number}")
        for index, each in enumerate(units)
        if index != place and is_open(each) and (index < place or _has_waiting_label(each))
    ]
    own = labels_of(units[place].kind) if units[place].kind == "bag" else (label,)
    words = N_("{unit}: scan the {label} back on it first.")
    return blockers + [
        Blocker("label_before_open", words, {"unit": number, "label": Term(each)})
        for each in own[: own.index(label)]
        if units[place].labels.get(each) != "applied"
    ]


def _has_waiting_label(unit: UnitFacts) -> bool:
    return any(status != "applied" for status in unit.labels.values())


def next_label(unit: UnitFacts) -> str:
    """Return the label of a unit that is next to be printed or scanned back; empty where nothing is."""
    return next((each for each in labels_needed(unit) if unit.labels.get(each) != "applied"), "")


@dataclass(frozen=True)
class Content:
    """What goes into a unit: volume in mL, viable cells in millions per mL, viability in percent."""

    volume_ml: Decimal
    viable_million_per_ml: Decimal
    viability_percent: Decimal


def against_filled_cells(definition: Definition, content: Content, reason: str) -> list[Blocker]:
    """Return why cells or viability need a reason: they are outside the limits of the study's specification.

    What the sponsor has set no limit for is not judged here. Nothing is refused for ever: the bag is filled, and its
    lot is judged by the laboratory's results.
    """
    if reason.strip():
        return []
    measured = {"viable_cell_count": content.viable_million_per_ml, "viability": content.viability_percent}
    words = N_("{test}: {value} {unit} is outside the limits of this study. Correct it, or say why it is filled.")
    return [
        Blocker("cells_to_explain", words, {"test": test.name, "value": value, "unit": test.unit})
        for key, value in measured.items()
        if (test := definition.tests.get(key)) is not None
        and judge_one(test, Reported("", value, "")) is Standing.OUT_OF_SPECIFICATION
    ]


@dataclass(frozen=True)
class Count:
    """How far a lot's filling is, in bags or in samples."""

    filled: int
    labelled: int
    destroyed: int


def count_of(units: Sequence[UnitFacts]) -> Count:
    """Count units: all that were filled, those with all labels scanned back, those destroyed."""
    destroyed = sum(1 for each in units if each.status == "destroyed")
    labelled = sum(1 for each in units if each.status not in END_STATES and not next_label(each))
    return Count(len(units), labelled, destroyed)
