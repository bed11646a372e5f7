"""One way to do something on a page: show the form, check it, decide, let it be signed, do it once, go on."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, flash, make_response, render_template, request, url_for
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from cotrack.foundation.acting import SigningText
from cotrack.foundation.errors import InvalidInput, Refused, SignatureRefused
from cotrack.foundation.idempotency import Answer
from cotrack.foundation.state_machine import Action, Lifecycle
from cotrack.foundation.unit_of_work import rehearse
from cotrack.foundation.web.commands import TYPED, run, typed
from cotrack.foundation.web.visit import actor, go_to, runtime
from cotrack.foundation.web.words import tell, tell_blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work

CONTROL_FIELDS = frozenset({"form_token", "form_key", "password", "meaning", "text_sha256", TYPED})
Context = Callable[[Session], Mapping[str, Any]]


class Form:
    """What was typed, what is wrong with it, and why it was refused: nothing typed is ever lost; a scan is repeated."""

    def __init__(self, typed: MultiDict[str, str], *, key: str = "") -> None:
        """Begin with what was typed, or with what the page suggests."""
        self.typed = typed
        self.key = key or secrets.token_urlsafe(16)
        self.errors: dict[str, list[str]] = {}
        self.labels: dict[str, str] = {}
        self.refusal: Refused | None = None

    def value(self, name: str, default: Any = "") -> Any:
        """Return what stands in a field."""
        return self.typed.get(name, default)

    def values(self, name: str) -> list[str]:
        """Return all that stands in a field that takes several."""
        return self.typed.getlist(name)

    def refuse(self, refusal: Refused) -> None:
        """Take a refusal: what is wrong with a field is told at the field, every other reason in the summary."""
        self.refusal = refusal if refusal.detail or refusal.blockers else None
        if isinstance(refusal, InvalidInput):
            self.errors = {**refusal.fields}

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Return each fault as field and sentence, for the list at the top of the page."""
        faults = [(name, self._of_field(name, each)) for name, found in self.errors.items() for each in found]
        if self.refusal is not None:
            faults += [(each.solve and f"@{each.solve}", tell_blocker(each)) for each in self.refusal.reasons]
        return faults

    def _of_field(self, name: str, fault: str) -> str:
        """Say a fault with the name of its field, as the page names it: many faults read alike."""
        if name not in self.labels:
            return tell(fault)
        return tell(N_("{field}: {words}"), {"field": tell(self.labels[name]), "words": tell(fault)})


def form_page(
    schema: Schema,
    act: Callable[..., Any],
    *,
    template: str,
    then: Callable[[Any], str],
    done: str = "",
    context: Context | None = None,
    suggest: Mapping[str, Any] | None = None,
    is_signed: bool = False,
) -> Response:
    """Show a form and carry out what it sends: `act(work, **fields)`, then on to `then(result)`, which says `done`.

    A signed act is decided first, then shows the very text to sign, and is carried out with the password.
    """
    if request.method == "GET":
        return _show(template, Form(MultiDict(suggest or {})), context)
    form = Form(request.form, key=request.form.get("form_key", ""))
    try:
        body = read(schema, form)

        def act_and_answer(work: Work) -> Answer:
            if how := typed():
                work.details["typed"] = how
            return Answer(303, then(act(work, **body)))

        given = _signed(form, act_and_answer) if is_signed else run(act_and_answer, key=form.key)
    except Refused as refusal:
        form.refuse(refusal)
        return _show(template, form, context, status=refusal.status)
    if isinstance(given, Response):
        return given
    if done:
        flash(tell(done))
    return go_to(given.body)


def _signed(form: Form, act: Callable[[Work], Answer]) -> Answer | Response:
    """Decide a signed act and ask for the password over its text; with the password, carry it out or ask again."""
    if "password" not in request.form:
        return _show_panel(form, rehearse(runtime().ground, actor(), act)[1])
    try:
        return run(act, key=form.key, signature=_signature())
    except SignatureRefused as refusal:
        signing = rehearse(runtime().ground, actor(), act)[1]
        return _show_panel(form, signing, error=tell(refusal.detail, refusal.parameters), status=refusal.status)


def act_page(
    lifecycle: Lifecycle,
    action: str,
    schema: Schema,
    act: Callable[..., Any],
    *,
    thing: str,
    then: Callable[[Any], str] | None = None,
    context: Context | None = None,
    suggest: Mapping[str, Any] | None = None,
) -> Response:
    """Show one action of a lifecycle as a page of its own, its fields from the schema, and carry it out.

    `thing` names what it is done to (`noun:id`); the page goes back there unless `then` says where.
    """
    row = lifecycle[action]

    def shown(session: Session) -> Mapping[str, Any]:
        return {"act": row, "schema": schema, "thing": thing, "options": {}, **(context(session) if context else {})}

    def go_back(result: Any) -> str:
        return then(result) if then else page_of(thing)

    return form_page(
        schema,
        act,
        template="act.html",
        then=go_back,
        done=done_words(row, thing),
        context=shown,
        suggest=suggest,
        is_signed=row.meaning is not None,
    )


def done_words(row: Action, thing: str) -> str:
    """Say what was done, and to what (`noun:id`): “Done: Release · MSC26-0031”."""
    act = {"act": tell(row.title)}
    if not thing:
        return tell(N_("Done: {act}"), act)
    return tell(N_("Done: {act} · {thing}"), {**act, "thing": current_app.config["COTRACK_THING_NAME"](thing)})


def page_of(subject: str) -> str:
    """Return the address of the page of a thing named `noun:id`, the home page where it has none."""
    address: str = current_app.config["COTRACK_THING_URL"](subject)
    return address or url_for("desk.home")


def read(schema: Schema, form: Form) -> dict[str, Any]:
    """Return what was typed, an empty field as not filled in; raises InvalidInput, and tells the form, by field."""
    form.labels = {name: each.metadata["label"] for name, each in schema.fields.items() if "label" in each.metadata}
    sent: dict[str, Any] = {}
    for name in form.typed:
        if name in CONTROL_FIELDS:
            continue
        found = [each for each in form.typed.getlist(name) if each.strip()]
        if found:
            sent[name] = found if isinstance(schema.fields.get(name), fields.List) else found[-1]
    try:
        loaded: dict[str, Any] = schema.load(sent)
    except ValidationError as fault:
        form.errors = faults_by_field(fault)
        raise InvalidInput(fields=form.errors) from None
    return loaded


def faults_by_field(fault: ValidationError) -> dict[str, list[str]]:
    """Return what a schema complains of, by field."""
    messages = fault.messages if isinstance(fault.messages, Mapping) else {"_schema": fault.messages}
    return {str(name): _flat(found) for name, found in messages.items()}


def _flat(found: Any) -> list[str]:
    if isinstance(found, Mapping):
        return [each for nested in found.values() for each in _flat(nested)]
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


def _signature() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("password", "meaning", "text_sha256")}


def _show(template: str, form: Form, context: Context | None, *, status: int = 200) -> Response:
    with runtime().ground.sessions.reading() as session:
        page = render_template(template, form=form, **(context(session) if context else {}))
    return make_response(page, status)


def _show_panel(form: Form, signing: SigningText, *, error: str = "", status: int = 200) -> Response:
    kept = [(name, value) for name, value in form.typed.items(multi=True) if name not in CONTROL_FIELDS]
    page = render_template("sign.html", form=form, signing=signing, kept=kept, error=error)
    return make_response(page, status)
