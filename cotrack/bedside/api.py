"""JSON routes of the bedside."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.bedside import schemas
from cotrack.bedside.service import checks, infusions, ward
from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.manufacture.schemas import UnitOut

api = Blueprint("api_bedside", __name__, url_prefix="/api/v1", description="Bedside")

CHECK_OUT = schemas.CheckOut()


@api.post("/units/<number>/issue")
@needs("unit:issue")
@api.arguments(schemas.IssueIn)
@api.response(200, UnitOut)
def issue(body: dict[str, Any], number: str) -> Response:
    """Hand an allocated bag over for a ward, by two names."""
    return answer(lambda work: ward.issue(work, number, **body), UnitOut())


@api.post("/units/<number>/receive")
@needs("unit:receive")
@api.arguments(schemas.BagIn)
@api.response(200, UnitOut)
def receive(body: dict[str, Any], number: str) -> Response:
    """Take an issued bag over on its ward, by scan."""
    return answer(lambda work: ward.receive(work, number, **body), UnitOut())


@api.post("/units/<number>/return")
@needs("unit:return")
@api.arguments(ReasonIn)
@api.response(200, UnitOut)
def return_unit(body: dict[str, Any], number: str) -> Response:
    """Send a bag back that was never thawed."""
    return answer(lambda work: ward.return_unit(work, number, **body), UnitOut())


@api.post("/units/<number>/waste")
@needs("unit:waste")
@api.arguments(ReasonIn)
@api.response(200, UnitOut)
def waste_unit(body: dict[str, Any], number: str) -> Response:
    """Discard a bag that can no longer be used."""
    return answer(lambda work: ward.waste_unit(work, number, **body), UnitOut())


@api.post("/thaw-checks")
@needs("infusion:check")
@api.arguments(schemas.ThawCheckIn)
@api.response(201, schemas.CheckOut)
def check_before_thaw(body: dict[str, Any]) -> Response:
    """Check bag, tag and order before the thaw, as one of two people."""
    return answer(lambda work: checks.check_before_thaw(work, **body), CHECK_OUT, status=201)


@api.post("/thaws")
@needs("unit:thaw")
@api.arguments(schemas.PairIn)
@api.response(201, UnitOut)
def start_thaw(body: dict[str, Any]) -> Response:
    """Start a thaw from two people's matches."""
    return answer(lambda work: infusions.start_thaw(work, **body), UnitOut(), status=201)


@api.post("/units/<number>/finish-thaw")
@needs("unit:thaw")
@api.arguments(NothingIn)
@api.response(200, UnitOut)
def finish_thaw(_: dict[str, Any], number: str) -> Response:
    """Record that a bag is thawed."""
    return answer(lambda work: infusions.finish_thaw(work, number), UnitOut())


@api.post("/units/<number>/wash")
@needs("unit:thaw")
@api.arguments(NothingIn)
@api.response(200, UnitOut)
def record_wash(_: dict[str, Any], number: str) -> Response:
    """Record that a thawed bag was washed now."""
    return answer(lambda work: infusions.record_wash(work, number), UnitOut())


@api.post("/identity-checks")
@needs("infusion:check")
@api.arguments(schemas.IdentityCheckIn())
@api.response(201, schemas.CheckOut)
def check_identity(body: dict[str, Any]) -> Response:
    """Check band against bag at the bedside; a mismatch is an answer too."""
    return answer(lambda work: checks.check_identity(work, **body), CHECK_OUT, status=201)


@api.post("/infusions")
@needs("infusion:start")
@api.arguments(schemas.PairIn)
@api.response(201, schemas.StartedOut)
def start(body: dict[str, Any]) -> Response:
    """Start an infusion from two independent matches."""
    return answer(lambda work: infusions.start(work, **body), schemas.StartedOut(), status=201)


@api.get("/infusions/<int:infusion_id>")
@needs("infusion:read")
@api.response(200, schemas.InfusionOut)
def show_infusion(infusion_id: int) -> Any:
    """Show an infusion."""
    with runtime().ground.sessions.reading() as session:
        return infusions.infusion_numbered(session, infusion_id)


@api.post("/infusions/<int:infusion_id>/pause")
@needs("infusion:pause")
@api.arguments(ReasonIn)
@api.response(200, schemas.InfusionOut)
def pause(body: dict[str, Any], infusion_id: int) -> Response:
    """Interrupt an infusion."""
    return answer(lambda work: infusions.pause(work, infusion_id, **body), schemas.InfusionOut())


@api.post("/infusions/<int:infusion_id>/resume")
@needs("infusion:pause")
@api.arguments(NothingIn)
@api.response(200, schemas.InfusionOut)
def resume(_: dict[str, Any], infusion_id: int) -> Response:
    """Go on with an infusion."""
    return answer(lambda work: infusions.resume(work, infusion_id), schemas.InfusionOut())


@api.post("/infusions/<int:infusion_id>/complete")
@needs("infusion:complete")
@api.arguments(schemas.SignedVolumesIn)
@api.response(200, schemas.InfusionOut)
def complete(body: dict[str, Any], infusion_id: int) -> Response:
    """End an infusion as planned."""
    signature = body.pop("signature")
    return answer(
        lambda work: infusions.complete(work, infusion_id, **body), schemas.InfusionOut(), signature=signature
    )


@api.post("/infusions/<int:infusion_id>/stop-early")
@needs("infusion:stop")
@api.arguments(schemas.SignedStoppedIn)
@api.response(200, schemas.InfusionOut)
def stop_early(body: dict[str, Any], infusion_id: int) -> Response:
    """End an infusion before the volume was given."""
    signature = body.pop("signature")
    return answer(
        lambda work: infusions.stop_early(work, infusion_id, **body), schemas.InfusionOut(), signature=signature
    )
