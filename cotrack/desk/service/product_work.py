"""What waits in filling, laboratory and QA."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from cotrack.desk.service.tasks import Desk, Finder, Task
from cotrack.foundation.words import N_
from cotrack.labelling.service.keeping import still_owed
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.rules.process import against_bags
from cotrack.manufacture.service.clearances import clearances_waiting
from cotrack.manufacture.service.process import steps_of_lots
from cotrack.manufacture.service.sources import SOURCES, lifecycle_of
from cotrack.quality.models import Deviation, Hold
from cotrack.quality.service.actions import planned_actions
from cotrack.release.models import Investigation, Result
from cotrack.release.rules.entries import Unsettled
from cotrack.release.rules.investigations import STOPPING
from cotrack.release.rules.lots import against_review
from cotrack.release.service.conditional import lots_with_ends
from cotrack.release.service.dispositions import waits_for_trail
from cotrack.release.service.entries import waiting_entries
from cotrack.release.service.results import SIGNED, result_facts
from cotrack.release.service.unsettled import failing_on_released
from cotrack.release.service.withdrawals import sees_values
from cotrack.study.models import StudyDefinition
from cotrack.trace.service.alerts import to_read

THING_PAGES: Final = {"donor": "desk.donor", "cell_bank": "desk.cell_bank", "material": "desk.material"}
UNDECIDED: Final = ("quarantine", "conditionally_released")


def lots_to_fill(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    """Return the lots whose bags are filled now: cells that still grow are not in the way of those that are ready."""
    statement = select(Lot).options(joinedload(Lot.study_definition)).where(Lot.status == "in_process")
    lots = session.scalars(statement.order_by(Lot.id)).all()
    known = steps_of_lots(session, lots)
    for lot in lots:
        steps, number = known.get(lot.id), lot.number
        if steps is None or not against_bags(steps):
            yield Task(N_("Fill and label bags"), f"lot:{number}", "filling.show", {"number": number}, lot.made_at)


def bags_to_store(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    """Return the bags that are in no freezer: one that came back first, since it warms up."""
    statement = (
        select(Unit)
        .join(Lot, Lot.id == Unit.lot_id)
        .where(
            Unit.kind == "bag",
            (Unit.status == "returned") | ((Unit.status == "filled") & (Lot.status != "in_process")),
        )
        .order_by(Unit.id)
    )
    for unit in session.scalars(statement):
        subject, where, is_back = f"unit:{unit.number}", {"number": unit.number}, unit.status == "returned"
        since, note = (None, N_("It came back unused.")) if is_back else (unit.filled_at, "")
        yield Task(N_("Store the bag"), subject, "custody.store_unit", where, since, is_urgent=is_back, note=note)


def samples_to_place(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    statement = (
        select(Unit)
        .join(Lot, Lot.id == Unit.lot_id)
        .where(Unit.kind != "bag", Unit.status == "filled", Lot.status != "in_process")
        .order_by(Unit.id)
    )
    for unit in session.scalars(statement):
        title = N_("Send the sample to the laboratory, or archive it")
        yield Task(title, f"unit:{unit.number}", "desk.unit", {"number": unit.number}, unit.filled_at)


def lines_to_check(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lines that another person cleared: a second one looks too."""
    for each in clearances_waiting(session, desk.actor.person_id):
        since, arguments = each.left_at or each.cleared_at, {"number": each.lot.number}
        title = N_("Check the line as the second person")
        yield Task(title, f"lot:{each.lot.number}", "filling.show", arguments, since, is_urgent=True)


def results_to_type(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots with a result that another person typed, or two typed differently: what is said nowhere."""
    seen = set()
    for each in waiting_entries(session, desk.actor.person_id):
        number, is_anew = each.lot.number, each.why is Unsettled.DIFFERED
        if (number, is_anew) not in seen:
            seen.add((number, is_anew))
            title = (
                N_("Type a result anew: two entries differed") if is_anew else N_("Type a result as the second person")
            )
            since = each.entry.entered_at
            yield Task(title, f"lot:{number}", "release.enter_result", {"number": number}, since)


def entries_that_fail(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots that were released or given and fail by what one typed: QA holds them, or has it typed again.

    Nobody is told who might be the second typist: that person types without knowing.
    """
    if not sees_values(desk.actor):
        return
    for each in failing_on_released(session):
        number = each.lot.number
        title = N_("A released or supplied lot fails by what one person typed: hold it, or have it typed by another")
        yield Task(
            title,
            f"lot:{number}",
            "release.list_entries",
            {"number": number},
            each.entry.entered_at,
            is_urgent=True,
        )


def results_to_review(session: Session, desk: Desk) -> Iterator[Task]:
    statement = (
        select(Result)
        .join(Result.lot)
        .options(contains_eager(Result.lot), *SIGNED)
        .where(Result.status == "recorded")
        .order_by(Lot.number, Result.recorded_at)
    )
    waiting = session.scalars(statement).all()
    seen = set()
    for result, fact in zip(waiting, result_facts(session, waiting), strict=True):
        number = result.lot.number
        if number not in seen and not against_review([fact], desk.actor.username):
            seen.add(number)
            arguments = {"number": number}
            yield Task(N_("Review results"), f"lot:{number}", "release.review_results", arguments, result.recorded_at)


def lots_to_decide(session: Session, desk: Desk) -> Iterator[Task]:
    for lot, until in lots_with_ends(session, UNDECIDED):
        yield Task(
            N_("Decide about the lot"),
            f"lot:{lot.number}",
            "release.show_release",
            {"number": lot.number},
            lot.made_at,
            until=until,
            is_urgent=until is not None and until <= desk.now,
        )


def trails_to_review(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the lots that only the review of their trail keeps from going on; none that the person worked on.

    What is looked at whole is few: a deviation of the lot or an investigation that stops it is seen by the database.
    """
    reviewed, waiting = (
        exists().where(Result.lot_id == Lot.id, Result.status == status) for status in ("reviewed", "recorded")
    )
    stopped = (
        exists().where(Deviation.subject == "lot:" + Lot.number, Deviation.status == "open"),
        exists().where(Investigation.lot_id == Lot.id, Investigation.status.in_(STOPPING)),
    )
    statement = (
        select(Lot)
        .options(joinedload(Lot.study_definition))
        .where(Lot.status.in_(UNDECIDED), reviewed, ~waiting, ~or_(*stopped))
        .order_by(Lot.id)
    )
    for lot in session.scalars(statement):
        if waits_for_trail(desk.ground, session, lot, desk.actor):
            arguments = {"number": lot.number}
            yield Task(N_("Review the trail"), f"lot:{lot.number}", "release.review_trail", arguments, lot.made_at)


def sources_to_decide(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the donors, banks and materials that wait for QA; none that the person registered."""
    for noun, model in SOURCES.items():
        waits = model.status == lifecycle_of(noun)["register"].to_state
        for each in session.scalars(select(model).where(waits).order_by(model.id)):
            if each.registered_by_id != desk.actor.person_id:
                endpoint, title = THING_PAGES[noun], N_("Decide about what lots are made from")
                yield Task(title, f"{noun}:{each.number}", endpoint, {"number": each.number}, each.registered_at)


def holds_to_solve(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    for hold in session.scalars(select(Hold).where(Hold.status == "standing").order_by(Hold.id)):
        yield Task(N_("Solve the hold"), hold.subject, "release.lift_hold", {"hold_id": hold.id}, hold.placed_at)


def deviations_to_close(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    statement = select(Deviation).where(Deviation.status == "open").order_by(Deviation.id)
    for each in session.scalars(statement):
        subject, arguments = f"deviation:{each.number}", {"number": each.number}
        yield Task(N_("Assess and close the deviation"), subject, "desk.deviation", arguments, each.opened_at)


def actions_to_do(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the actions after deviations that this person owns; QA sees those of others too once they are late."""
    today = desk.site_day(desk.now)
    sees_late = "deviation:assess" in desk.actor.permissions
    for each in planned_actions(session):
        is_own, is_late = each.owner_id == desk.actor.person_id, each.due_on < today
        if not is_own and not (sees_late and is_late):
            continue
        title = N_("Do the action and report it") if is_own else N_("An action of somebody else is late")
        number = each.deviation.number
        yield Task(
            title,
            f"deviation:{number}",
            "desk.deviation",
            {"number": number},
            each.planned_at,
            desk.end_of_day(each.due_on),
            is_urgent=each.due_on <= today,
            note=each.description,
        )


def alerts_to_read(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the alerts that this person has to read: before everything else."""
    for alert in to_read(session, desk.actor):
        arguments = {"alert_id": alert.id}
        title = N_("A lot was stopped: read whom it reached")
        yield Task(title, alert.subject, "trace.show_alert", arguments, alert.raised_at, is_urgent=True)


def documents_to_make(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    """Return the documents that were signed and are not made yet: opening one makes it, or says why it cannot be."""
    for owed in still_owed(session):
        title, arguments = N_("Make the signed document"), {"document_id": owed.id}
        yield Task(title, owed.subject, "labelling.show_document", arguments, owed.owed_at)


def drafts(column: Any) -> Finder:
    def find(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
        statement = select(StudyDefinition).where(StudyDefinition.status == "draft", column.is_(None))
        for row in session.scalars(statement.order_by(StudyDefinition.id)):
            subject = f"study_definition:{row.sha256}"
            yield Task(
                N_("Sign the study definition"), subject, "study.show_definition", {"sha256": row.sha256}, row.loaded_at
            )

    return find
