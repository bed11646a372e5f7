"""Pages of rooms and devices, and of the steps of a lot: one at a time for the technician."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from cotrack.foundation.web.forms import Form, act_page, form_page, page_of
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.foundation.web.words import choose_language, tell
from cotrack.foundation.words import N_
from cotrack.lifecycles import EQUIPMENT, STEP
from cotrack.manufacture import schemas
from cotrack.manufacture.rules.process import advice
from cotrack.manufacture.service import equipment, step_page, steps

pages = Blueprint("process", __name__, template_folder="../templates")


@pages.get("/lots/<number>/step")
@needs("step:perform")
def next_step(number: str) -> str:
    """Show the one step that is next, and the one thing that it asks for now."""
    with runtime().ground.sessions.reading() as session:
        page = step_page.next_page(runtime().ground, session, number, actor())
        return render_template("manufacture/step.html", form=Form(MultiDict()), **page)


@pages.post("/lots/<number>/steps/<step>/start")
@needs("step:perform")
def start_step(number: str, step: str) -> Response:
    """Begin a step."""
    return _at_step(number, NothingIn(), lambda work: steps.start(work, number, step))


@pages.post("/lots/<number>/steps/<step>/scan")
@needs("step:perform")
def scan_at_step(number: str, step: str) -> Response:
    """Take a scan at a step; a wrong one turns the page to stop."""
    return _at_step(number, schemas.StepScanIn(), lambda work, **body: steps.scan(work, number, step, **body))


@pages.post("/lots/<number>/steps/<step>/perform")
@needs("step:perform")
def perform_step(number: str, step: str) -> Response:
    """Keep what was measured, and end the step."""
    return _at_step(
        number, schemas.StepValuesIn(), lambda work, /, **values: steps.perform(work, number, step, values=values)
    )


def _at_step(number: str, schema: Schema, act: Callable[..., Any]) -> Response:
    """Do something on the technician's page, and go on with what is next there."""

    def context(session: Session) -> Mapping[str, Any]:
        return {**step_page.next_page(runtime().ground, session, number, actor()), "advice": advice}

    there = url_for("process.next_step", number=number)
    return form_page(schema, act, template="manufacture/step.html", then=lambda _: there, context=context)


@pages.route("/lots/<number>/steps/<step>/take-over", methods=["GET", "POST"])
@needs("step:perform")
def take_step_over(number: str, step: str) -> Response:
    """Go on with a step that somebody else began."""
    act = lambda work, reason: steps.take_over(work, number, step, reason=reason)  # noqa: E731 (one line)
    there = url_for("process.next_step", number=number)
    return act_page(STEP, "take_over", ReasonIn(), act, thing=f"lot:{number}", then=lambda _: there)


@pages.route("/lots/<number>/steps/<step>/verify", methods=["GET", "POST"])
@needs("step:verify")
def verify_step(number: str, step: str) -> Response:
    """Say that another person performed the step as it stands on this page."""
    return form_page(
        schemas.StepSeenIn(),
        lambda work, seen: steps.verify(work, number, step, seen=seen),
        template="manufacture/verify.html",
        then=lambda _: url_for("process.show_process", number=number),
        done=N_("The step is verified."),
        context=lambda session: dict(zip(("lot", "line"), step_page.line_of(session, number, step), strict=True)),
    )


@pages.route("/lots/<number>/steps/<step>/correct/<parameter>", methods=["GET", "POST"])
@needs("step:perform")
def correct_value(number: str, step: str, parameter: str) -> Response:
    """Write a further value beside a wrong one."""
    return act_page(
        STEP,
        "correct",
        schemas.StepCorrectionIn(exclude=("parameter",)),
        lambda work, **body: steps.correct(work, number, step, parameter=parameter, **body),
        thing=f"process:{number}",
        context=lambda session: _correction(session, number, step, parameter),
    )


def _correction(session: Session, number: str, step: str, parameter: str) -> Mapping[str, Any]:
    described, asked, stands = step_page.correction_sheet(session, number, step, parameter)
    words = (*asked.accepts, *asked.rejects)
    value = f"{stands} {asked.unit}".rstrip()
    facts = (
        (N_("Step"), described.name[choose_language()]),
        (N_("Value"), asked.name[choose_language()]),
        (N_("Stands there"), value),
        (N_("Limits"), asked.limits),
    )
    return {
        "facts": [(tell(name), said) for name, said in facts],
        "options": {"reported": [(each, each) for each in words]} if words else {},
    }


@pages.get("/lots/<number>/process")
@needs("lot:read")
def show_process(number: str) -> str:
    """Show every step of a lot, as far as it was done."""
    with runtime().ground.sessions.reading() as session:
        return render_template("manufacture/process.html", **step_page.process_page(session, number, actor()))


@pages.route("/equipment/new", methods=["GET", "POST"])
@needs("equipment:keep")
def register_equipment() -> Response:
    """Register a room or a device."""
    return act_page(EQUIPMENT, "register", schemas.EquipmentIn(), equipment.register, thing="", then=_equipment)


@pages.route("/equipment/<number>/calibrate", methods=["GET", "POST"])
@needs("equipment:keep")
def calibrate_equipment(number: str) -> Response:
    """Write down a calibration."""
    act = lambda work, **days: equipment.calibrate(work, number, **days)  # noqa: E731 (one line)
    return act_page(EQUIPMENT, "calibrate", schemas.CalibrationIn(), act, thing=f"equipment:{number}")


@pages.route("/equipment/<number>/take-out", methods=["GET", "POST"])
@needs("equipment:stop")
def take_equipment_out(number: str) -> Response:
    """Take a room or a device out of use."""
    act = lambda work, reason: equipment.take_out(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(EQUIPMENT, "take_out", ReasonIn(), act, thing=f"equipment:{number}")


@pages.route("/equipment/<number>/bring-back", methods=["GET", "POST"])
@needs("equipment:keep")
def bring_equipment_back(number: str) -> Response:
    """Bring a room or a device back into use."""
    act = lambda work, reason: equipment.bring_back(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(EQUIPMENT, "bring_back", ReasonIn(), act, thing=f"equipment:{number}")


def _equipment(made: Any) -> str:
    return page_of(f"equipment:{made.number}")
