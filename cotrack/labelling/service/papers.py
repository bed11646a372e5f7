"""Labels that count no more, and what became of the paper of each: void, destroyed with their thing, accounted for."""

from sqlalchemy import select

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.reconciliation import Fate, fate_of, paper_of_superseded
from cotrack.labelling.service.instances import seen_by
from cotrack.lifecycles import LABEL_INSTANCE

ON_THE_WAY = ("intended", "sending", "printed")


def make_void(work: Work, label_id: int, *, reason: str, paper: str = "") -> LabelInstance:
    """Make a spoiled, lost or doubtful label void; whoever does it may see the thing that it is for.

    `paper` says what became of what came out of the printer (`rules.reconciliation.PAPERS`); where nothing is said, a
    printed label counts as spoiled, and one of which nobody knows whether it was printed is in hand. Of one that still
    waits nothing came out: said of it, InvalidInput, because it would stand for a label that came off the roll.
    """
    row = _begin(work, "void", label_id, reason=reason)
    if paper and row.status == "intended":
        words = N_("Only where it came out of the printer and never went on its thing.")
        raise InvalidInput(fields={"paper": [words]})
    if row.applied_at is None:
        row.paper = paper or ("spoiled" if row.status == "printed" else paper_of_superseded(row.status))
    work.move(row, "void")
    return row


def account_for(work: Work, label_id: int, *, paper: str) -> LabelInstance:
    """Say what became of the paper of a label that counts no more and is still in hand (21 CFR 211.125)."""
    row = _begin(work, "account", label_id)
    work.expect(row, "account")
    if fate_of_label(row) is not Fate.IN_HAND:
        work.refuse_if([Blocker("paper_accounted", "What became of this label is written down already.")])
    row.paper = paper
    return row


def destroy_with(work: Work, subject: str) -> list[LabelInstance]:
    """Destroy the labels of a thing that never went on it, within the command that destroys the thing."""
    statement = select(LabelInstance).where(LabelInstance.subject == subject, LabelInstance.status.in_(ON_THE_WAY))
    rows = list(work.session.scalars(statement.order_by(LabelInstance.id).with_for_update()))
    for row in rows:
        row.paper = None if row.status == "intended" else "destroyed"
        work.move(row, "follow_destruction")
    return rows


def fate_of_label(label: LabelInstance) -> Fate:
    """Return what became of a label."""
    return fate_of(
        label.status,
        was_printed=label.printed_at is not None,
        was_applied=label.applied_at is not None,
        paper=label.paper,
    )


def came_out(label: LabelInstance) -> bool:
    """Whether paper came out of a printer for a label, or may have: a roll is shorter by it."""
    return label.printed_at is not None or label.paper is not None or label.status == "sending"


def _begin(work: Work, action: str, label_id: int, *, reason: str = "") -> LabelInstance:
    found = work.session.get(LabelInstance, label_id)
    work.begin(LABEL_INSTANCE, action, str(label_id), reason=reason, subject=found.subject if found else "")
    row = work.session.get(LabelInstance, label_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such label.")
    work.require(seen_by(row))
    return row
