"""Deviations of any thing: what happened, what QA found out about it, and its signed closure."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.access.models import Person
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.lifecycles import DEVIATION
from cotrack.quality.models import Deviation, DeviationAction
from cotrack.quality.rules import ActionFacts, DeviationFacts, against_closing
from cotrack.quality.service.actions import actions_of


def begin_deviation(work: Work, subject: str, *, description: str) -> None:
    """State a deviation of a thing: permission first, then the description, which is always asked."""
    work.begin(DEVIATION, "open", "", reason=description, subject=subject)


def open_deviation(work: Work, subject: str, *, description: str) -> Deviation:
    """Write a deviation that was begun, or that follows from another act, on a thing that its stage has locked."""
    earlier = work.session.scalar(select(func.count()).select_from(Deviation).where(Deviation.subject == subject)) or 0
    deviation = Deviation(
        number=f"DEV-{subject.partition(':')[2]}-{earlier + 1}",
        subject=subject,
        status="open",
        description=description.strip(),
        classification="",
        cause="",
        impact="",
        opened_at=work.now,
        opened_by_id=work.person_id,
    )
    work.add(deviation)
    return deviation


def assess(
    work: Work, number: str, *, classification: str, cause: str, impact: str, things: Sequence[str] | None = None
) -> Deviation:
    """Write down what QA found out about an open deviation; an earlier assessment stays in the trail.

    `things` are the lots and bags that it concerns (`noun:id`), which a later stage knows to be there; where nothing is
    said of them, those that were named stay.
    """
    deviation = work.take(Deviation, "assess", number)
    if things is not None:
        deviation.affected = " ".join(things)
    deviation.classification, deviation.cause, deviation.impact = classification, cause.strip(), impact.strip()
    return deviation


def close(work: Work, number: str) -> Deviation:
    """Close a deviation that is assessed and corrected; QA signs over what was found and done (21 CFR 211.192)."""
    deviation = work.take(Deviation, "close", number)
    actions = actions_of(work.session, deviation.id)
    work.refuse_if(against_closing(deviation_facts(deviation, actions)))
    deviation.closure_signature = work.sign(DEVIATION["close"].meaning, _closure_text(deviation, actions))
    work.move(deviation, "close")
    return deviation


def _closure_text(deviation: Deviation, actions: Sequence[DeviationAction]) -> str:
    return "\n".join(
        (
            f"Deviation / 偏差 {deviation.number}",
            f"About / 涉及 {deviation.subject.partition(':')[2]}",
            f"What happened / 经过: {deviation.description}",
            f"Class / 级别: {deviation.classification}",
            f"Cause / 原因: {deviation.cause}",
            f"Impact / 影响: {deviation.impact}",
            *([f"Concerned / 涉及物品: {', '.join(_numbers(deviation))}"] if deviation.things else []),
            *(_action_text(each) for each in actions),
            "I close this deviation. / 本人关闭该偏差。",
        )
    )


def _numbers(deviation: Deviation) -> list[str]:
    return [each.partition(":")[2] for each in deviation.things]


def _action_text(action: DeviationAction) -> str:
    ended = f"{action.status}: {action.outcome}" if action.outcome else f"{action.status}, due / 期限 {action.due_on}"
    return f"Action / 措施 ({action.kind}): {action.description}, {action.owner.printed_name}, {ended}"


def deviation_facts(deviation: Deviation, actions: Sequence[DeviationAction] = ()) -> DeviationFacts:
    """Return what decides about a deviation; about its closure also its actions."""
    planned = tuple(
        ActionFacts(each.description, each.owner.printed_name, each.due_on, each.kind == "correction")
        for each in actions
        if each.status == "planned"
    )
    return DeviationFacts(
        deviation.number,
        deviation.description,
        deviation.classification,
        deviation.cause,
        deviation.impact,
        planned,
        deviation.status == "open",
    )


def deviations_of(session: Session, subject: str) -> Sequence[Deviation]:
    """Return every deviation that a thing ever had, newest first."""
    return session.scalars(select(Deviation).where(Deviation.subject == subject).order_by(Deviation.id.desc())).all()


def listed_deviations() -> Select[Deviation]:
    """Return how deviations are found, for a list that is paged by key."""
    return select(Deviation).options(joinedload(Deviation.closure_signature))


def deviation_numbered(session: Session, number: str) -> tuple[Deviation, str]:
    """Return a deviation with the name of who opened it; raises NotFound."""
    statement = (
        select(Deviation, Person.printed_name)
        .join(Person, Person.id == Deviation.opened_by_id)
        .options(joinedload(Deviation.closure_signature))
    )
    found = session.execute(statement.where(Deviation.number == number)).one_or_none()
    if found is None:
        raise NotFound("There is no deviation {number}.", number=number)
    deviation, opened_by = found
    return deviation, opened_by
