"""Whether a step of a lot may begin and be verified, and whether its steps let a lot go on (domain.md §3.2 no. 18)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Term
from cotrack.manufacture.rules.lots import lot_not_in_process
from cotrack.study.rules.process import Parameter, Process, ProcessStep
from cotrack.study.rules.specification import Standing

ENDED = frozenset({"performed", "verified"})
DIGITS = 40
SMALLEST = Decimal("0.000001")
"""To a millionth of a doubling what is compared is exact: a logarithm of eight to two is three, and not more."""


@dataclass(frozen=True)
class EquipmentFacts:
    """A room or device as far as it decides about its use."""

    number: str
    kind: str
    status: str
    due_on: date


@dataclass(frozen=True)
class Growth:
    """How far the cells of a lot have grown: population doublings in all, and their passage as far as it is known."""

    doublings: Decimal
    expansions: int
    bank_passage: int | None

    @property
    def passage(self) -> int | None:
        """The bank's passage and one for each expansion; None where nobody said the bank's."""
        return None if self.bank_passage is None else self.bank_passage + self.expansions


@dataclass(frozen=True)
class LotSteps:
    """A lot with its process, the status of each step that was begun, and how far its cells have grown."""

    lot_number: str
    lot_status: str
    process: Process
    statuses: Mapping[str, str]
    growth: Growth

    @property
    def next_step(self) -> ProcessStep | None:
        """The first step that is not performed yet; None where all are."""
        return next((each for each in self.process.steps if self.statuses.get(each.key) not in ENDED), None)

    @property
    def before_filling(self) -> list[ProcessStep]:
        """The steps before the one at which bags are filled, which is the last up to the end of filling."""
        return [each for each in self.process.steps if not each.is_after_filling][:-1]

    @property
    def solve(self) -> str:
        """The page on which its steps are done."""
        return f"process:{self.lot_number}"


def doublings(seeded: Decimal, harvested: Decimal) -> Decimal:
    """Return the population doublings of an expansion: log2(cells harvested ÷ cells seeded), at least none.

    Cells that are lost were doubled all the same, so an expansion never takes doublings back.
    """
    if harvested <= seeded:
        return Decimal(0)
    with localcontext() as context:
        context.prec = DIGITS
        exact = (harvested / seeded).ln() / Decimal(2).ln()
    return exact.quantize(SMALLEST, rounding=ROUND_HALF_UP)


def growth(process: Process, numbers: Mapping[tuple[str, str], Decimal], bank_passage: int | None) -> Growth:
    """Return how far cells have grown, by the counts (step, parameter) that are there: each pair is an expansion."""
    counted = [numbers.get((step, parameter.key)) for step, parameter in process.counted]
    pairs = zip(counted[::2], counted[1::2], strict=False)
    grown = [doublings(seeded, harvested) for seeded, harvested in pairs if seeded and harvested]
    return Growth(sum(grown, Decimal(0)), len(grown), bank_passage)


def against_start(lot: LotSteps, step: ProcessStep) -> list[Blocker]:
    """Return every reason against beginning a step: each earlier one is performed first, and none is begun twice."""
    blockers = _against_lot(lot, step)
    if step.key in lot.statuses:
        details = {"step": step.name, "state": Term(lot.statuses[step.key])}
        blockers.append(Blocker("step_begun", "{step} is begun already: it is {state}.", details, solve=lot.solve))
    earlier = lot.process.steps[: lot.process.steps.index(step)]
    for each in earlier:
        if lot.statuses.get(each.key) not in ENDED:
            words = N_("{earlier} comes before {step} and is not performed yet.")
            details = {"earlier": each.name, "step": step.name}
            blockers.append(Blocker("step_out_of_order", words, details, solve=lot.solve))
    return blockers


def _against_lot(lot: LotSteps, step: ProcessStep) -> list[Blocker]:
    """A step up to filling is done on a lot in process, one after it once filling is over: no bag comes after it."""
    if lot.lot_status == ("quarantine" if step.is_after_filling else "in_process"):
        return []
    if lot.lot_status != "in_process":
        return [lot_not_in_process(lot.lot_number)]
    words = N_("{step} comes after filling: finish the filling of lot {lot} first.")
    details = {"step": step.name, "lot": lot.lot_number}
    return [Blocker("filling_not_over", words, details, solve=f"lot:{lot.lot_number}")]


def against_bags(lot: LotSteps) -> list[Blocker]:
    """Return the steps that come before the filling of bags and are not performed: no bag holds cells that still grow.

    A sample may be taken at any step.
    """
    words = N_("{step} comes before the filling of bags and is not performed yet.")
    left = [each for each in lot.before_filling if lot.statuses.get(each.key) not in ENDED]
    return [Blocker("step_before_filling", words, {"step": each.name}, solve=lot.solve) for each in left]


def against_equipment(equipment: EquipmentFacts, today: date) -> list[Blocker]:
    """Return every reason against using a room or device on this day of the site (21 CFR 211.68, 211.160(b)(4)).

    The day on which its calibration ends is the last on which it is used.
    """
    where, name = f"equipment:{equipment.number}", {"equipment": equipment.number}
    blockers = []
    if equipment.status != "in_use":
        blockers.append(Blocker("equipment_out_of_use", "{equipment} is out of use.", name, solve=where))
    if today > equipment.due_on:
        words = N_("{equipment}: its calibration ended on {day}.")
        blockers.append(Blocker("calibration_overdue", words, {**name, "day": equipment.due_on}, solve=where))
    return blockers


def against_kind(number: str, kind: str, asked: Sequence[str]) -> list[Blocker]:
    """Return why what was scanned is not what the step asks for now: the first kind that was not scanned yet."""
    if not asked:
        return [Blocker("nothing_to_scan", "Everything that this step asks for was scanned.")]
    if kind == asked[0]:
        return []
    words = N_("{number} is another kind of thing ({kind}). What this step asks for now: {asked}.")
    details = {"number": number, "kind": Term(kind), "asked": Term(asked[0])}
    return [Blocker("wrong_kind", words, details)]


def not_known(code: str) -> Blocker:
    """Return the reason against a scan that names nothing which is used at a step."""
    words = N_("{code} is no room, device, bank or material that is known here.")
    return Blocker("scan_unknown", words, {"code": code})


def against_performer(person_id: int | None, performed_by_id: int, name: str) -> list[Blocker]:
    """Return why somebody else does not go on with a step that one person began."""
    if person_id == performed_by_id:
        return []
    words = N_("{name} began this step and performs it. Take the step over, with the reason, to go on yourself.")
    return [Blocker("step_of_another", words, {"name": name})]


def against_performing(missing: Sequence[str]) -> list[Blocker]:
    """Return a reason for each kind of thing that was not scanned yet."""
    words = N_("Not scanned yet: {asked}.")
    return [Blocker("scan_missing", words, {"asked": Term(each)}) for each in missing]


def against_correction(lot: LotSteps) -> list[Blocker]:
    """Return why a value is no longer corrected: QA has decided about the lot by it."""
    if lot.lot_status in {"in_process", "quarantine"}:
        return []
    words = N_("QA has decided about lot {lot}: its record stays as it was. Open a deviation.")
    return [Blocker("lot_decided", words, {"lot": lot.lot_number}, solve=f"lot:{lot.lot_number}")]


def against_verifying(person_id: int | None, doers: frozenset[int]) -> list[Blocker]:
    """Return why a person does not verify a step: whoever did any of it does not (21 CFR 211.188(b)(11))."""
    if person_id not in doers:
        return []
    return [Blocker("same_person", "You did a part of this step: another person verifies it.")]


def against_unseen(seen: str, newest: str) -> list[Blocker]:
    """Return why a step is not verified from a page that was opened before its newest value was written."""
    if seen in {"", newest}:
        return []
    words = N_("This step was corrected since this page was opened: read it again, then verify it.")
    return [Blocker("step_changed", words)]


def judge(parameter: Parameter, text: str) -> Standing:
    """Say where a value stands against the limits; beyond an alert limit and inside the limit is near it."""
    number = parameter.number_of(text)
    if number is None:
        return Standing.WITHIN if text in parameter.accepts else Standing.OUT_OF_SPECIFICATION
    if _is_beyond(number, parameter.least, parameter.most):
        return Standing.OUT_OF_SPECIFICATION
    is_near = _is_beyond(number, parameter.alert_least, parameter.alert_most)
    return Standing.NEAR_LIMIT if is_near else Standing.WITHIN


def _is_beyond(number: Decimal, least: Decimal | None, most: Decimal | None) -> bool:
    return (least is not None and number < least) or (most is not None and number > most)


def against_finish_of_steps(lot: LotSteps) -> list[Blocker]:
    """Return the steps up to the end of filling that are not performed and verified."""
    return [found for each in lot.process.steps if not each.is_after_filling for found in _against_step(lot, each)]


def against_steps(lot: LotSteps) -> list[Blocker]:
    """Return every reason of its making against a lot's release: a step that is not verified, cells grown too far."""
    return [*(found for each in lot.process.steps for found in _against_step(lot, each)), *against_growth(lot)]


def _against_step(lot: LotSteps, step: ProcessStep) -> list[Blocker]:
    status = lot.statuses.get(step.key, "")
    if status == "verified":
        return []
    if status == "performed":
        words = N_("{step}: performed, and verified by nobody else yet.")
        return [Blocker("step_not_verified", words, {"step": step.name}, solve=lot.solve)]
    return [Blocker("step_not_performed", "{step}: not performed yet.", {"step": step.name}, solve=lot.solve)]


def against_growth(lot: LotSteps) -> list[Blocker]:
    """Return why the cells have grown too far, with number and limit; a passage that nobody said is a reason too."""
    process, grown = lot.process, lot.growth
    blockers: list[Blocker] = []
    details: dict[str, object]
    if process.doublings_most is not None and grown.doublings > process.doublings_most:
        words = N_("{number} population doublings are more than the study allows: {most}.")
        details = {"number": in_hundredths(grown.doublings), "most": process.doublings_most}
        blockers.append(Blocker("doublings_exceeded", words, details, solve=lot.solve))
    if process.passage_most is not None and grown.passage is None:
        words = N_("The passage of the cells is not known: no bank of this lot says its own.")
        blockers.append(Blocker("passage_unknown", words, solve=lot.solve))
    elif process.passage_most is not None and grown.passage is not None and grown.passage > process.passage_most:
        words = N_("Passage {number} is more than the study allows: {most}.")
        details = {"number": grown.passage, "most": process.passage_most}
        blockers.append(Blocker("passage_exceeded", words, details, solve=lot.solve))
    return blockers


def in_hundredths(number: Decimal) -> Decimal:
    """Return a number of doublings as people read it; upwards, so that none beyond a limit reads like the limit."""
    return number.quantize(Decimal("0.01"), rounding="ROUND_UP")


ADVICE = {
    "scan_unknown": N_("Look at the label again and scan it once more. If it is not known, use it for nothing."),
    "wrong_kind": N_("Put it back. Take what the step asks for, and scan that."),
    "equipment_out_of_use": N_("Leave this room or device. Take another of its kind and scan that, or call QA."),
    "calibration_overdue": N_("Do not use it. Take another of its kind and scan that, or call QA."),
    "source_expired": N_("Do not use it. Put it apart, take another lot of it, and scan that."),
    "source_on_hold": N_("Do not use it. Put it apart and call QA."),
    "source_not_approved": N_("Do not use it. Put it back into quarantine and call QA."),
    "source_rejected": N_("Do not use it. Put it apart and call QA."),
    "step_out_of_order": N_("Do the earlier step first."),
    "filling_not_over": N_("Fill, label and finish the lot first."),
}


def advice(blockers: Sequence[Blocker]) -> str:
    """Return what to do now about the first of these reasons for which there is something to say."""
    return next((ADVICE[each.code] for each in blockers if each.code in ADVICE), N_("Stop, and call QA."))
