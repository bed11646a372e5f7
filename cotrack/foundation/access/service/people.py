"""Adding, disabling and resetting people, and the roles they hold."""

import re
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from cotrack.foundation.access.gateways import SHORTEST_PASSWORD, Passwords
from cotrack.foundation.access.models import INSIDE, Person, PersonRole, SignInCounter, SignInSession
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.policy import ROLES, roles_in_conflict

ADMINISTRATOR = "administrator"
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,30}")


def add_person(
    work: Work,
    passwords: Passwords,
    *,
    username: str,
    printed_name: str,
    roles: Sequence[str],
    password: str,
    identity_verified_by: str,
    must_change_password: bool = True,
) -> Person:
    """Add a person whose identity somebody verified (11.100(b)); a user name is never given twice (11.100(a))."""
    work.record("person.add", f"person:{username}", permission="person:add")
    _refuse_bad_username(username)
    _refuse_bad_roles(roles)
    refuse_weak_password(password, username)
    if work.session.scalar(select(Person.id).where(Person.username == username)) is not None:
        raise InvalidInput(
            fields={"username": [N_("Choose another user name.")]},
            blockers=[Blocker("username_taken", "The user name {username} was given before.", {"username": username})],
        )
    person = Person(
        username=username,
        printed_name=printed_name,
        identity_verified_by=identity_verified_by,
        password_hash=passwords.hash(password),
        must_change_password=must_change_password,
        is_active=True,
        created_at=work.now,
        roles=[PersonRole(role=role, granted_at=work.now) for role in sorted(set(roles))],
    )
    work.add(person)
    return person


def disable_person(work: Work, username: str, *, reason: str) -> Person:
    """Take every access from a person at once; their name stays theirs for ever."""
    work.record("person.disable", f"person:{username}", permission="person:disable", reason=reason)
    remaining = _locked_administrators(work, but=username)
    person = work.lock(Person, username)
    if ADMINISTRATOR in person.role_names:
        work.refuse_if(_against_last_administrator(remaining))
    person.is_active = False
    return person


def grant_role(work: Work, username: str, role: str, *, reason: str) -> Person:
    """Give a person one more role; an administrator never gets a GMP or clinical one."""
    work.record("person.grant", f"person:{username}", permission="person:grant", reason=reason)
    person = work.lock(Person, username)
    _refuse_bad_roles([*person.role_names, role])
    if role not in person.role_names:
        person.roles.append(PersonRole(role=role, granted_at=work.now))
    return person


def revoke_role(work: Work, username: str, role: str, *, reason: str) -> Person:
    """Take one role from a person."""
    work.record("person.revoke", f"person:{username}", permission="person:grant", reason=reason)
    remaining = _locked_administrators(work, but=username)
    person = work.lock(Person, username)
    held = next((each for each in person.roles if each.role == role and each.revoked_at is None), None)
    if held is None:
        raise NotFound("{username} does not hold the role {role}.", username=username, role=role)
    if role == ADMINISTRATOR:
        work.refuse_if(_against_last_administrator(remaining))
    held.revoked_at = work.now
    return person


def _locked_administrators(work: Work, *, but: str) -> list[str]:
    """Lock everybody who administers, in one order, and return them but for one: none is taken away meanwhile."""
    statement = (
        select(Person)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == ADMINISTRATOR, PersonRole.revoked_at.is_(None), Person.is_active)
        .order_by(Person.id)
        .with_for_update()
    )
    return [each.username for each in work.session.scalars(statement) if each.username != but]


def _against_last_administrator(remaining: Sequence[str]) -> list[Blocker]:
    if remaining:
        return []
    return [Blocker("last_administrator", "Nobody else administers this site: let somebody else do it first.")]


def reset_password(work: Work, passwords: Passwords, username: str, *, password: str, reason: str) -> Person:
    """Set a password that its owner must change at the next sign-in; every sign-in ends, and so does a lock."""
    work.record("person.reset", f"person:{username}", permission="person:reset", reason=reason)
    refuse_weak_password(password, username)
    person = work.lock(Person, username)
    person.password_hash = passwords.hash(password)
    person.must_change_password = True
    _end_sign_ins(work, person)
    _lift_lock(work, username)
    return person


def change_password(
    work: Work, *, current_password: str, new_password: str, is_current: bool, password_hash: str
) -> Person:
    """Take a person's own new password, where the present one was given (`is_current`); their other sign-ins end."""
    work.record("person.change_password", f"person:{work.actor.username}", permission="self:change_password")
    person = work.lock(Person, work.actor.username)
    refuse_weak_password(new_password, work.actor.username)
    if new_password == current_password:
        raise InvalidInput(fields={"new_password": [N_("Choose another password than the present one.")]})
    if not is_current:
        raise InvalidInput("Your present password is another one.", fields={"current_password": [N_("Try again.")]})
    person.password_hash = password_hash
    person.must_change_password = False
    _end_sign_ins(work, person)
    return person


def _end_sign_ins(work: Work, person: Person) -> None:
    """End every sign-in of a person but the one that acts: what an old password opened does not outlive it."""
    statement = select(SignInSession).where(SignInSession.person_id == person.id, SignInSession.ended_at.is_(None))
    for opened in work.session.scalars(statement):
        if opened.id != work.actor.session_id:
            opened.ended_at = work.now


def _lift_lock(work: Work, username: str) -> None:
    """Forget the wrong passwords of a name, from outside and inside: they were wrong for the old password."""
    counted = SignInCounter.username.in_([username, username + INSIDE])
    statement = select(SignInCounter).where(counted).order_by(SignInCounter.username).with_for_update()
    for counter in work.session.scalars(statement):
        counter.failures, counter.locked_until = 0, None


def listed_people() -> Select[Person]:
    """Return how everybody is found, for a list that is paged by key."""
    return select(Person).options(selectinload(Person.roles))


def all_people(session: Session) -> Sequence[Person]:
    """Return everybody who ever had access, by user name."""
    return session.scalars(select(Person).options(selectinload(Person.roles)).order_by(Person.username)).all()


def person_named(session: Session, username: str) -> Person:
    """Return one person; raises NotFound."""
    statement = select(Person).options(selectinload(Person.roles)).where(Person.username == username)
    person = session.scalar(statement)
    if person is None:
        raise NotFound("There is nobody called {username} here.", username=username)
    return person


def refuse_weak_password(password: str, username: str) -> None:
    """Refuse a password that is short or holds the user name."""
    if len(password) < SHORTEST_PASSWORD or username.lower() in password.lower():
        raise InvalidInput(
            "A password has at least {count} characters and does not hold the user name.",
            fields={"new_password": [N_("Choose another password.")]},
            count=SHORTEST_PASSWORD,
        )


def _refuse_bad_username(username: str) -> None:
    if not USERNAME.fullmatch(username):
        raise InvalidInput(
            "A user name begins with a letter and has 2 to 31 small letters, digits, points or dashes.",
            fields={"username": [N_("Choose another user name.")]},
        )


def _refuse_bad_roles(roles: Sequence[str]) -> None:
    unknown = sorted(set(roles) - set(ROLES) | ({"system"} & set(roles)))
    if unknown or not roles:
        raise InvalidInput(
            "There is no role {roles}.",
            fields={"roles": [N_("Choose one of these.")]},
            roles=", ".join(unknown) or "“”",
        )
    conflict = roles_in_conflict(roles)
    if conflict:
        raise InvalidInput(
            "One person may not hold these roles together: {roles}.",
            fields={"roles": [N_("Choose roles that go together.")]},
            roles=", ".join(conflict),
        )
