"""The deviations of a lot and of its bags together: whoever decides on a lot reads of both."""

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, SQLColumnExpression, or_, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import DEVIATION
from cotrack.manufacture.models import Lot, Unit
from cotrack.quality.models import Deviation
from cotrack.quality.rules import DeviationFacts
from cotrack.quality.service import deviations
from cotrack.quality.service.deviations import deviation_facts


def assess(
    work: Work, number: str, *, classification: str, cause: str, impact: str, affected: str | None = None
) -> Deviation:
    """Write down what QA found out about an open deviation, and which lots and bags it concerns.

    `affected` has their numbers, as people separate them, and where it is not said they stay; raises InvalidInput where
    one is none. The lots are locked first: a release of one is done before this, or sees that it is concerned.
    """
    work.begin(DEVIATION, "assess", number)
    things = None if affected is None else things_named(work.session, affected)
    for each in sorted({_LOT_OF.sub("", each.partition(":")[2]) for each in things or ()}):
        work.lock(Lot, each)
    found = {"classification": classification, "cause": cause, "impact": impact}
    return deviations.assess(work, number, **found, things=things)


_LOT_OF = re.compile(r"(?<=-[0-9]{4})-.*")
"""What the number of a bag or a sample says beyond that of its lot (LOT_NUMBER)."""


def things_named(session: Session, numbers: str) -> list[str]:
    """Return the lots and bags of these numbers (`noun:id`), in their order, each once."""
    asked = list(dict.fromkeys(each.upper() for each in re.split(r"[\s,;，；、]+", numbers) if each))
    known = {
        each: f"{noun}:{each}"
        for noun, column in (("lot", Lot.number), ("unit", Unit.number))
        for each in session.scalars(select(column).where(column.in_(asked)))
    }
    if known.keys() != set(asked):
        raise InvalidInput(fields={"affected": [N_("One of these is no lot and no bag of this site.")]})
    return [known[each] for each in asked]


def assessed(session: Session, number: str) -> tuple[str, dict[str, str]]:
    """Return what happened, and what was assessed before for the fields of the form; at first the thing itself."""
    deviation, _ = deviations.deviation_numbered(session, number)
    named = deviation.things if deviation.affected is not None else [deviation.subject]
    return deviation.description, {
        "classification": deviation.classification,
        "cause": deviation.cause,
        "impact": deviation.impact,
        "affected": ", ".join(each.partition(":")[2] for each in named),
    }


def is_under(lot: Lot) -> ColumnElement[bool]:
    """Return the condition that a deviation is about a lot or one of its bags.

    One of another lot is, where QA found that this lot, or a bag of it, is concerned.
    """
    bags = select("unit:" + Unit.number).where(Unit.lot_id == lot.id)
    is_named = (Deviation.affected + " ").contains(f"lot:{lot.number} ")
    is_bag_named = Deviation.affected.contains(f"unit:{lot.number}-")
    return or_(Deviation.subject == f"lot:{lot.number}", Deviation.subject.in_(bags), is_named, is_bag_named)


def concerns_bag(number: SQLColumnExpression[str] | str) -> ColumnElement[bool]:
    """Return the condition that a deviation is about a bag, or names it as concerned, whatever it is about."""
    subject = "unit:" + number
    return or_(Deviation.subject == subject, (Deviation.affected + " ").contains(subject + " "))


def deviations_of_bag(session: Session, number: str) -> Sequence[Deviation]:
    """Return every deviation that a bag ever had, or that names it as concerned, newest first."""
    return session.scalars(select(Deviation).where(concerns_bag(number)).order_by(Deviation.id.desc())).all()


def deviations_under(session: Session, lot: Lot) -> Sequence[Deviation]:
    """Return every deviation that a lot or one of its bags ever had, newest first, each with its closure, at once."""
    statement = select(Deviation).options(joinedload(Deviation.closure_signature)).where(is_under(lot))
    return session.scalars(statement.order_by(Deviation.id.desc())).all()


def open_among(deviations: Sequence[Deviation]) -> list[DeviationFacts]:
    """Return those of these deviations, newest first, that are open, oldest first."""
    return [deviation_facts(each) for each in reversed(deviations) if each.status == "open"]
