"""Gives a repeated request the first answer: the key is taken first, and answered in the command's own transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cotrack.foundation.access.models import IdempotencyKey
from cotrack.foundation.acting import Actor, Ground, Proof
from cotrack.foundation.db import Sessions
from cotrack.foundation.errors import ChangedMeanwhile, IdempotencyKeyReused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.foundation.work import Work

KEPT = timedelta(hours=72)


@dataclass(frozen=True)
class Question:
    """A request as it would be repeated: who asks, where, under which key, with which body.

    `body_mark` recognises another body under the same key; it is keyed, because bodies hold passwords.
    """

    actor: str
    route: str
    key: str
    body_mark: str


@dataclass(frozen=True)
class Answer:
    """What was answered: a status, and a body (JSON of the API) or an address (after a form)."""

    status: int
    body: str
    is_repeat: bool = False


class _AnsweredBefore(Exception):
    """The key is taken: somebody sent this request before, or at this moment."""


def perform_once(
    ground: Ground,
    actor: Actor,
    act: Callable[[Work], Answer],
    *,
    question: Question | None = None,
    proof: Proof | None = None,
) -> Answer:
    """Run a command once for its question; a repeat gets the first answer, another body under the key is refused."""
    if question is None:
        with unit_of_work(ground, actor, proof=proof) as work:
            return act(work)
    try:
        with unit_of_work(ground, actor, proof=proof) as work:
            kept = _take_key(work, question)
            answer = act(work)
            kept.status, kept.answer = answer.status, answer.body
            return answer
    except _AnsweredBefore:
        kept_answer = first_answer(ground.sessions, question)
        if kept_answer is None:
            raise ChangedMeanwhile("The first request was undone at this moment: send it again.") from None
        return kept_answer


def _take_key(work: Work, question: Question) -> IdempotencyKey:
    """Insert the key before anything else: a request sent twice at once waits here for the first one's commit."""
    kept = IdempotencyKey(
        actor=question.actor,
        route=question.route,
        key=question.key,
        body_mark=question.body_mark,
        status=0,
        answer="",
        answered_at=work.now,
    )
    try:
        work.add(kept)
    except IntegrityError:
        raise _AnsweredBefore from None
    return kept


def first_answer(sessions: Sessions, question: Question) -> Answer | None:
    """Return what was answered to this question, if it was; raises IdempotencyKeyReused where the bodies differ."""
    with sessions.reading() as session:
        kept = session.scalar(
            select(IdempotencyKey).where(
                IdempotencyKey.actor == question.actor,
                IdempotencyKey.route == question.route,
                IdempotencyKey.key == question.key,
            )
        )
    if kept is None:
        return None
    if kept.body_mark != question.body_mark:
        raise IdempotencyKeyReused("Use a new Idempotency-Key for a new request.")
    return Answer(kept.status, kept.answer, is_repeat=True)
