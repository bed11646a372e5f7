"""Gathers what decides about checks that were made: whether they still stand, and for whom."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.rules.facts import CheckFacts
from cotrack.foundation.access.models import Person, PersonRole
from cotrack.labelling.models import LabelInstance
from cotrack.policy import roles_granting


def checks(session: Session, ids: Sequence[int], *, lock: bool = False) -> dict[int, CheckFacts]:
    """Return checks by id, each with whether there was a mismatch after it: of its people, bag, participant or bedside.

    A step locks the labels that were scanned and the people who did (shared, in the order of their ids): no label dies
    and nobody is disabled meanwhile.
    """
    rows = session.scalars(select(IdentityCheck).where(IdentityCheck.id.in_(ids)).order_by(IdentityCheck.id)).all()
    if not rows:
        return {}
    newest_mismatch = session.scalar(
        select(func.max(IdentityCheck.id)).where(
            IdentityCheck.result == "mismatch", IdentityCheck.id > rows[0].id, _is_about_the_same(rows)
        )
    )
    statuses = _label_statuses(session, rows, lock=lock)
    entitled = _entitled(session, rows, lock=lock)
    return {row.id: _check(row, newest_mismatch, statuses, entitled) for row in rows}


def _is_about_the_same(rows: Sequence[IdentityCheck]) -> ColumnElement[bool]:
    """Whether a mismatch voids these checks; one that ended at the band names no bag, so person and place count too."""
    people, units = {row.person_id for row in rows}, {row.unit_id for row in rows}
    participants, stations = {row.participant_id for row in rows}, {row.station for row in rows}
    is_here = IdentityCheck.station.in_(stations) & (IdentityCheck.kind == rows[0].kind)
    return or_(
        IdentityCheck.person_id.in_(people),
        IdentityCheck.unit_id.in_(units),
        IdentityCheck.participant_id.in_(participants),
        is_here,
    )


def _entitled(session: Session, rows: Sequence[IdentityCheck], *, lock: bool) -> frozenset[int]:
    """Return who of those who checked works here still, in a role that checks."""
    statement = (
        select(Person.id)
        .where(
            Person.id.in_({row.person_id for row in rows}),
            Person.is_active,
            Person.roles.any(PersonRole.revoked_at.is_(None) & PersonRole.role.in_(roles_granting("infusion:check"))),
        )
        .order_by(Person.id)
    )
    return frozenset(session.scalars(statement.with_for_update(read=True) if lock else statement))


def _label_statuses(session: Session, rows: Sequence[IdentityCheck], *, lock: bool) -> dict[int, str]:
    """Return what became of the labels that were scanned."""
    ids = {each for row in rows for each in (row.unit_label_id, row.other_label_id) if each is not None}
    statement = (
        select(LabelInstance.id, LabelInstance.status).where(LabelInstance.id.in_(ids)).order_by(LabelInstance.id)
    )
    return dict(session.execute(statement.with_for_update(read=True) if lock else statement).all())


def _check(
    row: IdentityCheck, newest_mismatch: int | None, statuses: Mapping[int, str], entitled: frozenset[int]
) -> CheckFacts:
    scanned = (row.unit_label_id, row.other_label_id)
    return CheckFacts(
        check_id=row.id,
        kind=row.kind,
        result=row.result,
        person_id=row.person_id,
        is_person_entitled=row.person_id in entitled,
        session_id=row.session_id,
        unit_id=row.unit_id,
        order_id=row.order_id,
        decided_at=row.decided_at,
        valid_until=row.valid_until,
        has_later_mismatch=newest_mismatch is not None and newest_mismatch > row.id,
        label_statuses=tuple(statuses[each] for each in scanned if each is not None),
    )
