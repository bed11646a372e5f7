"""JSON routes of rooms and devices, and of the steps of a lot."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import may, needs, runtime
from cotrack.manufacture import schemas
from cotrack.manufacture.service import equipment, process, steps
from cotrack.manufacture.service.lots import lot_numbered

api = Blueprint("api_process", __name__, url_prefix="/api/v1", description="Equipment and steps")


@api.get("/equipment")
@needs("equipment:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.EquipmentOut(many=True), headers=LINK)
def list_equipment(asked: dict[str, int]) -> Any:
    """List rooms and devices, oldest first."""
    return keyed_list(equipment.listed_equipment(), asked)


@api.post("/equipment")
@needs("equipment:keep")
@api.arguments(schemas.EquipmentIn)
@api.response(201, schemas.EquipmentOut)
def register_equipment(body: dict[str, Any]) -> Response:
    """Register a room or a device."""
    return answer(lambda work: equipment.register(work, **body), schemas.EquipmentOut(), status=201)


@api.get("/equipment/<number>")
@needs("equipment:read")
@api.response(200, schemas.EquipmentOut)
def show_equipment(number: str) -> Any:
    """Show a room or a device."""
    with runtime().ground.sessions.reading() as session:
        return equipment.equipment_numbered(session, number)


@api.post("/equipment/<number>/calibrations")
@needs("equipment:keep")
@api.arguments(schemas.CalibrationIn)
@api.response(200, schemas.EquipmentOut)
def calibrate_equipment(body: dict[str, Any], number: str) -> Response:
    """Write down a calibration and until when it stands."""
    return answer(lambda work: equipment.calibrate(work, number, **body), schemas.EquipmentOut())


@api.post("/equipment/<number>/take-out")
@needs("equipment:stop")
@api.arguments(ReasonIn)
@api.response(200, schemas.EquipmentOut)
def take_equipment_out(body: dict[str, Any], number: str) -> Response:
    """Take a room or a device out of use."""
    return answer(lambda work: equipment.take_out(work, number, **body), schemas.EquipmentOut())


@api.post("/equipment/<number>/bring-back")
@needs("equipment:keep")
@api.arguments(ReasonIn)
@api.response(200, schemas.EquipmentOut)
def bring_equipment_back(body: dict[str, Any], number: str) -> Response:
    """Bring a room or a device back into use."""
    return answer(lambda work: equipment.bring_back(work, number, **body), schemas.EquipmentOut())


@api.get("/lots/<number>/steps")
@needs("lot:read")
@api.response(200, schemas.StepLineOut(many=True))
def list_steps(number: str) -> Any:
    """List the steps of a lot in their order; none where its study version describes no process."""
    with runtime().ground.sessions.reading() as session:
        lines = process.step_lines(session, lot_numbered(session, number))
        return process.in_neutral_words(lines, reads_sources=may("source:read"))


@api.post("/lots/<number>/steps/<step>/start")
@needs("step:perform")
@api.arguments(NothingIn)
@api.response(201, schemas.StepOut)
def start_step(_: dict[str, Any], number: str, step: str) -> Response:
    """Begin a step in its order."""
    return answer(lambda work: steps.start(work, number, step), schemas.StepOut(), status=201)


@api.post("/lots/<number>/steps/<step>/scans")
@needs("step:perform")
@api.arguments(schemas.StepScanIn)
@api.response(201, schemas.StepScanOut)
def scan_at_step(body: dict[str, Any], number: str, step: str) -> Response:
    """Scan what a step asks for now: a room or device, or what goes into the lot."""
    return answer(lambda work: steps.scan(work, number, step, **body), schemas.StepScanOut(), status=201)


@api.post("/lots/<number>/steps/<step>/take-over")
@needs("step:perform")
@api.arguments(ReasonIn)
@api.response(200, schemas.StepOut)
def take_step_over(body: dict[str, Any], number: str, step: str) -> Response:
    """Go on with a step that somebody else began."""
    return answer(lambda work: steps.take_over(work, number, step, **body), schemas.StepOut())


@api.post("/lots/<number>/steps/<step>/perform")
@needs("step:perform")
@api.arguments(schemas.StepValuesIn)
@api.response(200, schemas.StepOut)
def perform_step(body: dict[str, Any], number: str, step: str) -> Response:
    """Say that a step was performed, with the value of each of its parameters by its key."""
    return answer(lambda work: steps.perform(work, number, step, values=body), schemas.StepOut())


@api.post("/lots/<number>/steps/<step>/corrections")
@needs("step:perform")
@api.arguments(schemas.StepCorrectionIn)
@api.response(201, schemas.StepValueOut)
def correct_value(body: dict[str, Any], number: str, step: str) -> Response:
    """Write a further value beside a wrong one."""
    return answer(lambda work: steps.correct(work, number, step, **body), schemas.StepValueOut(), status=201)


@api.post("/lots/<number>/steps/<step>/verify")
@needs("step:verify")
@api.arguments(NothingIn)
@api.response(201, schemas.StepVerificationOut)
def verify_step(_: dict[str, Any], number: str, step: str) -> Response:
    """Say that another person performed a step as it stands."""
    return answer(lambda work: steps.verify(work, number, step), schemas.StepVerificationOut(), status=201)
