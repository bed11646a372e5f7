"""Pages of results and of a lot's disposition."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from cotrack.foundation.web.files import kept_upload, preview_page
from cotrack.foundation.web.forms import act_page, form_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.foundation.web.words import site_time, tell, term
from cotrack.foundation.words import N_
from cotrack.labelling.pages import document_page
from cotrack.lifecycles import HOLD, LOT, RESULT
from cotrack.quality.service import holds
from cotrack.release import schemas
from cotrack.release.service import (
    case_page,
    dispositions,
    entries,
    imports,
    invalidations,
    lifting,
    results,
    trail_reviews,
    trends,
)
from cotrack.release.service.certificate import certificate

pages = Blueprint("release", __name__, template_folder="../templates")


@pages.route("/results/import", methods=["GET", "POST"])
@needs("result:import")
def import_results() -> str | Response:
    """Send a laboratory's file and see what storing it would do."""
    if request.method == "GET":
        return render_template("release/import.html", preview=None)
    return preview_page("release/import.html", imports.look)


@pages.post("/results/store")
@needs("result:import")
def store_results() -> Response:
    """Store the file that was previewed."""
    return form_page(
        schemas.StoreResultsIn(),
        lambda work, sha256: imports.import_results(work, **kept_upload(sha256)),
        template="release/import.html",
        then=_after_storing,
        done=N_("The results are stored. A second person reviews them now."),
        context=lambda _: {"preview": None},
    )


def _after_storing(stored: imports.StoredFile) -> str:
    """Go to the lot that the file stopped, whose page says why; else to the lots."""
    return url_for("desk.lot", number=stored.stopped[0].number) if stored.stopped else url_for("desk.lots")


@pages.route("/lots/<number>/results/new", methods=["GET", "POST"])
@needs("result:enter")
def enter_result(number: str) -> Response:
    """Type a result of a lot; what another person typed of it is shown to nobody."""
    schema = schemas.EntryIn()
    return form_page(
        schema,
        lambda work, **said: entries.enter_result(work, number, **said),
        template="release/entry.html",
        then=lambda entered: _after_entry(number, entered),
        context=lambda session: {**entries.entry_page(session, number), "schema": schema, **_became(schema)},
    )


def _became(schema: schemas.EntryIn) -> dict[str, Any]:
    """Say what became of the entry before, as the address has it: of what differs the names of fields alone."""
    labels = {name: each.metadata["label"] for name, each in schema.fields.items()}
    differs = [labels[name] for name in request.args.getlist("differs") if name in labels]
    return {"outcome": request.args.get("outcome", ""), "differs": differs}


def _after_entry(number: str, entered: entries.Entered) -> str:
    """Go on to the next entry, and say what became of this one; to the lot where it was stopped."""
    if entered.stopped:
        return url_for("desk.lot", number=number)
    return url_for("release.enter_result", number=number, outcome=entered.outcome, differs=entered.differs)


@pages.route("/lots/<number>/review", methods=["GET", "POST"])
@needs("result:review")
def review_results(number: str) -> Response:
    """Choose results of a lot and sign their review."""
    return form_page(
        schemas.ReviewIn(),
        lambda work, result_ids: results.review_results(work, number, result_ids=result_ids),
        template="release/review.html",
        then=lambda _: url_for("desk.lot", number=number),
        done=N_("The review is signed."),
        context=lambda session: case_page.review_page(
            session, number, actor(), ticks_within=request.args.get("tick") == "within"
        ),
        is_signed=True,
    )


@pages.route("/results/<int:result_id>/invalidate", methods=["GET", "POST"])
@needs("result:invalidate")
def invalidate_result(result_id: int) -> Response:
    """Make a result invalid, signed; the page says what was reported, and which deviations name a cause."""
    with runtime().ground.sessions.reading() as session:
        number, facts, causes = case_page.invalidation_sheet(session, result_id, runtime().ground.site)
    return act_page(
        RESULT,
        "invalidate",
        schemas.InvalidateIn(),
        lambda work, **said: invalidations.invalidate_result(work, result_id, **said),
        thing=f"lot:{number}",
        then=lambda _: url_for("release.show_release", number=number),
        context=lambda _: {"facts": [(tell(name), value) for name, value in facts], "options": {"deviation": causes}},
    )


@pages.route("/lots/<number>/trail-review", methods=["GET", "POST"])
@needs("trail:review")
def review_trail(number: str) -> Response:
    """Read the trail of a lot and sign that it was read."""
    return form_page(
        NothingIn(),
        lambda work: trail_reviews.review_trail(work, number),
        template="release/trail_review.html",
        then=lambda _: url_for("release.show_release", number=number),
        done=N_("The review of the trail is signed."),
        context=lambda session: trail_reviews.review_sheet(session, number, runtime().ground.site, actor().username),
        is_signed=True,
    )


@pages.get("/lots/<number>/release")
@needs("lot:read")
def show_release(number: str) -> str:
    """Show everything that stands between a lot and its release, on one page."""
    with runtime().ground.sessions.reading() as session:
        page = case_page.release_page(runtime().ground, session, number, actor())
        return render_template("release/release.html", lifecycle=LOT, **page)


@pages.get("/trends")
@needs("lot:read")
def list_trends() -> str:
    """List the tests that have a trend, each with its newest lots."""
    with runtime().ground.sessions.reading() as session:
        return render_template("release/trends.html", **trends.trend_list(session))


@pages.get("/trends/<test>")
@needs("lot:read")
def show_trend(test: str) -> str:
    """Show how a test ran from lot to lot; `?lot=` marks the point of one."""
    with runtime().ground.sessions.reading() as session:
        page = trends.trend_page(session, test, request.args.get("lot", ""))
        return render_template("release/trend.html", **page)


def _decision(number: str, action: str, schema: Any, act: Any) -> Response:
    return act_page(LOT, action, schema, act, thing=f"lot:{number}")


@pages.route("/lots/<number>/release/sign", methods=["GET", "POST"])
@needs("lot:release")
def release(number: str) -> Response:
    """Release a lot."""
    return _decision(number, "release", NothingIn(), lambda work: dispositions.release(work, number))


@pages.route("/lots/<number>/release/conditionally", methods=["GET", "POST"])
@needs("lot:release_conditionally")
def release_conditionally(number: str) -> Response:
    """Release a lot with outstanding tests."""
    act = lambda work, reason: dispositions.release_conditionally(work, number, reason=reason)  # noqa: E731 (one line)
    return _decision(number, "release_conditionally", ReasonIn(), act)


@pages.get("/lots/<number>/certificate.pdf")
@needs("lot:read")
def certificate_document(number: str) -> Response:
    """Give the certificate of a lot as a document."""
    return document_page(f"certificate-{number}", lambda session, site: certificate(session, site, number))


@pages.route("/lots/<number>/release/reject", methods=["GET", "POST"])
@needs("lot:reject")
def reject(number: str) -> Response:
    """Reject a lot."""
    act = lambda work, reason: dispositions.reject(work, number, reason=reason)  # noqa: E731 (one line)
    return _decision(number, "reject", ReasonIn(), act)


@pages.route("/holds/<int:hold_id>/lift", methods=["GET", "POST"])
@needs("hold:lift")
def lift_hold(hold_id: int) -> Response:
    """Lift a hold, with the reason; the page says what stands on what, since when, why and by whom."""
    with runtime().ground.sessions.reading() as session:
        hold, placed_by = holds.hold_numbered(session, hold_id)
    noun, _, key = hold.subject.partition(":")
    facts = [
        (term(noun), key),
        (tell(N_("Why it is held")), hold.reason),
        (tell(N_("Held by")), placed_by),
        (tell(N_("Held since")), site_time(hold.placed_at)),
    ]
    return act_page(
        HOLD,
        "lift",
        ReasonIn(),
        lambda work, reason: lifting.lift_hold(work, hold_id, reason=reason),
        thing=hold.subject,
        context=lambda _: {"facts": facts},
    )
