"""Pages of printers and print jobs: how each printer is, what waits, which label is doubtful."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for

from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.web.files import pdf_file
from cotrack.foundation.web.forms import Form, read
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.foundation.web.words import tell
from cotrack.foundation.words import N_
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.schemas import PrinterIn
from cotrack.labelling.service import (
    print_jobs,
    print_queue,
    printers,
    printing,
)

pages = Blueprint("printers", __name__)


def to_print(usual: str, status: str = "intended") -> Mapping[str, Any]:
    """Return what stands beside a print button: the printers of the site, the usual one, and how that one is now."""
    site = runtime().ground.site
    found = printers.statuses(site, [usual]) if status == "intended" and usual in site.printers else {}
    return {"usual": site.printers.get(usual), "printers": list(site.printers.values()), "now": found.get(usual)}


@pages.get("/printers")
@needs("label:print", "label:void")
def show_printers() -> str:
    """Show the printers as they are now, the jobs that wait, and the labels of which nobody knows."""
    now = printers.statuses(runtime().ground.site)
    with runtime().ground.sessions.reading() as session:
        shown = print_queue.overview(session, actor().permissions, runtime().ground.sessions.clock())
        return render_template("labelling/printers.html", site=runtime().ground.site, now=now, shown=shown)


@pages.post("/printers/<code>/test")
@needs("label:print")
def print_test_page(code: str) -> Response:
    """Print a test page; the browser gets its PDF."""
    document = printers.test_page(runtime().ground, actor(), code)
    if document is not None:
        return pdf_file(document, f"test-page-{code}.pdf")
    flash(tell(N_("The test page was sent to {printer}."), {"printer": code}))
    return go_to(url_for("printers.show_printers"))


@pages.get("/print-jobs/<int:job_id>")
@needs("label:print", "label:void")
def show_job(job_id: int) -> str:
    """Show a print job: which of its labels are sure, which doubtful, which wait, and what to do."""
    with runtime().ground.sessions.reading() as session:
        line = print_queue.job_seen(session, job_id, actor())
        is_lost = print_queue.may_be_lost(session, line.job, runtime().ground.sessions.clock())
        return render_template("labelling/job.html", line=line, is_lost=is_lost, **to_print(line.job.printer))


@pages.post("/print-jobs/<int:job_id>/send")
@needs("label:print")
def send_job(job_id: int) -> Response:
    """Send the labels of a job that still wait; what the printer does not take is said on the job's page."""
    try:
        document = printing.send_job(runtime().ground, actor(), job_id, **read(PrinterIn(), Form(request.form)))
    except (LabelNotPrintable, PrinterNotReady, PrinterNotReached):
        return _to_job(job_id)
    if document is None:
        return _to_job(job_id)
    return once(pdf_file(document, f"print-job-{job_id}.pdf"), f"job-{job_id}")


def _to_job(job_id: int) -> Response:
    return go_to(url_for("printers.show_job", job_id=job_id))


def once(response: Response, thing: str) -> Response:
    # The page learns from it that the file has come, and shows the thing as it is now.
    response.set_cookie("cotrack_handed_out", thing, max_age=60, samesite="Strict")
    return response


@pages.post("/print-jobs/<int:job_id>/cancel")
@needs("label:print")
def cancel_job(job_id: int) -> Response:
    """End a job that waits."""
    with unit_of_work(runtime().ground, actor()) as work:
        print_jobs.cancel_job(work, job_id)
    return _to_job(job_id)


@pages.post("/print-jobs/<int:job_id>/doubt")
@needs("label:print")
def call_doubtful(job_id: int) -> Response:
    """Give a job up whose end nobody heard."""
    with unit_of_work(runtime().ground, actor()) as work:
        print_jobs.call_doubtful(work, job_id)
    return _to_job(job_id)
