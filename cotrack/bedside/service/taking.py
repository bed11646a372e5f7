"""Takes what a person scans and answers at the bed, question by question, until it makes one check."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cotrack.bedside.service import checks, sittings
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.errors import IdempotencyKeyReused, ReasonMissing
from cotrack.foundation.idempotency import Answer, Question, first_answer, perform_once
from cotrack.foundation.work import Work
from cotrack.labelling.rules.codes import clean_scan
from cotrack.labelling.rules.keyed import Keyed
from cotrack.labelling.rules.standing import against_label
from cotrack.labelling.service.scanning import read, understand

SENT_AGAIN = timedelta(minutes=1)
"""How long the same scan into the same page is taken for a lost answer, asked for again."""


@dataclass(frozen=True)
class Sent:
    """What a page of the bedside sent: what it asked (`Progress.asks`), the scan or answer, and the form's own key."""

    asked: str
    content: str
    key: str
    keyed_reason: str = ""
    """Why a number was typed where a code should have been scanned."""
    typed: Sequence[str] = ()
    """How the scan was typed, as the page tells it, for the trail alone."""

    def question(self, ground: Ground, actor: Actor) -> Question:
        """Return the request as it would be repeated: the same scan into the same page."""
        return Question(actor.username, "bedside", self.key, ground.secrets.hidden(self.content))


def take_scan(ground: Ground, actor: Actor, sent: Sent) -> int | None:
    """Take the next scan of a person's check; return the check where it is finished."""
    return _take(ground, actor, sent, {"who": _take_band, "bag": _take_bag})


def take_answer(ground: Ground, actor: Actor, sent: Sent) -> int | None:
    """Take what the person at the bed said; a denial ends the check as a mismatch."""
    return _take(ground, actor, sent, {"identity": _take_identity})


Step = Callable[[Ground, Actor, Sent, sittings.Progress], int | None]


def _take(ground: Ground, actor: Actor, sent: Sent, steps: Mapping[str, Step]) -> int | None:
    """Take what answers the question at hand; what answers another one was sent twice, or from an old page."""
    now = sittings.progress(ground, actor)
    try:
        kept = first_answer(ground.sessions, sent.question(ground, actor)) if sent.key else None
    except IdempotencyKeyReused:
        return _check_of_old_page(ground, actor, sent)
    if kept is not None:
        return int(kept.body) if _is_repeat(ground, int(kept.body), now) else _check_of_old_page(ground, actor, sent)
    step = steps.get(now.question)
    if step is None or sent.asked != now.asks:
        return None
    return step(ground, actor, sent, now)


def _is_repeat(ground: Ground, check_id: int, now: sittings.Progress) -> bool:
    """Whether a scan that made a check is that scan sent again: at once, and with no other band scanned since."""
    with ground.sessions.reading() as session:
        check = checks.check_numbered(session, check_id)
    return not now.band_scan and check is not None and ground.sessions.clock() - check.decided_at <= SENT_AGAIN


def _check_of_old_page(ground: Ground, actor: Actor, sent: Sent) -> int:
    """Stop at what was scanned into a page that had made its check before: that it matched says nothing of this."""
    return _check(ground, actor, replace(sent, key=""), band="", bag=sent.content)


def _take_band(ground: Ground, actor: Actor, sent: Sent, _: sittings.Progress) -> int | None:
    with ground.sessions.reading() as session:
        (scan,) = understand(ground, session, [sent.content])
    _ask_why(ground, sent)
    if against_label(scan, ("wristband",), may_be_keyed=True):
        return _check(ground, actor, sent, band=sent.content)
    band = sent.content if scan.is_keyed else clean_scan(sent.content)
    sittings.keep_band(ground, actor, band, keyed_reason=sent.keyed_reason if scan.is_keyed else "")
    return None


def _ask_why(ground: Ground, sent: Sent) -> None:
    """Ask for the reason of a typed number before anything is judged: a forgotten one voids no earlier match."""
    if isinstance(read(ground, sent.content), Keyed) and not sent.keyed_reason.strip():
        raise ReasonMissing("A number was typed: say why its label cannot be scanned.")


def _take_identity(ground: Ground, actor: Actor, sent: Sent, now: sittings.Progress) -> int | None:
    if sent.content == "confirmed":
        sittings.keep_answer(ground, actor, sent.content, sitting=now.sitting)
        return None
    sent = replace(sent, keyed_reason=now.keyed_reason)
    return _check(ground, actor, sent, band=now.band_scan, answer="denied")


def _take_bag(ground: Ground, actor: Actor, sent: Sent, now: sittings.Progress) -> int:
    _ask_why(ground, sent)
    sent = replace(sent, keyed_reason=" · ".join(each for each in (now.keyed_reason, sent.keyed_reason) if each))
    return _check(ground, actor, sent, band=now.band_scan, bag=sent.content, answer=now.identity_answer)


def _check(ground: Ground, actor: Actor, sent: Sent, *, band: str, bag: str = "", answer: str = "") -> int:
    def check_and_answer(work: Work) -> Answer:
        if sent.typed:
            work.details["typed"] = list(sent.typed)
        made = checks.check_identity(
            work,
            participant_code=band,
            unit_code=bag,
            station=actor.station,
            identity_answer=answer,
            keyed_reason=sent.keyed_reason,
        )
        return Answer(303, str(made.id))

    question = sent.question(ground, actor) if sent.key else None
    given = perform_once(ground, actor, check_and_answer, question=question)
    sittings.begin_again(ground, actor)
    return int(given.body)
