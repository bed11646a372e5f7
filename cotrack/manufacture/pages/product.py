"""Pages of making lots, of what goes into them, of filling and labelling bags."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, render_template, request, url_for

from cotrack.foundation.errors import Refused
from cotrack.foundation.web.forms import Form, act_page, page_of, read
from cotrack.foundation.web.schemas import NothingIn, ReasonIn, ScanIn
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.foundation.web.words import tell, term
from cotrack.foundation.words import N_
from cotrack.labelling.pages import document_page, on_paper, request_page
from cotrack.labelling.service import instances
from cotrack.lifecycles import CELL_BANK, DEVIATION, DONOR, HOLD, LABEL_INSTANCE, LOT, MATERIAL, PRINT_JOB, UNIT
from cotrack.manufacture import schemas
from cotrack.manufacture.rules.lots import labels_of
from cotrack.manufacture.service import (
    closing,
    deviations,
    filling,
    inputs,
    late_inputs,
    lots,
    reprinting,
    sources,
    units,
)
from cotrack.manufacture.service.reconciliation import label_account
from cotrack.quality.schemas import AssessmentIn, DescriptionIn

pages = Blueprint("manufacture", __name__, template_folder="../templates")


@pages.route("/lots/new", methods=["GET", "POST"])
@needs("lot:make")
def make_lot() -> Response:
    """Begin a lot."""
    return act_page(LOT, "make", schemas.LotIn(), lots.make_lot, thing="", then=lambda lot: _lot(lot.number))


@pages.route("/lots/<number>/fill", methods=["GET", "POST"])
@needs("unit:fill")
def fill_unit(number: str) -> Response:
    """Fill the next bag."""
    return act_page(
        UNIT,
        "fill",
        schemas.UnitIn(),
        lambda work, **body: filling.fill_unit(work, number, **schemas.content_of(body)),
        thing=f"lot:{number}",
        then=lambda unit: url_for("desk.unit", number=unit.number),
    )


@pages.route("/lots/<number>/finish", methods=["GET", "POST"])
@needs("lot:finish")
def finish_lot(number: str) -> Response:
    """End filling."""
    return act_page(LOT, "finish", NothingIn(), lambda work: lots.finish_lot(work, number), thing=f"lot:{number}")


@pages.route("/lots/<number>/close", methods=["GET", "POST"])
@needs("lot:close")
def close_lot(number: str) -> Response:
    """Close a lot."""
    act = lambda work: closing.close_lot(work, number)  # noqa: E731 (one line)
    return on_paper(act_page(LOT, "close", NothingIn(), act, thing=f"lot:{number}"), f"lot:{number}")


@pages.route("/lots/<number>/hold", methods=["GET", "POST"])
@needs("hold:place")
def hold_lot(number: str) -> Response:
    """Put a lot on hold."""
    act = lambda work, reason: lots.hold_lot(work, number, action="place", reason=reason)  # noqa: E731 (one line)
    return act_page(HOLD, "place", ReasonIn(), act, thing=f"lot:{number}")


@pages.route("/lots/<number>/recall", methods=["GET", "POST"])
@needs("hold:recall")
def recall_lot(number: str) -> Response:
    """Recall a lot."""
    act = lambda work, reason: lots.hold_lot(work, number, action="recall", reason=reason)  # noqa: E731 (one line)
    return act_page(HOLD, "recall", ReasonIn(), act, thing=f"lot:{number}")


@pages.route("/lots/<number>/deviation", methods=["GET", "POST"])
@needs("deviation:open")
def open_deviation(number: str) -> Response:
    """Write down that something about a lot went otherwise than it should."""
    act = lambda work, description: lots.open_deviation(work, number, description=description)  # noqa: E731 (one line)
    return act_page(DEVIATION, "open", DescriptionIn(), act, thing=f"lot:{number}")


@pages.route("/deviations/<number>/assess", methods=["GET", "POST"])
@needs("deviation:assess")
def assess_deviation(number: str) -> Response:
    """Write down class, cause and impact of a deviation; what was written before stands in the fields."""
    with runtime().ground.sessions.reading() as session:
        found, said = deviations.assessed(session, number)
    return act_page(
        DEVIATION,
        "assess",
        AssessmentIn(),
        # The field stood on the page: emptied, it names nothing; only a program leaves it out.
        lambda work, affected, **body: deviations.assess(work, number, affected=affected or "", **body),
        thing=f"deviation:{number}",
        context=lambda _: {"facts": [(tell(N_("What happened")), found)]},
        suggest=said,
    )


@pages.get("/lots/<number>/labels.pdf")
@needs("lot:read")
def label_account_document(number: str) -> Response:
    """Give the account of a lot's labels as a document."""
    return document_page(f"labels-{number}", lambda session, site: label_account(session, site, number))


@pages.route("/units/<number>/hold", methods=["GET", "POST"])
@needs("hold:place")
def hold_unit(number: str) -> Response:
    """Put a unit on hold."""
    act = lambda work, reason: units.hold_unit(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(HOLD, "place", ReasonIn(), act, thing=f"unit:{number}")


@pages.route("/units/<number>/deviation", methods=["GET", "POST"])
@needs("deviation:open")
def open_unit_deviation(number: str) -> Response:
    """Write down that something about a bag went otherwise than it should."""
    act = lambda work, description: units.open_deviation(work, number, description=description)  # noqa: E731 (one line)
    return act_page(DEVIATION, "open", DescriptionIn(), act, thing=f"unit:{number}")


ANEW: Final = N_(
    "Every bag of this lot in the cold gets a new label, and its older one is worthless at once. Bags that were issued "
    "keep theirs."
)


@pages.route("/lots/<number>/print-anew", methods=["GET", "POST"])
@needs("label:print_bag")
def print_anew(number: str) -> Response:
    """Print the labels of a lot's bags anew, in one job; the next page sends it."""
    form = Form(request.form, key=request.form.get("form_key", ""))
    if request.method == "POST":
        try:
            return _to_new_labels(number, form)
        except Refused as refusal:
            form.refuse(refusal)
    shown = {"act": PRINT_JOB["request"], "schema": schemas.AnewIn(), "thing": f"lot:{number}"}
    page = render_template("act.html", form=form, options=_kinds(labels_of("bag")), careful=[(ANEW, {})], **shown)
    return Response(page, form.refusal.status if form.refusal else 422 if form.errors else 200)


def _to_new_labels(number: str, form: Form) -> Response:
    job = reprinting.print_anew(runtime().ground, actor(), number, key=form.key, **read(schemas.AnewIn(), form))
    return go_to(url_for("printers.show_job", job_id=job.id))


@pages.route("/units/<number>/label", methods=["GET", "POST"])
@needs("label:print_bag")
def request_label(number: str) -> Response:
    """Ask for a label of a bag; the next page hands it out."""
    with runtime().ground.sessions.reading() as session:
        kinds = labels_of(units.unit_numbered(session, number).kind)
    act = lambda work, **body: filling.request_label(work, number, **body)  # noqa: E731 (one line)
    return request_page(schemas.LabelIn, kinds, act, thing=f"unit:{number}", options=_kinds(kinds))


def _kinds(kinds: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    return {"kind": [(each, term(each)) for each in kinds]}


@pages.route("/units/<number>/scan-back", methods=["GET", "POST"])
@needs("label:print_bag")
def scan_back(number: str) -> Response:
    """Scan a label back on its bag."""
    act = lambda work, code: instances.scan_back(work, f"unit:{number}", code)  # noqa: E731 (one line)
    return act_page(LABEL_INSTANCE, "apply", ScanIn(), act, thing=f"unit:{number}")


@pages.route("/units/<number>/destroy", methods=["GET", "POST"])
@needs("unit:destroy")
def destroy_unit(number: str) -> Response:
    """Destroy a unit."""
    act = lambda work, reason: filling.destroy_unit(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(UNIT, "destroy", ReasonIn(), act, thing=f"unit:{number}")


@pages.route("/donors/new", methods=["GET", "POST"])
@needs("source:register")
def register_donor() -> Response:
    """Register a donor."""
    return act_page(DONOR, "register", schemas.DonorIn(), sources.register_donor, thing="", then=_source)


@pages.route("/cell-banks/new", methods=["GET", "POST"])
@needs("source:register")
def register_bank() -> Response:
    """Register a cell bank."""
    return act_page(CELL_BANK, "register", schemas.BankIn(), sources.register_bank, thing="", then=_source)


@pages.route("/materials/new", methods=["GET", "POST"])
@needs("source:register")
def register_material() -> Response:
    """Register a delivered lot of a material."""
    return act_page(MATERIAL, "register", schemas.MaterialIn(), sources.register_material, thing="", then=_source)


@pages.route("/sources/<noun>/<number>/approve", methods=["GET", "POST"])
@needs("source:decide")
def approve_source(noun: str, number: str) -> Response:
    """Approve a bank or a material; of a donor QA writes down the results by which they are eligible."""
    with runtime().ground.sessions.reading() as session:
        markers = sources.markers_of(sources.source_numbered(session, noun, number))
    schema = NothingIn() if markers is None else schemas.DonorApprovalIn()
    act = lambda work, **body: sources.approve(work, noun, number, **body)  # noqa: E731 (one line)
    suggest = {"markers": markers}
    return act_page(sources.lifecycle_of(noun), "approve", schema, act, thing=f"{noun}:{number}", suggest=suggest)


@pages.route("/sources/<noun>/<number>/reject", methods=["GET", "POST"])
@needs("source:decide")
def reject_source(noun: str, number: str) -> Response:
    """Reject a bank or a material, or find a donor not eligible."""
    act = lambda work, reason: sources.reject(work, noun, number, reason=reason)  # noqa: E731 (one line)
    return act_page(sources.lifecycle_of(noun), "reject", ReasonIn(), act, thing=f"{noun}:{number}")


@pages.route("/sources/<noun>/<number>/hold", methods=["GET", "POST"])
@needs("hold:place")
def hold_source(noun: str, number: str) -> Response:
    """Put a donor, a bank or a material on hold."""
    act = lambda work, reason: sources.hold_source(work, noun, number, reason=reason)  # noqa: E731 (one line)
    return act_page(HOLD, "place", ReasonIn(), act, thing=f"{noun}:{number}")


@pages.route("/lots/<number>/use", methods=["GET", "POST"])
@needs("source:use")
def use_in_lot(number: str) -> Response:
    """Put a bank's vials or a material into a lot."""
    act = lambda work, **body: inputs.use_in_lot(work, number, **body)  # noqa: E731 (one line)
    return act_page(MATERIAL, "use", schemas.UseIn(), act, thing=f"lot:{number}")


@pages.route("/lots/<number>/record-source", methods=["GET", "POST"])
@needs("source:record_late")
def record_source(number: str) -> Response:
    """Record late what really went into a lot."""
    act = lambda work, **body: late_inputs.record_late(work, number, **body)  # noqa: E731 (one line)
    return act_page(LOT, "record_source", schemas.RecordLateIn(), act, thing=f"lot:{number}")


def _source(source: sources.Source) -> str:
    return page_of(sources.subject_of(source))


def _lot(number: str) -> str:
    return url_for("desk.lot", number=number)
