"""Pages of laboratories: how each spells its files, tried on a sample, proposed, approved and withdrawn."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.web.files import keep_upload, kept_upload, sent_file
from cotrack.foundation.web.forms import Form, act_page, done_words, form_page, read
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import actor, go_to, needs, runtime
from cotrack.foundation.web.words import tell
from cotrack.foundation.work import Work
from cotrack.lifecycles import FILE_MAPPING
from cotrack.release.schemas import laboratories as schemas
from cotrack.release.service import laboratories, mapping_form

pages = Blueprint("laboratory", __name__)


@pages.get("/laboratories")
@needs("lot:read")
def list_laboratories() -> str:
    """List laboratories, each with the version by which its files are read."""
    with runtime().ground.sessions.reading() as session:
        return render_template("release/laboratories.html", lines=laboratories.laboratory_lines(session))


@pages.route("/laboratories/new", methods=["GET", "POST"])
@needs("mapping:propose")
def register() -> Response:
    """Register a laboratory."""
    schema = schemas.LaboratoryIn()
    return form_page(
        schema,
        laboratories.register,
        template="act.html",
        then=lambda row: url_for("laboratory.show", code=row.code),
        done=done_words(laboratories.REGISTER, ""),
        context=lambda _: {"act": laboratories.REGISTER, "thing": "", "options": {}, "schema": schema},
    )


@pages.get("/laboratories/<code>")
@needs("lot:read")
def show(code: str) -> str:
    """Show a laboratory with every version of its mapping."""
    with runtime().ground.sessions.reading() as session:
        page = laboratories.laboratory_page(session, code)
        return render_template("release/laboratory.html", acts=FILE_MAPPING.actions, me=actor().person_id, **page)


@pages.route("/laboratories/<code>/mappings/new", methods=["GET", "POST"])
@needs("mapping:propose")
def send_sample(code: str) -> Response:
    """Take a sample file, whose columns are then given a meaning."""
    form, schema = Form(request.form), schemas.SampleFileIn()
    try:
        if request.method == "POST":
            return go_to(_kept_sample(code, read(schema, form)))
    except InvalidInput as refusal:
        form.refuse(refusal)
    return _sample_page(code, form, schema)


def _kept_sample(code: str, said: dict[str, str]) -> str:
    """Keep a sample that has columns, and return the address of its form."""
    name, content = sent_file()
    mapping_form.headers_of(content, said["encoding"], said["separator"])
    sha256 = keep_upload(name, content)
    said = {name: said[name] for name in ("encoding", "separator")}
    return f"{url_for('laboratory.propose', code=code, sha256=sha256)}?{urlencode(said)}"


def _sample_page(code: str, form: Form, schema: schemas.SampleFileIn) -> Response:
    with runtime().ground.sessions.reading() as session:
        laboratory = laboratories.laboratory_coded(session, code)
    page = render_template("release/mapping_sample.html", form=form, schema=schema, laboratory=laboratory)
    return make_response(page, 422 if form.errors or form.refusal else 200)


@pages.route("/laboratories/<code>/mappings/sample/<sha256>", methods=["GET", "POST"])
@needs("mapping:propose")
def propose(code: str, sha256: str) -> Response:
    """Give each column of a sample a meaning, try the mapping on it, and propose it."""
    sample = _Sample(code, sha256)
    if request.form.get("act") == "try":
        return sample.tried()
    return form_page(
        schemas.MappingFormIn(),
        sample.proposed,
        template="release/mapping.html",
        then=lambda _: url_for("laboratory.show", code=code),
        done=done_words(FILE_MAPPING["propose"], f"laboratory:{code}"),
        context=sample.sheet,
        suggest=sample.suggestion(),
    )


class _Sample:
    """A sample file that a person sent, read by what the form says of it."""

    def __init__(self, code: str, sha256: str) -> None:
        """Find the file; raises InvalidInput where it is no longer here."""
        self.code = code
        self.kept = kept_upload(sha256)
        said = request.form if request.method == "POST" else request.args
        self.form = {name: said.get(name, "") for name in ("encoding", "separator")}

    def headers(self) -> list[str]:
        """Return the columns of the file."""
        found = read(schemas.SampleFileIn(), Form(MultiDict(self.form)))
        return mapping_form.headers_of(self.kept["content"], **found)

    def suggestion(self) -> dict[str, str]:
        """Return what the form says before anybody typed."""
        headers = self.headers()
        with runtime().ground.sessions.reading() as session:
            before = mapping_form.as_before(session, self.code, headers)
        return {"decimal": "point", **mapping_form.first_guess(headers), **before, **self.form}

    def sheet(self, session: Session) -> dict[str, Any]:
        """Return what stands beside the form."""
        work = Work(runtime().ground, session, actor())
        page = mapping_form.mapping_sheet(work, self.code, self.kept["file_name"], self.headers())
        return {**page, "schema": schemas.MappingFormIn(), "tried": None}

    def proposed(self, work: Work, /, **said: Any) -> Any:
        """Propose what was typed, tried once more on the file."""
        spelling = mapping_form.spelling_from(said, self.headers())
        sample = (self.kept["file_name"], self.kept["content"])
        return laboratories.propose(work, self.code, spelling=spelling, remark=said["remark"], sample=sample)

    def tried(self) -> Response:
        """Try what was typed on the file, and show what came of it; nothing is kept."""
        form, found = Form(request.form), None
        try:
            found = self._trial(read(schemas.MappingFormIn(), form))
            form = Form(MultiDict(found.filled))
        except InvalidInput as refusal:
            form.refuse(refusal)
        with runtime().ground.sessions.reading() as session:
            page = render_template("release/mapping.html", form=form, **{**self.sheet(session), "tried": found})
        return make_response(page, 200 if found else 422)

    def _trial(self, said: dict[str, Any]) -> mapping_form.TriedForm:
        with runtime().ground.sessions.reading() as session:
            work = Work(runtime().ground, session, actor())
            return mapping_form.tried_form(work, said, self.kept["content"], self.headers())


@pages.route("/laboratories/<code>/mappings/<int:number>/approve", methods=["GET", "POST"])
@needs("mapping:approve")
def approve(code: str, number: int) -> Response:
    """Approve a version, signed."""
    act = lambda work: laboratories.approve(work, code, number)  # noqa: E731 (one line)
    return act_page(FILE_MAPPING, "approve", NothingIn(), act, thing=f"laboratory:{code}", context=_facts(code, number))


@pages.route("/laboratories/<code>/mappings/<int:number>/withdraw", methods=["GET", "POST"])
@needs("mapping:approve")
def withdraw(code: str, number: int) -> Response:
    """Withdraw a version, with the reason."""
    act = lambda work, reason: laboratories.withdraw(work, code, number, reason=reason)  # noqa: E731 (one line)
    return act_page(FILE_MAPPING, "withdraw", ReasonIn(), act, thing=f"laboratory:{code}", context=_facts(code, number))


def _facts(code: str, number: int) -> Any:
    with runtime().ground.sessions.reading() as session:
        facts = laboratories.mapping_facts(session, code, number)
    return lambda _: {"facts": [(tell(name), value) for name, value in facts]}
