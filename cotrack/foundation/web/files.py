"""Files that people send: kept for one day between preview and storing, under their hash."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypedDict
from unicodedata import normalize

from flask import Response, make_response, render_template, request
from sqlalchemy import select

from cotrack.foundation.access.models import Upload
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.tables import sha256_of
from cotrack.foundation.web.forms import Context, Form
from cotrack.foundation.web.visit import actor, runtime
from cotrack.foundation.words import N_

LONGEST_NAME = 120


def sent_file(field: str = "file") -> tuple[str, bytes]:
    """Return the name and content of the file that was sent; raises InvalidInput where there is none."""
    sent = request.files.get(field)
    if sent is None or not sent.filename:
        raise InvalidInput("Choose a file.", fields={field: [N_("Choose a file.")]})
    name = "".join(each for each in normalize("NFC", sent.filename) if each.isprintable())
    return name[-LONGEST_NAME:] or "file", sent.read()


def pdf_file(document: bytes, name: str) -> Response:
    """Answer with a document that the browser keeps under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(document, mimetype="application/pdf", headers=headers)


def csv_file(content: bytes, name: str) -> Response:
    """Answer with the very bytes of a table that the browser keeps under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="text/csv", headers=headers)


class Preview(Protocol):
    """What storing a file would do: nothing, where it has faults."""

    @property
    def faults(self) -> Sequence[Blocker]:
        """Everything wrong with the file."""


def preview_page(template: str, look: Callable[..., Preview], *, context: Context | None = None) -> Response:
    """Ask for a file; show what storing the sent one would do, and keep it until then; or say what is wrong with it."""
    if request.method == "GET":
        return _shown(template, context, 200, preview=None, form=Form(request.args))
    form = Form(request.form)
    try:
        name, content = sent_file()
    except InvalidInput as refusal:
        form.errors = refusal.fields
        return _shown(template, context, refusal.status, preview=None, form=form)
    preview = look(runtime().ground, actor(), file_name=name, content=content)
    if preview.faults:
        return _shown(template, context, InvalidInput.status, preview=preview, form=form)
    keep_upload(name, content)
    return _shown(template, context, 200, preview=preview, form=form)


def _shown(template: str, context: Context | None, status: int, **shown: object) -> Response:
    with runtime().ground.sessions.reading() as session:
        page = render_template(template, **shown, **(context(session) if context else {}))
    return make_response(page, status)


def keep_upload(name: str, content: bytes) -> str:
    """Keep a file until it is stored; return the hash by which it is known."""
    ground = runtime().ground
    with ground.sessions.outside_trail() as session:
        session.add(
            Upload(
                sha256=sha256_of(content),
                name=name,
                content=content,
                username=actor().username,
                uploaded_at=ground.sessions.clock(),
            )
        )
    return sha256_of(content)


class KeptFile(TypedDict):
    """A file as an import takes it."""

    file_name: str
    content: bytes


def kept_upload(sha256: str) -> KeptFile:
    """Return the kept file of this person with this hash, as the import takes it; raises InvalidInput."""
    with runtime().ground.sessions.reading() as session:
        kept = session.scalar(
            select(Upload)
            .where(Upload.sha256 == sha256, Upload.username == actor().username)
            .order_by(Upload.id.desc())
            .limit(1)
        )
    if kept is None:
        raise InvalidInput("The file is no longer here: send it again.")
    return {"file_name": kept.name, "content": kept.content}
