"""What waits for those who look after people and the trail."""

import json
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.access.models import Person
from cotrack.foundation.access.service.sign_ins import locked_names
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.words import N_
from cotrack.labelling.rules.stations import against_station
from cotrack.labelling.service import self_tests

LOOKED_BACK = timedelta(days=1)
MOST_CHECKS = 500
"""Of how many of the newest checks the mismatches are told; however long the trail is, no more are read."""


def names_locked(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the names that wrong passwords have locked: somebody forgot theirs, or somebody guesses."""
    for username, locked_until in locked_names(session, desk.now).items():
        arguments = {"username": username}
        yield Task(
            N_("Locked after wrong passwords"),
            f"person:{username}",
            "access.show_person",
            arguments,
            None,
            locked_until,
            is_urgent=True,
        )


def people_without_an_own_password(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape)
    """Return who has not changed the password that somebody else set."""
    statement = select(Person).where(Person.must_change_password, Person.is_active).order_by(Person.id)
    for person in session.scalars(statement):
        yield Task(
            N_("Has not chosen a password yet"),
            f"person:{person.username}",
            "access.show_person",
            {"username": person.username},
            person.created_at,
        )


def mismatches_to_look_at(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the mismatches of the last day: each was a wrong bag, band or moment that was stopped in time."""
    newest = (
        select(AuditRecord.id, AuditRecord.subject, AuditRecord.at, AuditRecord.outcome, AuditRecord.body)
        .where(AuditRecord.event == "identity_check.make")
        .order_by(AuditRecord.id.desc())
        .limit(MOST_CHECKS)
        .subquery()
    )
    statement = (
        select(newest.c.id, newest.c.subject, newest.c.at, newest.c.body)
        .where(newest.c.outcome == "mismatch", newest.c.at > desk.now - LOOKED_BACK)
        .order_by(newest.c.id)
    )
    for record_id, subject, at, body in session.execute(statement):
        why = json.loads(body)["blockers"][0]["detail"]
        yield Task(N_("Look at a mismatch"), subject, "audit.show_record", {"record_id": record_id}, at, note=why)


def scanner_to_test(session: Session, desk: Desk) -> Iterator[Task]:
    """Return one's own station where its scanner is to be tested now or soon, before a ward stands still at night."""
    code = desk.actor.station
    until = self_tests.due_until(session, desk.ground.site, code, desk.now)
    if until is not None:
        is_over = until <= desk.now
        yield Task(
            N_("Test the scanner"),
            f"station:{code}",
            "self_test.show_self_test",
            {"code": code},
            until=None if is_over else until,
            is_urgent=is_over,
        )


def stations_out_of_use(session: Session, desk: Desk) -> Iterator[Task]:
    """Return every station at which no scan counts now, for who looks after the machines."""
    for place, test, facts in self_tests.all_stations(session, desk.ground.site):
        for reason in against_station(facts, desk.now):
            yield Task(
                N_("No scan counts at this station"),
                f"station:{place.code}",
                "self_test.show_self_test",
                {"code": place.code},
                facts.stands_until or (test.tested_at if test else None),
                note=reason.detail,
                details=reason.parameters,
            )
