"""Signing in and out, counting wrong passwords, and knowing who a request is from."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cotrack.foundation.access.gateways import Passwords, hashed, new_secret
from cotrack.foundation.access.models import INSIDE, Person, PersonRole, SignInCounter, SignInSession
from cotrack.foundation.access.service.people import person_named
from cotrack.foundation.acting import Actor, Ground, Proof
from cotrack.foundation.db import Prepared
from cotrack.foundation.errors import NotFound, SignatureRefused, SignInRefused
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.settings import Settings

security_log = logging.getLogger("cotrack.security")

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignIn:
    """What the browser or program keeps of a sign-in: its secret, shown once, and when it ends."""

    secret: str
    expires_at: datetime
    must_change_password: bool


@dataclass(frozen=True)
class Visitor:
    """A signed-in request: the actor, the token its forms must carry, and whether a new password is due."""

    actor: Actor
    form_token: str
    must_change_password: bool


@dataclass(frozen=True)
class Door:
    """What sign-in needs beside the ground: the password hasher and the limits of the settings."""

    ground: Ground
    passwords: Passwords
    settings: Settings

    def sign_in(self, username: str, password: str, *, kind: str, station: str, request: str) -> SignIn:
        """Open a session; raises SignInRefused for a wrong name or password or a locked name, without saying which."""
        person = self._verified(username, password)
        if person is None:
            raise SignInRefused("User name or password is wrong, or the account is locked for now.")
        actor = Actor(person.id, person.username, person.printed_name, person.role_names, station, None, request)
        secret = new_secret()
        with unit_of_work(self.ground, actor) as work:
            work.record("person.sign_in", f"person:{person.username}", permission="self:sign_in")
            opened = self._session(person, secret, kind=kind, station=station, now=work.now)
            work.details["kind"] = kind
            work.add(opened)
        return SignIn(secret, opened.expires_at, person.must_change_password)

    def _session(self, person: Person, secret: str, *, kind: str, station: str, now: datetime) -> SignInSession:
        seconds = self.settings.token_seconds if kind == "api" else self.settings.session_seconds
        return SignInSession(
            secret_sha256=hashed(secret),
            kind=kind,
            person_id=person.id,
            station=station,
            form_token=new_secret(),
            started_at=now,
            seen_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )

    def sign_out(self, actor: Actor) -> None:
        """End the session of this request."""
        with unit_of_work(self.ground, actor) as work:
            work.record("person.sign_out", f"person:{actor.username}", permission="self:sign_in")
            opened = work.session.get(SignInSession, actor.session_id)
            if opened is not None:
                opened.ended_at = work.now

    def visitor(self, secret: str, *, kind: str, request: str, is_act: bool = True) -> Visitor | None:
        """Return who sends a request, or None: session ended, idle, person disabled (11.10(d)).

        What an open page asks by itself (`is_act=False`) keeps no session awake.
        """
        rows = self.ground.sessions.look(_VISITOR, {"secret": hashed(secret), "kind": kind})
        if not rows:
            return None
        first, now = rows[0], self.ground.sessions.clock()
        idle = timedelta(seconds=self.settings.session_idle_seconds)
        if first.expires_at <= now or (kind == "browser" and first.seen_at + idle <= now):
            return None
        if is_act and now - first.seen_at > SEEN_EVERY:
            self._seen(first.id, now)
        roles = tuple(sorted(row.role for row in rows if row.role))
        actor = Actor(first.person_id, first.username, first.printed_name, roles, first.station, first.id, request)
        return Visitor(actor, first.form_token, first.must_change_password)

    def _seen(self, session_id: int, now: datetime) -> None:
        with self.ground.sessions.outside_trail() as session:
            opened = session.get(SignInSession, session_id)
            if opened is not None:
                opened.seen_at = now

    def prove(self, actor: Actor, password: str, *, meaning: str = "", text_sha256: str = "") -> Proof:
        """Verify the actor's password again for one signature (11.200(a)); counts towards the lock-out."""
        person = self._verified(actor.username, password, is_inside=True)
        if person is None:
            raise SignatureRefused("The password is wrong, or the account is locked for now.")
        return Proof(person.id, meaning, text_sha256)

    def is_password_of(self, actor: Actor, password: str) -> bool:
        """Whether this is the actor's present password; a wrong one counts towards the lock-out."""
        return self._verified(actor.username, password, is_inside=True) is not None

    def _verified(self, username: str, password: str, *, is_inside: bool = False) -> Person | None:
        """Verify a password outside any transaction; argon2id takes about 100 ms, also where no password counts.

        So how long an answer takes does not tell a locked name, which exists, from one that nobody has. Whoever is
        signed in (`is_inside`) is locked by wrong passwords of their own alone: a stranger who knows a nurse's name
        must not keep her from signing at the bed.
        """
        now = self.ground.sessions.clock()
        counted = _counted_inside(username) if is_inside else username
        with self.ground.sessions.reading() as session:
            counter = session.scalar(_counted(counted))
            person = _active_person(session, username)
        is_locked = counter is not None and counter.locked_until is not None and counter.locked_until > now
        is_right = self.passwords.verify(person.password_hash if person and not is_locked else None, password)
        if is_locked:
            security_log.warning("sign-in refused: locked name")
            return None
        if is_right:
            if counter is not None and counter.failures:
                self._forget_failures(counted)
            return person
        security_log.warning("sign-in refused: wrong name or password")
        if person is not None:
            counters = (username, counted) if is_inside else (username,)
            locked = [each for each in counters if self._count_failure(each, now)]
            if locked:
                self._record_lock_out(person)
        return None

    def _forget_failures(self, counted: str) -> None:
        with self.ground.sessions.outside_trail() as session:
            counter = _counter(session, counted)
            if counter is not None:
                counter.failures, counter.locked_until = 0, None

    def _count_failure(self, counted: str, now: datetime) -> bool:
        """Count one more wrong password; return whether it locks."""
        try:
            return self._one_more_failure(counted, now)
        except IntegrityError:
            # The name's first two wrong passwords came at the same moment: the counter is there now.
            return self._one_more_failure(counted, now)

    def _one_more_failure(self, counted: str, now: datetime) -> bool:
        with self.ground.sessions.outside_trail() as session:
            counter = _counter(session, counted) or SignInCounter(username=counted, failures=0)
            session.add(counter)
            counter.failures += 1
            is_locked = counter.failures >= self.settings.sign_in_attempts
            if is_locked:
                counter.failures = 0
                counter.locked_until = now + timedelta(seconds=self.settings.lock_out_seconds)
        return is_locked

    def _record_lock_out(self, person: Person) -> None:
        actor = Actor(person.id, person.username, person.printed_name, person.role_names)
        with unit_of_work(self.ground, actor) as work:
            work.record("person.lock_out", f"person:{person.username}", permission="self:sign_in")
            work.details["seconds"] = self.settings.lock_out_seconds


_VISITOR = Prepared(
    select(
        SignInSession.id,
        SignInSession.person_id,
        SignInSession.station,
        SignInSession.form_token,
        SignInSession.seen_at,
        SignInSession.expires_at,
        Person.username,
        Person.printed_name,
        Person.must_change_password,
        PersonRole.role,
    )
    .join(Person, Person.id == SignInSession.person_id)
    .outerjoin(PersonRole, (PersonRole.person_id == Person.id) & PersonRole.revoked_at.is_(None))
    .where(
        SignInSession.secret_sha256 == bindparam("secret"),
        SignInSession.kind == bindparam("kind"),
        SignInSession.ended_at.is_(None),
        Person.is_active,
    )
)


def _counted_inside(username: str) -> str:
    """Return the key under which wrong passwords of who is signed in are counted."""
    return username + INSIDE


def _counted(counted: str) -> Select[SignInCounter]:
    return select(SignInCounter).where(SignInCounter.username == counted)


def _counter(session: Session, counted: str) -> SignInCounter | None:
    return session.scalar(_counted(counted).with_for_update())


def locked_names(session: Session, now: datetime) -> dict[str, datetime]:
    """Return the user names that wrong passwords have locked, from outside or inside, each until when."""
    statement = (
        select(SignInCounter.username, SignInCounter.locked_until)
        .where(SignInCounter.locked_until > now)
        .order_by(SignInCounter.locked_until)
    )
    return {counted.removesuffix(INSIDE): until for counted, until in session.execute(statement) if until}


def _active_person(session: Session, username: str) -> Person | None:
    try:
        person = person_named(session, username)
    except NotFound:
        return None
    return person if person.is_active else None
