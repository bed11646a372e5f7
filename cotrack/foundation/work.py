"""One command under way: what a service function is given first, and through which it decides, signs and changes.

A service function follows one order: permission → state → blockers → signature → change.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature, sealed
from cotrack.foundation.acting import Actor, Ground, Proof, Rehearsed, SigningText
from cotrack.foundation.audit.record import Intention, writable_text
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db import Base, Standing
from cotrack.foundation.db.changes import append_row
from cotrack.foundation.errors import (
    Blocked,
    NotFound,
    PermissionDenied,
    ReasonMissing,
    SignatureMissing,
    SignatureRefused,
    TransitionNotAllowed,
)
from cotrack.foundation.site import Site
from cotrack.foundation.state_machine import Action, Lifecycle, Refusal
from cotrack.foundation.words import Term
from cotrack.policy import role_for

Row = TypeVar("Row", bound=Base)
Standings = TypeVar("Standings", bound=Standing)


class Work:
    """One command under way: its session, its instant, its actor, and what it set out to do."""

    def __init__(
        self,
        ground: Ground,
        session: Session,
        actor: Actor,
        *,
        proof: Proof | None = None,
        is_rehearsal: bool = False,
    ) -> None:
        """Begin at the clock's instant; `is_rehearsal` stops at the signature instead of writing."""
        self.ground = ground
        self.session = session
        self.actor = actor
        self.now: datetime = ground.sessions.clock()
        self.intention: Intention | None = None
        self.outcome = "done"
        self.blockers: tuple[Blocker, ...] = ()
        self.details: dict[str, Any] = {}
        self._aside: list[tuple[type[Base], dict[str, Any]]] = []
        self._proof = proof
        self._is_rehearsal = is_rehearsal

    @property
    def is_rehearsal(self) -> bool:
        """Whether the act is only decided, and ends before its signature."""
        return self._is_rehearsal

    @property
    def site(self) -> Site:
        """The site definition in force."""
        return self.ground.site

    @property
    def today(self) -> date:
        """The day of the site on which the command is taken: what is due or past is judged by it, never by UTC's."""
        return self.now.astimezone(self.site.zone).date()

    @property
    def person_id(self) -> int:
        """The acting person's row; raises PermissionDenied for `system`, which signs and verifies nothing."""
        if self.actor.person_id is None:
            raise PermissionDenied("This needs a person.")
        return self.actor.person_id

    def record(self, event: str, subject: str, *, permission: str, reason: str = "") -> None:
        """State what this command sets out to do, and refuse it here where no role grants it (21 CFR 11.10(g))."""
        role = role_for(permission, self.actor.roles)
        about, why = writable_text(subject), writable_text(reason).strip()
        self.intention = Intention(event, about, why, role or "+".join(self.actor.roles))
        if role is None:
            raise PermissionDenied("Your role does not include “{permission}”.", permission=permission)

    def require(self, permission: str) -> None:
        """Refuse a command that was begun, where it needs a further permission that no role grants."""
        if permission not in self.actor.permissions:
            raise PermissionDenied("Your role does not include “{permission}”.", permission=permission)

    def narrow(self, subject: str) -> None:
        """Name the thing that the command made, once its number is known: people look for the record under it."""
        if self.intention is not None:
            self.intention = replace(self.intention, subject=subject)

    def begin(self, lifecycle: Lifecycle, action: str, key: str, *, reason: str = "", subject: str = "") -> Action:
        """State an action of a lifecycle: permission first, then the reason where one is asked.

        `subject` names the thing under which people will look for the record, where that is another one.
        """
        row = lifecycle[action]
        about = subject or f"{lifecycle.noun}:{key}"
        self.record(lifecycle.event(action), about, permission=row.permission, reason=reason)
        refusal = lifecycle.decide(
            action, state=None, permissions=self.actor.permissions, has_reason=bool(reason.strip())
        )
        if refusal is Refusal.REASON:
            raise ReasonMissing("Say why: this step needs a reason.")
        return row

    def take(self, model: type[Standings], action: str, key: str, *, reason: str = "") -> Standings:
        """Begin an action on one row: permission, reason, row lock, state. The row is returned locked."""
        self.begin(model.__lifecycle__, action, key, reason=reason)
        row = self.lock(model, key)
        self.expect(row, action)
        return row

    def lock(self, model: type[Row], key: str, *, share: bool = False) -> Row:
        """Load one row by its key and lock it: shared for what must not change, else for what this command changes."""
        column = getattr(model, model.__key__)
        row = self.session.scalars(select(model).where(column == key).with_for_update(read=share)).one_or_none()
        if row is None:
            raise NotFound("There is no {noun} {key}.", noun=Term(noun_of(model)), key=key)
        return row

    def expect(self, row: Standings, action: str) -> None:
        """Refuse an action that does not start from the row's state (21 CFR 11.10(f))."""
        if not row.__lifecycle__.fits(action, row.status):
            raise TransitionNotAllowed(
                "{thing} is {state}: “{action}” does not start from there.",
                thing=row.key,
                state=Term(row.status),
                action=Term(row.__lifecycle__[action].title),
            )

    def move(self, row: Standings, action: str) -> None:
        """Carry out the change of status; the state is asked once more, on the locked row."""
        self.expect(row, action)
        to_state = row.__lifecycle__[action].to_state
        if to_state is not None:
            row.status = to_state

    def refuse_if(self, blockers: Sequence[Blocker]) -> None:
        """Refuse with every reason at once, if there is any."""
        if blockers:
            raise Blocked(blockers=blockers)

    def mismatch(self, blockers: Sequence[Blocker]) -> None:
        """Make the result of a check a mismatch: it is committed and recorded, not raised."""
        self.outcome = "mismatch"
        self.blockers = tuple(blockers)

    def sign(self, meaning: str | None, signed_text: str) -> Signature:
        """Bind the actor's signature to this very text (21 CFR 11.50, 11.70) and return it, with its id.

        Raises SignatureMissing without a verified password, SignatureRefused where the text or meaning that was
        signed is not this one; in a rehearsal raises Rehearsed with the text to show.
        """
        signing = SigningText(meaning or "", signed_text)
        if self._is_rehearsal:
            raise Rehearsed(signing)
        if self._proof is None or self._proof.person_id != self.actor.person_id:
            raise SignatureMissing("This step is signed with your password.")
        _refuse_other_text(self._proof, signing)
        signature = self.unsigned(meaning, signed_text)
        self.add(signature)
        return signature

    def unsigned(self, meaning: str | None, signed_text: str) -> Signature:
        """Return the signature as it would stand under this text, kept nowhere: paper is tried out with it first."""
        signing = SigningText(meaning or "", signed_text)
        intention = self.intention or Intention("", "")
        return sealed(
            Signature(
                person_id=self.person_id,
                printed_name=self.actor.printed_name,
                role=intention.role,
                meaning=signing.meaning,
                signed_at=self.now,
                zone=self.site.zone.key,
                subject=intention.subject,
                text=signing.text,
                text_sha256=signing.sha256,
            )
        )

    def append(self, model: type[Base], **values: Any) -> int:
        """Write a row that nothing ever changes (append-only), by one statement; return its id."""
        return append_row(self.session, model, values)

    def keep_aside(self, model: type[Base], **values: Any) -> None:
        """Keep a row outside the trail whatever becomes of the command: with its record, or with its refusal's."""
        self._aside.append((model, values))

    @property
    def aside(self) -> list[Base]:
        """The rows to keep, made anew for each session that may have to write them."""
        return [model(**values) for model, values in self._aside]

    def add(self, row: Base) -> None:
        """Write a new row now, so that its id is known."""
        self.session.add(row)
        self.session.flush()


def _refuse_other_text(proof: Proof, signing: SigningText) -> None:
    if proof.meaning and proof.meaning != signing.meaning:
        raise SignatureRefused(
            "You signed as “{meaning}”, which is not what this step means.", meaning=Term(proof.meaning)
        )
    if proof.text_sha256 and proof.text_sha256 != signing.sha256:
        raise SignatureRefused("What you were shown has changed meanwhile: read it again, then sign.")


def noun_of(model: type[Base]) -> str:
    """Return the field's word for a table's rows."""
    name: str = model.__tablename__
    return name
