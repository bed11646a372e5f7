"""JSON routes of results and decisions."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import Act, SignedWith, answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.schemas import ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.labelling.pages import on_paper
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.schemas import LiftedOut
from cotrack.release import schemas
from cotrack.release.schemas import expiry as expiry_shapes
from cotrack.release.schemas import investigations as shapes
from cotrack.release.schemas.files import ResultFileIn
from cotrack.release.service import (
    dispositions,
    entries,
    expiry_decisions,
    imports,
    invalidations,
    investigated,
    investigations,
    lifting,
    results,
    trail_reviews,
    trends,
    unsettled,
    withdrawals,
)

api = Blueprint("api_release", __name__, url_prefix="/api/v1", description="Results and release")


@api.post("/result-imports")
@needs("result:import")
@api.arguments(ResultFileIn)
@api.response(201, schemas.ImportOut)
def import_results(body: dict[str, Any]) -> Response:
    """Store a laboratory's file, whole or not at all; with a laboratory named, by its approved mapping."""
    act = lambda work: imports.import_results(work, **body)  # noqa: E731 (one line)
    return answer(act, schemas.ImportOut(), status=201)


@api.get("/lots/<number>/results")
@needs("lot:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.ResultOut(many=True), headers=LINK)
def list_results(asked: dict[str, int], number: str) -> Any:
    """List a lot's results as they were reported, in the order of their recording."""
    with runtime().ground.sessions.reading() as session:
        found = results.listed_results(session, number)
    return keyed_list(found, asked)


@api.post("/lots/<number>/results")
@needs("result:enter")
@api.arguments(schemas.EntryIn)
@api.response(201, schemas.EnteredOut)
def enter_result(body: dict[str, Any], number: str) -> Response:
    """Type a result; an equal entry by another person makes it one."""
    return answer(lambda work: entries.enter_result(work, number, **body), schemas.EnteredOut(), status=201)


@api.get("/lots/<number>/entries")
@needs("lot:read")
@api.response(200, schemas.UnsettledOut(many=True))
def list_entries(number: str) -> Any:
    """List what was typed of a lot's results and is unsettled: never with what was typed."""
    with runtime().ground.sessions.reading() as session:
        return unsettled.unsettled_of_numbered(session, number)


@api.post("/result-entries/<int:entry_id>/withdraw")
@needs("result:withdraw")
@api.arguments(ReasonIn)
@api.response(201, schemas.EntryEndOut)
def withdraw_entry(body: dict[str, Any], entry_id: int) -> Response:
    """Withdraw an entry: it stays on record, and counts no more."""
    act = lambda work: withdrawals.withdraw_entry(work, entry_id, **body)  # noqa: E731 (one line)
    return answer(act, schemas.EntryEndOut(), status=201)


@api.post("/lots/<number>/reviews")
@needs("result:review")
@api.arguments(schemas.SignedReviewIn)
@api.response(200, schemas.ResultOut(many=True))
def review(body: dict[str, Any], number: str) -> Response:
    """Sign, as a second person, that results were read against their source."""
    ids, signature = body["result_ids"], body["signature"]
    act = lambda work: results.review_results(work, number, result_ids=ids)  # noqa: E731 (one line)
    return answer(act, schemas.ResultOut(many=True), signature=signature)


@api.post("/results/<int:result_id>/invalidate")
@needs("result:invalidate")
@api.arguments(schemas.SignedInvalidationIn)
@api.response(200, schemas.InvalidatedOut)
def invalidate(body: dict[str, Any], result_id: int) -> Response:
    """Sign that a result is wrong for a cause that was found: it stays, and counts no more."""
    signature, said = body.pop("signature"), body
    act = lambda work: invalidations.invalidate_result(work, result_id, **said)  # noqa: E731 (one line)
    return answer(act, schemas.InvalidatedOut(), signature=signature)


@api.post("/lots/<number>/expiry")
@needs("lot:decide_expiry")
@api.arguments(expiry_shapes.SignedExpiryIn)
@api.response(201, expiry_shapes.ExpiryDecisionOut)
def decide_expiry(body: dict[str, Any], number: str) -> Response:
    """Sign another expiry of a lot, on stability evidence; it counts at once."""
    signature, said = body.pop("signature"), body
    act = lambda work: expiry_decisions.decide_expiry(work, number, **said)  # noqa: E731 (one line)
    return answer(act, expiry_shapes.ExpiryDecisionOut(), signature=signature, status=201)


@api.get("/lots/<number>/investigations")
@needs("lot:read")
@api.response(200, shapes.InvestigationOut(many=True))
def list_investigations(number: str) -> Any:
    """List the investigations of a lot, newest first."""
    with runtime().ground.sessions.reading() as session:
        return investigated.investigations_of(session, lot_numbered(session, number).id)


@api.post("/lots/<number>/investigations")
@needs("investigation:open")
@api.arguments(shapes.InvestigateIn)
@api.response(201, shapes.InvestigationOut)
def open_investigation(body: dict[str, Any], number: str) -> Response:
    """Open an investigation of failed results that none has."""
    act = lambda work: investigations.open_investigation(work, number, **body)  # noqa: E731 (one line)
    return answer(act, shapes.InvestigationOut(), status=201)


@api.get("/investigations/<number>")
@needs("lot:read")
@api.response(200, shapes.InvestigationOut)
def show_investigation(number: str) -> Any:
    """Show an investigation."""
    with runtime().ground.sessions.reading() as session:
        return investigated.investigation_numbered(session, number)


def _investigation(number: str, action: str, body: dict[str, Any]) -> Response:
    act, signature = getattr(investigations, action), body.pop("signature", None)
    return answer(lambda work: act(work, number, **body), shapes.InvestigationOut(), signature=signature)


@api.post("/investigations/<number>/report")
@needs("investigation:report")
@api.arguments(shapes.ReportIn)
@api.response(200, shapes.InvestigationOut)
def report_investigation(body: dict[str, Any], number: str) -> Response:
    """Report the laboratory's own investigation."""
    return _investigation(number, "report", body)


@api.post("/investigations/<number>/find-error")
@needs("investigation:decide")
@api.arguments(schemas.ReleaseIn)
@api.response(200, shapes.InvestigationOut)
def find_error(body: dict[str, Any], number: str) -> Response:
    """Sign that the laboratory's own error was found."""
    return _investigation(number, "find_error", body)


@api.post("/investigations/<number>/go-on")
@needs("investigation:decide")
@api.arguments(schemas.ReleaseIn)
@api.response(200, shapes.InvestigationOut)
def go_on(body: dict[str, Any], number: str) -> Response:
    """Sign that no laboratory error was found."""
    return _investigation(number, "go_on", body)


@api.post("/investigations/<number>/plan")
@needs("investigation:report")
@api.arguments(shapes.PlanIn)
@api.response(200, shapes.InvestigationOut)
def plan_retests(body: dict[str, Any], number: str) -> Response:
    """Write the plan of retests."""
    return _investigation(number, "plan", body)


@api.post("/investigations/<number>/approve-plan")
@needs("investigation:decide")
@api.arguments(schemas.ReleaseIn)
@api.response(200, shapes.InvestigationOut)
def approve_plan(body: dict[str, Any], number: str) -> Response:
    """Sign the plan of retests before any of them."""
    return _investigation(number, "approve_plan", body)


@api.post("/investigations/<number>/confirm")
@needs("investigation:decide")
@api.arguments(shapes.SignedConfirmIn)
@api.response(200, shapes.InvestigationOut)
def confirm_result(body: dict[str, Any], number: str) -> Response:
    """Sign that the result stands."""
    return _investigation(number, "confirm", body)


@api.post("/investigations/<number>/refute")
@needs("investigation:decide")
@api.arguments(shapes.SignedRefuteIn)
@api.response(200, shapes.InvestigationOut)
def refute_result(body: dict[str, Any], number: str) -> Response:
    """Sign that the result does not stand, for a cause."""
    return _investigation(number, "refute", body)


@api.get("/trends/<test>")
@needs("lot:read")
@api.arguments(schemas.TrendIn, location="query")
@api.response(200, schemas.TrendOut)
def show_trend(asked: dict[str, str], test: str) -> Any:
    """Show how a test ran over the lots tested last, by the limits of one lot or of the study in effect."""
    with runtime().ground.sessions.reading() as session:
        return trends.trend_data(session, test, asked["lot"])


@api.get("/lots/<number>/release")
@needs("lot:read")
@api.response(200, schemas.ReleaseCaseOut)
def show_case(number: str) -> Any:
    """Show everything that stands against the release of a lot by this person."""
    with runtime().ground.sessions.reading() as session:
        return dispositions.case_summary(runtime().ground, session, number, actor())


@api.post("/lots/<number>/trail-reviews")
@needs("trail:review")
@api.arguments(schemas.ReleaseIn)
@api.response(201, schemas.TrailReviewOut)
def review_trail(body: dict[str, Any], number: str) -> Response:
    """Sign that the whole trail of a lot was read by somebody who did none of it."""
    return answer(lambda work: trail_reviews.review_trail(work, number), schemas.TrailReviewOut(), status=201, **body)


@api.post("/lots/<number>/release")
@needs("lot:release")
@api.arguments(schemas.ReleaseIn)
@api.response(201, schemas.DispositionOut)
def release(body: dict[str, Any], number: str) -> Response:
    """Release a lot."""
    return _decided(lambda work: dispositions.release(work, number), number, body["signature"])


@api.post("/lots/<number>/release-conditionally")
@needs("lot:release_conditionally")
@api.arguments(schemas.SignedDecisionIn)
@api.response(201, schemas.DispositionOut)
def release_conditionally(body: dict[str, Any], number: str) -> Response:
    """Release a lot with outstanding tests."""
    act = lambda work: dispositions.release_conditionally(work, number, reason=body["reason"])  # noqa: E731 (one line)
    return _decided(act, number, body["signature"])


@api.post("/lots/<number>/reject")
@needs("lot:reject")
@api.arguments(schemas.SignedDecisionIn)
@api.response(201, schemas.DispositionOut)
def reject(body: dict[str, Any], number: str) -> Response:
    """Reject a lot for ever."""
    act = lambda work: dispositions.reject(work, number, reason=body["reason"])  # noqa: E731 (one line)
    return _decided(act, number, body["signature"])


def _decided(act: Act, number: str, signature: SignedWith) -> Response:
    """Carry out a decision and answer with it; its documents are made afterwards."""
    return on_paper(answer(act, schemas.DispositionOut(), status=201, signature=signature), f"lot:{number}")


@api.post("/holds/<int:hold_id>/lift")
@needs("hold:lift")
@api.arguments(ReasonIn)
@api.response(200, LiftedOut)
def lift_hold(body: dict[str, Any], hold_id: int) -> Response:
    """Lift a hold; a recall is never lifted."""
    return answer(lambda work: lifting.lift_hold(work, hold_id, **body), LiftedOut())
