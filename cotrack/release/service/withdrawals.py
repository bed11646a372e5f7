"""An entry that somebody typed is withdrawn, with a reason: it stays on record, and counts no more."""

from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import NotFound, ReasonMissing
from cotrack.foundation.state_machine import Action
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.documents import both
from cotrack.lifecycles import RESULT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.models import EntryEnd, ResultEntry
from cotrack.release.rules.entries import EntryFacts, Unsettled, against_withdrawal
from cotrack.release.service.unsettled import Shown, ended_entries, is_unsettled, unsettled_entries
from cotrack.study.service import definition_of

EVENT: Final = "result_entry.withdraw"
PERMISSION: Final = "result:withdraw"
WITHDRAW: Final = Action(
    "withdraw",
    N_("Withdraw entry"),
    frozenset(),
    None,
    PERMISSION,
    N_("The entry stays on record and counts no more: no second one makes it a result."),
    needs_reason=True,
)
"""What the page says of a withdrawal. An entry has no status: its end is a row of its own."""


def withdraw_entry(work: Work, entry_id: int, *, reason: str) -> EntryEnd:
    """Withdraw an entry that waits for a second person, or contradicts what is stored: by its author or by QA."""
    # 1 permission and reason; then the lot is locked: a second entry or a release is done before this, or sees it.
    found = work.session.get(ResultEntry, entry_id)
    number = work.session.get_one(Lot, found.lot_id).number if found else ""
    work.record(EVENT, f"lot:{number}" if number else "", permission=PERMISSION, reason=reason)
    if not reason.strip():
        raise ReasonMissing("Say why: this step needs a reason.")
    if found is None:
        raise NotFound("There is no such entry.")
    work.lock(Lot, number)
    # 2 every reason against it.
    facts = EntryFacts(found.entered_by_id, is_unsettled(work.session, found))
    work.refuse_if(against_withdrawal(facts, work.person_id, is_quality=is_quality(work.actor)))
    # 3 its end is a row of its own: nothing that was typed is ever changed.
    end = EntryEnd(
        entry_id=found.id,
        cause="withdrawn",
        reason=reason.strip(),
        differs="",
        ended_at=work.now,
        ended_by_id=work.person_id,
    )
    work.add(end)
    return end


def is_quality(actor: Actor) -> bool:
    """Whether a person decides about results for quality assurance, and so about entries that others typed."""
    return RESULT["invalidate"].permission in actor.permissions


def sees_values(actor: Actor) -> bool:
    """Whether a person may see what one person typed: QA may, unless they might be the second typist."""
    return is_quality(actor) and RESULT["enter"].permission not in actor.permissions


def withdrawal_sheet(session: Session, entry_id: int, actor: Actor) -> tuple[str, list[tuple[str, Any]]]:
    """Return the lot of an entry and what is told of the entry to whoever would withdraw it."""
    found = session.get(ResultEntry, entry_id)
    if found is None:
        raise NotFound("There is no such entry.")
    lot = session.get_one(Lot, found.lot_id)
    test = both(definition_of(lot.study_definition).tests[found.test].name)
    facts: list[tuple[str, Any]] = [(N_("Test"), test), (N_("Replicate"), found.replicate)]
    if sees_values(actor) or found.entered_by_id == actor.person_id:
        facts.append((N_("Typed"), found.reported))
    return lot.number, [*facts, (N_("Sample"), found.sample)]


def entries_page(session: Session, lot_number: str, actor: Actor) -> dict[str, Any]:
    """Return what the page of a lot's entries shows: what is unsettled and what ended, values to QA alone."""
    lot = lot_numbered(session, lot_number)
    return {
        "lot": lot,
        "unsettled": [(each, _may_be_withdrawn(each, actor)) for each in unsettled_entries(session, lot.id)],
        "ended": ended_entries(session, lot.id),
        "sees_values": sees_values(actor),
    }


def _may_be_withdrawn(shown: Shown, actor: Actor) -> bool:
    """Whether this person may withdraw an entry that is unsettled."""
    facts = EntryFacts(shown.entry.entered_by_id, shown.why is not Unsettled.DIFFERED)
    may = PERMISSION in actor.permissions
    return may and not against_withdrawal(facts, actor.person_id, is_quality=is_quality(actor))
