"""JSON routes of orders."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.labelling.schemas import LabelInstanceOut, RequestIn
from cotrack.orders import schemas
from cotrack.orders.service import acceptance, allocation, dosing, endotoxin, notices, supplied, supplies
from cotrack.orders.service.order_sheet import request_order_sheet

api = Blueprint("api_orders", __name__, url_prefix="/api/v1", description="Orders")


@api.post("/participants/<number>/orders")
@needs("order:make")
@api.arguments(schemas.SignedOrderIn)
@api.response(201, schemas.OrderOut)
def make_order(body: dict[str, Any], number: str) -> Response:
    """Order a dose for one treatment event."""
    signature = body.pop("signature")
    act = lambda work: dosing.make_order(work, number, **body)  # noqa: E731 (one line)
    return answer(act, schemas.OrderOut(), status=201, signature=signature)


@api.get("/orders/<number>")
@needs("order:read")
@api.response(200, schemas.OrderWithBagsOut)
def show_order(number: str) -> Any:
    """Show an order with its bags."""
    with runtime().ground.sessions.reading() as session:
        return dosing.order_numbered(session, number)


@api.post("/orders/<number>/sheets")
@needs("label:print_order_sheet")
@api.arguments(RequestIn)
@api.response(201, LabelInstanceOut)
def request_sheet(body: dict[str, Any], number: str) -> Response:
    """Ask for the sheet of an order; it is handed out by `POST /labels/{id}/hand-out`."""
    return answer(lambda work: request_order_sheet(work, number, **body), LabelInstanceOut(), status=201)


@api.get("/orders/<number>/endotoxin")
@needs("order:read")
@api.response(200, schemas.EndotoxinOut)
def show_endotoxin(number: str) -> Any:
    """Show how much endotoxin the bags of an order bring at most, and how much is allowed."""
    with runtime().ground.sessions.reading() as session:
        return endotoxin.endotoxin_of(session, dosing.order_numbered(session, number))


@api.post("/orders/<number>/allocate")
@needs("order:allocate")
@api.arguments(NothingIn)
@api.response(200, schemas.OrderOut)
def allocate(_: dict[str, Any], number: str) -> Response:
    """Set bags aside, first to expire first."""
    return answer(lambda work: allocation.allocate(work, number), schemas.OrderOut())


@api.post("/orders/<number>/accept-lot")
@needs("order:accept_lot")
@api.arguments(schemas.SignedAcceptIn)
@api.response(201, schemas.AcceptanceOut)
def accept_lot(body: dict[str, Any], number: str) -> Response:
    """Accept a conditionally released lot for an order, as its treating physician."""
    signature = body.pop("signature")
    act = lambda work: acceptance.accept_lot(work, number, **body)  # noqa: E731 (one line)
    return answer(act, schemas.AcceptanceOut(), status=201, signature=signature)


@api.post("/orders/<number>/deallocate")
@needs("order:allocate")
@api.arguments(ReasonIn)
@api.response(200, schemas.OrderOut)
def deallocate(body: dict[str, Any], number: str) -> Response:
    """Take bags back that were not issued."""
    return answer(lambda work: dosing.take_back_bags(work, number, **body), schemas.OrderOut())


@api.post("/orders/<number>/cancel")
@needs("order:cancel")
@api.arguments(ReasonIn)
@api.response(200, schemas.OrderOut)
def cancel(body: dict[str, Any], number: str) -> Response:
    """Withdraw an order before anything was given."""
    return answer(lambda work: dosing.cancel_order(work, number, **body), schemas.OrderOut())


@api.get("/orders/<number>/supplies")
@needs("order:read")
@api.response(200, schemas.SupplyOut(many=True))
def list_supplies(number: str) -> Any:
    """List the supplies out of specification of an order, newest first."""
    with runtime().ground.sessions.reading() as session:
        return supplied.supplies_of(session, order_id=dosing.order_numbered(session, number).id)


@api.post("/orders/<number>/supplies")
@needs("oos_supply:request")
@api.arguments(schemas.SignedSupplyIn)
@api.response(201, schemas.SupplyOut)
def request_supply(body: dict[str, Any], number: str) -> Response:
    """Request a lot out of specification for an order, as its treating physician."""
    signature = body.pop("signature")
    act = lambda work: supplies.request_supply(work, number, **body)  # noqa: E731 (one line)
    return answer(act, schemas.SupplyOut(), status=201, signature=signature)


@api.get("/supplies/<number>")
@needs("order:read")
@api.response(200, schemas.SupplyOut)
def show_supply(number: str) -> Any:
    """Show a supply out of specification."""
    with runtime().ground.sessions.reading() as session:
        return supplied.supply_numbered(session, number)


@api.post("/supplies/<number>/evaluate")
@needs("oos_supply:evaluate")
@api.arguments(schemas.SignedEvaluationIn)
@api.response(200, schemas.SupplyOut)
def evaluate_supply(body: dict[str, Any], number: str) -> Response:
    """Sign the risk evaluation of a supply out of specification, as QA."""
    signature = body.pop("signature")
    act = lambda work: supplies.evaluate_supply(work, number, **body)  # noqa: E731 (one line)
    return answer(act, schemas.SupplyOut(), signature=signature)


@api.post("/supplies/<number>/accept")
@needs("oos_supply:accept")
@api.arguments(schemas.SignedSupplyAcceptanceIn)
@api.response(200, schemas.SupplyOut)
def accept_supply(body: dict[str, Any], number: str) -> Response:
    """Accept a supply out of specification, as the treating physician."""
    act = lambda work: supplies.accept_supply(work, number)  # noqa: E731 (one line)
    return answer(act, schemas.SupplyOut(), signature=body["signature"])


@api.post("/supplies/<number>/decline")
@needs("oos_supply:evaluate")
@api.arguments(ReasonIn)
@api.response(200, schemas.SupplyOut)
def decline_supply(body: dict[str, Any], number: str) -> Response:
    """Decline a supply out of specification, as QA."""
    return answer(lambda work: supplies.decline_supply(work, number, **body), schemas.SupplyOut())


@api.post("/supplies/<number>/withdraw")
@needs("oos_supply:request")
@api.arguments(ReasonIn)
@api.response(200, schemas.SupplyOut)
def withdraw_supply(body: dict[str, Any], number: str) -> Response:
    """Withdraw a supply out of specification, as the treating physician."""
    return answer(lambda work: supplies.withdraw_supply(work, number, **body), schemas.SupplyOut())


@api.post("/supplies/<number>/void")
@needs("oos_supply:evaluate")
@api.arguments(ReasonIn)
@api.response(200, schemas.SupplyOut)
def void_supply(body: dict[str, Any], number: str) -> Response:
    """Make an accepted supply out of specification void, as QA."""
    return answer(lambda work: supplies.void_supply(work, number, **body), schemas.SupplyOut())


@api.post("/supplies/<number>/notices")
@needs("oos_supply:notify")
@api.arguments(schemas.NoticeIn)
@api.response(201, schemas.NoticeOut)
def record_notice(body: dict[str, Any], number: str) -> Response:
    """Record who was told of a supply out of specification."""
    return answer(lambda work: notices.record_notice(work, number, **body), schemas.NoticeOut(), status=201)
