"""Pages of results and of a lot's disposition."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from cotrack.foundation.web.files import csv_file, kept_upload, pdf_file, preview_page
from cotrack.foundation.web.forms import act_page, done_words, form_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import actor, may, needs, runtime
from cotrack.foundation.web.words import site_time, tell, term
from cotrack.foundation.words import N_
from cotrack.labelling.pages import document_page, on_paper
from cotrack.lifecycles import HOLD, LOT, RESULT
from cotrack.quality.service import holds
from cotrack.release import schemas
from cotrack.release.schemas.files import StoreResultsIn
from cotrack.release.service import (
    case_page,
    dispositions,
    entries,
    imports,
    invalidations,
    kept_files,
    lifting,
    mapped_files,
    papers,
    results,
    trail_reviews,
    trends,
    withdrawals,
)
from cotrack.release.service.batch_record import batch_record
from cotrack.release.service.trend_document import trend_document

pages = Blueprint("release", __name__, template_folder="../templates")


@pages.route("/results/import", methods=["GET", "POST"])
@needs("result:import")
def import_results() -> Response:
    """Send a laboratory's file and see what storing it would do."""
    look = partial(imports.look, laboratory=request.form.get("laboratory", ""))
    return preview_page("release/import.html", look, context=_mappings)


def _mappings(session: Any) -> dict[str, Any]:
    return {"mappings": mapped_files.approved_mappings(session)}


@pages.post("/results/store")
@needs("result:import")
def store_results() -> Response:
    """Store the file that was previewed."""
    return form_page(
        StoreResultsIn(),
        lambda work, sha256, **said: imports.import_results(work, **kept_upload(sha256), **said),
        template="release/import.html",
        then=_after_storing,
        done=N_("The results are stored. A second person reviews them now."),
        context=lambda session: {"preview": None, **_mappings(session)},
    )


@pages.get("/results/files/<sha256>")
@needs("lot:read")
def result_file(sha256: str) -> Response:
    """Give a laboratory's file as it came."""
    with runtime().ground.sessions.reading() as session:
        return csv_file(kept_files.file_content(session, sha256), f"results-{sha256[:12]}.csv")


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
        suggest=_typed_before(number),
    )


def _typed_before(number: str) -> dict[str, str]:
    """Return what the person typed last, where it differed from another's: it is compared with its source, not lost."""
    if request.args.get("outcome") != "differs":
        return {}
    with runtime().ground.sessions.reading() as session:
        return entries.own_newest(session, number, actor().person_id, runtime().ground.site)


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


@pages.get("/lots/<number>/entries")
@needs("lot:read")
def list_entries(number: str) -> str:
    """List what was typed of a lot's results and is unsettled, and what ended without a result."""
    with runtime().ground.sessions.reading() as session:
        page = withdrawals.entries_page(session, number, actor())
        return render_template("release/entries.html", **page)


@pages.route("/result-entries/<int:entry_id>/withdraw", methods=["GET", "POST"])
@needs("result:withdraw")
def withdraw_entry(entry_id: int) -> Response:
    """Withdraw an entry, with the reason."""
    with runtime().ground.sessions.reading() as session:
        number, facts = withdrawals.withdrawal_sheet(session, entry_id, actor())
    shown = {"act": withdrawals.WITHDRAW, "thing": f"result_entries:{number}", "options": {}, "schema": ReasonIn()}
    return form_page(
        ReasonIn(),
        lambda work, reason: withdrawals.withdraw_entry(work, entry_id, reason=reason),
        template="act.html",
        then=lambda _: url_for("release.list_entries", number=number),
        done=done_words(withdrawals.WITHDRAW, f"lot:{number}"),
        context=lambda _: {**shown, "facts": [(tell(name), value) for name, value in facts]},
    )


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


@pages.get("/trends/<test>.pdf")
@needs("lot:read")
def trend_paper(test: str) -> Response:
    """Give the trend of a test as a document; `?lot=` marks the point of one lot."""
    lot = request.args.get("lot", "")
    return document_page(f"trend-{test}", lambda session, site: trend_document(session, site, test, lot))


def _decision(number: str, action: str, schema: Any, act: Any) -> Response:
    return on_paper(act_page(LOT, action, schema, act, thing=f"lot:{number}"), f"lot:{number}")


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


@pages.get("/lots/<number>/batch-record.pdf")
@needs("lot:read")
def batch_record_document(number: str) -> Response:
    """Give the batch record of a lot as a document."""
    read = partial(batch_record, number=number, reads_sources=may("source:read"))
    return document_page(f"batch-record-{number}", read)


@pages.get("/lots/<number>/certificate.pdf")
@needs("lot:read")
def certificate_document(number: str) -> Response:
    """Give the certificate of a lot as it was made under the newest decision."""
    return _document(number, "certificate")


@pages.get("/lots/<number>/release-record.pdf")
@needs("source:read")
def release_record_document(number: str) -> Response:
    """Give the record of all that the newest decision about a lot rested on."""
    return _document(number, "release-record")


def _document(number: str, name: str) -> Response:
    content = papers.lot_document(runtime().ground, runtime().settings.witness_file, number, name)
    return pdf_file(content, f"{name}-{number}.pdf")


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
