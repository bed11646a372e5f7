"""What the pages of a lot's steps show: the one step that is next, and all of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.lifecycles import STEP
from cotrack.manufacture.models import Lot
from cotrack.manufacture.rules.process import LotSteps, against_growth, against_start, against_verifying, in_hundredths
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.manufacture.service.process import StepLine, in_neutral_words, lot_steps, step_lines
from cotrack.manufacture.service.step_scans import against_devices, open_needs
from cotrack.study.rules.process import Parameter, ProcessStep

USED: Final = ("cell_bank", "medium", "reagent", "vector", "container")


def next_page(ground: Ground, session: Session, number: str, actor: Actor) -> Mapping[str, Any]:
    """Return what the technician's page shows: the step that is next, and what it asks for now."""
    lot = lot_numbered(session, number)
    steps, today = _steps(session, lot), Work(ground, session, actor).today
    lines = step_lines(session, lot)
    described = steps.next_step
    line = next((each for each in lines if each.described is described), None)
    asked = open_needs(session, described, line.row, today) if line is not None and described is not None else []
    return {
        "lot": lot,
        "lines": lines,
        "line": line,
        "against": against_start(steps, described) if line is not None and described and line.row is None else [],
        "asked": asked[0] if asked else "",
        "unfit": against_devices(session, line.row, today) if line is not None else [],
        "words": {each.key: [(word, word) for word in (*each.accepts, *each.rejects)] for each in _asked(described)},
        "is_used_up": bool(asked) and asked[0] in USED,
        "is_own": line is None or line.row is None or line.row.performed_by_id == actor.person_id,
        "to_verify": [each for each in lines if _waits_for(each, actor)],
    }


def _asked(described: ProcessStep | None) -> tuple[Parameter, ...]:
    return described.parameters if described is not None else ()


def process_page(session: Session, number: str, actor: Actor) -> Mapping[str, Any]:
    """Return everything that is known of a lot's steps, and how far its cells have grown."""
    lot = lot_numbered(session, number)
    short = in_short(session, lot)
    return {
        "lot": lot,
        **short,
        "lines": in_neutral_words(short["lines"], reads_sources="source:read" in actor.permissions),
        "to_verify": {each.described.key for each in short["lines"] if _waits_for(each, actor)},
    }


def _waits_for(line: StepLine, actor: Actor) -> bool:
    """Whether a step waits for a verification that this person may give."""
    if line.status != "performed" or STEP["verify"].permission not in actor.permissions:
        return False
    return not against_verifying(actor.person_id, line.doers)


def in_short(session: Session, lot: Lot) -> Mapping[str, Any]:
    """Return a lot's steps and growth for its page; both empty where its study describes no process."""
    steps = lot_steps(session, lot)
    if steps is None:
        return {"lines": [], "growth": None}
    return {
        "lines": step_lines(session, lot),
        "growth": steps.growth,
        "doublings": _doublings(steps),
        "process": steps.process,
        "against_growth": against_growth(steps),
        "next_step": steps.next_step,
    }


def _doublings(steps: LotSteps) -> Decimal:
    return in_hundredths(steps.growth.doublings)


def line_of(session: Session, number: str, step_key: str) -> tuple[Lot, StepLine]:
    """Return one step of a lot with all that is known of it; raises NotFound."""
    lot = lot_numbered(session, number)
    found = next((each for each in step_lines(session, lot) if each.described.key == step_key), None)
    if found is None:
        raise NotFound("Lot {lot} has no step {step}.", lot=number, step=step_key)
    return lot, found


def correction_sheet(
    session: Session, number: str, step_key: str, parameter: str
) -> tuple[ProcessStep, Parameter, str]:
    """Return what a correction is about: the step, the parameter, and the value that stands; raises NotFound."""
    _, line = line_of(session, number, step_key)
    found = next((each for each in line.values if each.parameter.key == parameter), None)
    if found is None:
        raise NotFound("This step has no value {parameter}.", parameter=parameter)
    return line.described, found.parameter, found.value.reported


def _steps(session: Session, lot: Lot) -> LotSteps:
    steps = lot_steps(session, lot)
    if steps is None:
        raise NotFound("The study version of lot {lot} describes no steps.", lot=lot.number)
    return steps
