"""Runs one command for a request: verifies the signature first, once for its key, and answers."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, request
from marshmallow import Schema

from cotrack.foundation.acting import Proof
from cotrack.foundation.errors import InvalidInput, SignatureRefused
from cotrack.foundation.idempotency import Answer, Question, first_answer, perform_once
from cotrack.foundation.unit_of_work import record_refusal, rehearse
from cotrack.foundation.web.visit import actor, runtime
from cotrack.foundation.work import Work

LONGEST_KEY = 200
TYPED = "typed"
"""The field beside each scan in which the page notes how it was typed (static/js/scanner.js)."""
MOST_TYPED = 10
_TYPED = re.compile(r"\d{1,7} (fast|slow)( composed)? (enter|tab|silence|typed)")

Act = Callable[[Work], Any]
SignedWith = Mapping[str, str]
"""`password`, `meaning` and `text_sha256` of a signature as it was sent."""


def run(act: Callable[[Work], Answer], *, key: str, signature: SignedWith | None = None) -> Answer:
    """Run a command once for its key; a repeat of a signed one is known before anything is decided again."""
    question = _question(key) if key else None
    if signature is None:
        return perform_once(runtime().ground, actor(), act, question=question)
    kept = first_answer(runtime().ground.sessions, question) if question else None
    if kept is not None:
        return kept
    proof = _prove(act, signature)
    return perform_once(runtime().ground, actor(), act, question=question, proof=proof)


def answer(
    act: Act, schema: Schema, *, status: int = 200, signature: SignedWith | None = None, is_kept: bool = True
) -> Response:
    """Run a command of the JSON API and return its result, the first one for a repeated Idempotency-Key.

    `is_kept=False` is for answers that must stand nowhere, such as an identity: they are given anew each time.
    """

    def act_and_answer(work: Work) -> Answer:
        return Answer(status, current_app.json.dumps(schema.dump(act(work))))

    given = run(act_and_answer, key=request.headers.get("Idempotency-Key", "") if is_kept else "", signature=signature)
    response = Response(given.body, status=given.status, mimetype="application/json")
    if given.is_repeat:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _question(key: str) -> Question:
    """Return this request as it would be repeated; raises InvalidInput for a key that could not be kept."""
    if not is_key(key):
        raise InvalidInput("An Idempotency-Key has at most {most} letters, digits and signs.", most=LONGEST_KEY)
    route = f"{request.method} {request.path}"
    return Question(actor().username, route, key, runtime().ground.secrets.hidden(_body()))


def is_key(text: str) -> bool:
    """Whether a text can be the key of a request."""
    return len(text) <= LONGEST_KEY and text.isascii() and text.isprintable()


def _body() -> bytes:
    """Return what makes two requests the same one: the JSON as sent, or the fields of the form."""
    sent = sorted(each for each in request.form.items(multi=True) if each[0] != TYPED)
    return repr(sent).encode() if request.form else request.get_data()


def typed() -> list[str]:
    """Return how each scan of this form was typed, as the page tells it: milliseconds, fast or slow, how it ended.

    It says in the trail what was typed by hand (reference/domain.md §5.3 E19b); nobody decides by it, and what a page
    of ours does not write is left out.
    """
    return [each for each in request.form.getlist(TYPED)[:MOST_TYPED] if _TYPED.fullmatch(each)]


def _prove(act: Act, signature: SignedWith) -> Proof:
    """Decide the signed act once without writing, then verify the password; a wrong one is recorded as a refusal."""
    work, _ = rehearse(runtime().ground, actor(), act)
    try:
        return runtime().door.prove(actor(), **signature)
    except SignatureRefused as refusal:
        record_refusal(runtime().ground, work, refusal)
        raise
