"""Doing a lot's steps: begin, scan, perform, correct and verify, each by whoever the rules let do it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked, InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.documents import both
from cotrack.lifecycles import STEP
from cotrack.manufacture.models import (
    Donor,
    Equipment,
    Lot,
    Material,
    Step,
    StepScan,
    StepValue,
    StepVerification,
)
from cotrack.manufacture.rules.process import (
    LotSteps,
    against_correction,
    against_equipment,
    against_growth,
    against_kind,
    against_performer,
    against_start,
    against_unseen,
    against_verifying,
    judge,
    not_known,
)
from cotrack.manufacture.service import equipment as devices
from cotrack.manufacture.service.inputs import Usable, against_use_now, lock_usable, put_in, vials_of
from cotrack.manufacture.service.process import doers, lot_steps, name_of_performer, newest_value
from cotrack.manufacture.service.sources import source_named, typed
from cotrack.manufacture.service.step_scans import against_scanned, lock_devices, open_needs
from cotrack.quality.models import Deviation
from cotrack.quality.service import deviations
from cotrack.study.rules.process import Parameter, ProcessStep
from cotrack.study.rules.specification import Standing

LONGEST_CODE = 40


@dataclass(frozen=True)
class _Under:
    """A step under way: its locked lot, all of the lot's steps, what the study says of it, its own locked row."""

    lot: Lot
    steps: LotSteps
    described: ProcessStep
    row: Step


def start(work: Work, lot_number: str, step_key: str) -> Step:
    """Begin a step in its order; the server keeps the time (21 CFR 211.188(b))."""
    _begin(work, "start", lot_number, step_key)
    lot = work.lock(Lot, lot_number)
    steps, described = _described(work, lot, step_key)
    work.refuse_if(against_start(steps, described))
    row = Step(
        number=f"{lot.number}-{step_key}",
        lot_id=lot.id,
        step=step_key,
        status="begun",
        started_at=work.now,
        performed_by_id=work.person_id,
    )
    work.add(row)
    return row


def scan(work: Work, lot_number: str, step_key: str, *, code: str, amount: str = "") -> StepScan:
    """Take what was scanned at a step: a room or device in order, or what then goes into the lot.

    Only what the step asks for now is taken. Locked in the order equipment or source, lot, step.
    """
    _begin(work, "scan", lot_number, step_key)
    found = _lock_scanned(work, code)
    under = _under(work, lot_number, step_key, "scan")
    if found is None:
        raise Blocked(blockers=[not_known(typed(code)[:LONGEST_CODE])])
    kind = _kind_of(found)
    asked = open_needs(work.session, under.described, under.row, work.today)
    against = [*_against_others(work, under.row), *against_kind(found.number, kind, asked)]
    if isinstance(found, Equipment):
        work.refuse_if([*against, *against_equipment(devices.facts_of(found), work.today)])
        return _scanned(work, under, kind, equipment_id=found.id, calibration_due_on=found.due_on)
    work.refuse_if([*against, *(against_use_now(work, under.lot, found) if not isinstance(found, Donor) else [])])
    return _put_in_at_step(work, under, found, amount)


def _put_in_at_step(work: Work, under: _Under, found: Donor | Usable, amount: str) -> StepScan:
    """Let a bank's vials or a material go into the lot on the way of every other use."""
    if isinstance(found, Donor) or not amount.strip():
        raise InvalidInput(fields={"amount": [N_("Enter a value.")]})
    work.require("source:use")
    vials = vials_of(found, amount)
    work.refuse_if(against_use_now(work, under.lot, found, vials))
    made = put_in(work, under.lot, found, vials=vials, amount=amount)
    return _scanned(work, under, _kind_of(found), lot_input_id=made.id)


def _lock_scanned(work: Work, code: str) -> Equipment | Donor | Usable | None:
    """Return what was scanned, locked; None where its number is not known."""
    device = devices.equipment_named(work.session, code)
    if device is not None:
        return work.lock(Equipment, device.number, share=True)
    source = source_named(work.session, code)
    return source if source is None or isinstance(source, Donor) else lock_usable(work, source)


def _kind_of(found: Equipment | Donor | Usable) -> str:
    return found.kind if isinstance(found, Equipment | Material) else found.__lifecycle__.noun


def _scanned(work: Work, under: _Under, need: str, **what: object) -> StepScan:
    row = StepScan(step_id=under.row.id, need=need, scanned_at=work.now, scanned_by_id=work.person_id, **what)
    work.add(row)
    return row


def take_over(work: Work, lot_number: str, step_key: str, *, reason: str) -> Step:
    """Go on with a step that somebody else began; who began it stays in the trail."""
    _begin(work, "take_over", lot_number, step_key, reason=reason)
    under = _under(work, lot_number, step_key, "take_over")
    under.row.performed_by_id = work.person_id
    return under.row


def perform(work: Work, lot_number: str, step_key: str, *, values: Mapping[str, str]) -> Step:
    """Say that a step was performed, with everything that is measured at it; the server keeps the time.

    A room or device that was scanned is looked at again: its calibration may have ended since, or somebody took it out
    of use. A value outside its limits is kept and opens a deviation of the lot in the same record.
    """
    _begin(work, "perform", lot_number, step_key)
    lock_devices(work, f"{lot_number}-{step_key}")
    under = _under(work, lot_number, step_key, "perform")
    work.refuse_if([*_against_others(work, under.row), *against_scanned(work, under.described, under.row)])
    _check_values(under.described, values)
    work.move(under.row, "perform")
    under.row.ended_at = work.now
    for parameter in under.described.parameters:
        _keep(work, under, parameter, values[parameter.key])
    _judge_growth(work, under)
    return under.row


def correct(work: Work, lot_number: str, step_key: str, *, parameter: str, reported: str, reason: str) -> StepValue:
    """Write a further value beside a wrong one, which stays; the step is verified anew."""
    _begin(work, "correct", lot_number, step_key, reason=reason)
    under = _under(work, lot_number, step_key, "correct")
    work.refuse_if(against_correction(under.steps))
    named = next((each for each in under.described.parameters if each.key == parameter), None)
    if named is None:
        raise NotFound("This step has no value {parameter}.", parameter=parameter)
    newest = _newest(work, under.row, parameter)
    if newest.reported == reported:
        raise InvalidInput(fields={"reported": [N_("This is the value that stands there already.")]})
    if not named.is_said(reported):
        raise InvalidInput(fields={"reported": [_ask(named)]})
    work.move(under.row, "correct")
    kept = _keep(work, under, named, reported, corrects_id=newest.id, reason=reason.strip())
    _judge_growth(work, under, [named])
    return kept


def _newest(work: Work, row: Step, parameter: str) -> StepValue:
    mine = (StepValue.step_id == row.id, StepValue.parameter == parameter)
    return work.session.scalars(select(StepValue).where(*mine).order_by(StepValue.id.desc()).limit(1)).one()


def verify(work: Work, lot_number: str, step_key: str, *, seen: str = "") -> StepVerification:
    """Say that another person performed a step as it stands; whoever did a part of it is refused.

    `seen` is the newest value that a page showed: what was corrected since is read before it is verified.
    """
    _begin(work, "verify", lot_number, step_key)
    under = _under(work, lot_number, step_key, "verify")
    against = against_verifying(work.actor.person_id, doers(work.session, under.row))
    work.refuse_if([*against, *against_unseen(seen, newest_value(work.session, under.row))])
    work.move(under.row, "verify")
    made = StepVerification(
        step_id=under.row.id,
        performed_by_id=under.row.performed_by_id,
        verified_by_id=work.person_id,
        verified_at=work.now,
    )
    work.add(made)
    return made


def _begin(work: Work, action: str, lot_number: str, step_key: str, *, reason: str = "") -> None:
    """State an act at a step under its lot: permission first, then the reason where one is asked."""
    work.begin(STEP, action, "", reason=reason, subject=f"lot:{lot_number}")
    work.details["step"] = step_key


def _under(work: Work, lot_number: str, step_key: str, action: str) -> _Under:
    lot = work.lock(Lot, lot_number)
    steps, described = _described(work, lot, step_key)
    row = work.lock(Step, f"{lot_number}-{step_key}")
    work.expect(row, action)
    return _Under(lot, steps, described, row)


def _described(work: Work, lot: Lot, step_key: str) -> tuple[LotSteps, ProcessStep]:
    """Return a lot's steps and what its study says of one; raises NotFound."""
    steps = lot_steps(work.session, lot)
    described = steps.process.step(step_key) if steps is not None else None
    if steps is None or described is None:
        raise NotFound("Lot {lot} has no step {step}.", lot=lot.number, step=step_key)
    return steps, described


def _against_others(work: Work, row: Step) -> list[Blocker]:
    return against_performer(work.actor.person_id, row.performed_by_id, name_of_performer(work.session, row))


def _check_values(described: ProcessStep, values: Mapping[str, str]) -> None:
    """Raise InvalidInput by parameter for each value that is missing, is none, or that nobody asked for."""
    asked = {each.key: each for each in described.parameters}
    faults = {key: [_ask(each)] for key, each in asked.items() if not each.is_said(values.get(key, ""))}
    faults |= {key: [N_("This field is not known here.")] for key in values.keys() - asked.keys()}
    if faults:
        raise InvalidInput(fields=faults)


def _ask(parameter: Parameter) -> str:
    if parameter.kind == "words":
        return N_("Choose one of the words.")
    return N_("Enter a number above zero.") if parameter.counts else N_("Enter a number, such as 61.5.")


def _keep(
    work: Work, under: _Under, parameter: Parameter, text: str, *, corrects_id: int | None = None, reason: str = ""
) -> StepValue:
    """Keep a value; one outside its limits opens a deviation of the lot within the same command."""
    deviation = None
    if judge(parameter, text) is Standing.OUT_OF_SPECIFICATION:
        value = f"{text} {parameter.unit}".rstrip()
        words = f"{both(under.described.name)} · {both(parameter.name)}: {value}"
        deviation = _open(work, under.lot, f"{words}; 超出限度 outside its limits: {parameter.limits}")
    kept = StepValue(
        step_id=under.row.id,
        parameter=parameter.key,
        reported=text,
        number=parameter.number_of(text),
        corrects_id=corrects_id,
        reason=reason,
        deviation_id=deviation.id if deviation else None,
        recorded_at=work.now,
        recorded_by_id=work.person_id,
    )
    work.add(kept)
    return kept


def _judge_growth(work: Work, under: _Under, changed: list[Parameter] | None = None) -> None:
    """Open a deviation where counts of this command take doublings or passage beyond the study's limits."""
    touched = under.described.parameters if changed is None else changed
    steps = lot_steps(work.session, under.lot)
    if steps is None or not any(each.counts for each in touched):
        return
    for each in against_growth(steps):
        if each.code in _EXCEEDED:
            words = f"{both(under.described.name)}: {_EXCEEDED[each.code]} {each.parameters['number']}"
            _open(work, under.lot, f"{words}; 超出限度 outside its limit: ≤ {each.parameters['most']}")


_EXCEEDED = {
    "doublings_exceeded": "累计群体倍增数 population doublings",
    "passage_exceeded": "代次 passage",
}


def _open(work: Work, lot: Lot, description: str) -> Deviation:
    opened = deviations.open_deviation(work, f"lot:{lot.number}", description=description)
    work.details.setdefault("deviations", []).append(opened.number)
    return opened
