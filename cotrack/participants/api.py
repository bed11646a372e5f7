"""JSON routes of participants."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.labelling.schemas import LabelInstanceOut
from cotrack.participants import schemas
from cotrack.participants.service import bands, enrolment, identity, knowledge, screening, treatment

api = Blueprint("api_participants", __name__, url_prefix="/api/v1", description="Participants")


@api.post("/screenings")
@needs("participant:screen")
@api.arguments(schemas.ScreeningFileIn)
@api.response(201, schemas.ParticipantOut(many=True))
def screen(body: dict[str, Any]) -> Response:
    """Store a screening CSV file, whole or not at all."""
    content = body["content"].encode()
    act = lambda work: screening.screen(work, file_name=body["file_name"], content=content)  # noqa: E731 (one line)
    return answer(act, schemas.ParticipantOut(many=True), status=201)


@api.get("/participants/<number>")
@needs("participant:read")
@api.response(200, schemas.ParticipantOut)
def show_participant(number: str) -> Any:
    """Show a participant, by subject number."""
    with runtime().ground.sessions.reading() as session:
        return knowledge.participant_numbered(session, number)


@api.post("/participants/<number>/answers")
@needs("participant:answer")
@api.arguments(schemas.ValuesIn)
@api.response(200, schemas.ParticipantOut)
def answer_criteria(body: dict[str, Any], number: str) -> Response:
    """Keep the physician's answers to criteria."""
    act = lambda work: knowledge.answer_criteria(work, number, answers=body["values"])  # noqa: E731 (one line)
    return answer(act, schemas.ParticipantOut())


@api.post("/participants/<number>/measurements")
@needs("participant:measure")
@api.arguments(schemas.MeasurementsIn)
@api.response(200, schemas.ParticipantOut)
def measure(body: dict[str, Any], number: str) -> Response:
    """Keep new measurements, such as weight or the day of organ function."""
    return answer(lambda work: knowledge.measure(work, number, **body), schemas.ParticipantOut())


@api.post("/participants/<number>/identity")
@needs("participant:identify")
@api.arguments(schemas.IdentityIn)
@api.response(200, schemas.ParticipantOut)
def identify(body: dict[str, Any], number: str) -> Response:
    """Keep who a participant is, encrypted."""
    return answer(lambda work: identity.identify(work, number, **body), schemas.ParticipantOut())


@api.post("/participants/<number>/looks")
@needs("participant:identify")
@api.arguments(schemas.LookIn)
@api.response(200, schemas.IdentityOut)
def look(body: dict[str, Any], number: str) -> Response:
    """Show who a participant is; the look is recorded with its purpose, and its answer is kept nowhere."""
    return answer(lambda work: identity.look(work, number, **body), schemas.IdentityOut(), is_kept=False)


@api.post("/participants/<number>/enrol")
@needs("participant:enrol")
@api.arguments(schemas.SignedEnrolIn)
@api.response(200, schemas.ParticipantOut)
def enrol(body: dict[str, Any], number: str) -> Response:
    """Enrol a participant today."""
    act = lambda work: enrolment.enrol(work, number, arm=body["arm"])  # noqa: E731 (one line)
    return answer(act, schemas.ParticipantOut(), signature=body["signature"])


@api.post("/participants/<number>/withdraw")
@needs("participant:withdraw")
@api.arguments(ReasonIn)
@api.response(200, schemas.ParticipantOut)
def withdraw(body: dict[str, Any], number: str) -> Response:
    """Take a participant out of the study."""
    return answer(lambda work: enrolment.withdraw(work, number, **body), schemas.ParticipantOut())


@api.post("/participants/<number>/take-over")
@needs("participant:take_over")
@api.arguments(ReasonIn)
@api.response(201, schemas.TreatingPhysicianOut)
def take_over(body: dict[str, Any], number: str) -> Response:
    """Become a participant's treating physician."""
    return answer(lambda work: treatment.take_over(work, number, **body), schemas.TreatingPhysicianOut(), status=201)


@api.post("/participants/<number>/bands")
@needs("label:print_band")
@api.arguments(schemas.BandRequestIn)
@api.response(201, LabelInstanceOut)
def request_band(body: dict[str, Any], number: str) -> Response:
    """Ask for a wristband."""
    return answer(lambda work: bands.request_band(work, number, **body), LabelInstanceOut(), status=201)


@api.post("/participants/<number>/band/put-on")
@needs("participant:put_on_band")
@api.arguments(schemas.BandIn)
@api.response(201, schemas.BandOut)
def put_on(body: dict[str, Any], number: str) -> Response:
    """Put a band on, as the first of two people."""
    return answer(lambda work: bands.put_on(work, number, **body), schemas.BandOut(), status=201)


@api.post("/participants/<number>/band/confirm")
@needs("participant:confirm_band")
@api.arguments(schemas.BandIn)
@api.response(200, schemas.BandOut)
def confirm(body: dict[str, Any], number: str) -> Response:
    """Confirm a band, as the second of two people."""
    return answer(lambda work: bands.confirm(work, number, **body), schemas.BandOut())


@api.post("/participants/<number>/band/remove")
@needs("participant:put_on_band")
@api.arguments(ReasonIn)
@api.response(200, schemas.BandOut)
def remove(body: dict[str, Any], number: str) -> Response:
    """Take a band off; it never counts again."""
    return answer(lambda work: bands.remove(work, number, **body), schemas.BandOut())
