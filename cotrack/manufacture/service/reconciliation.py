"""The account of a lot's labels, as paper: how many were printed, and what became of each (domain.md §3.3 rule 9)."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.audit.service import told
from cotrack.foundation.site import Site
from cotrack.foundation.written import site_words
from cotrack.labelling.models import LabelInstance, OwedDocument
from cotrack.labelling.rules.reconciliation import Account, Fate, account_of
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.lifecycles import LABEL_INSTANCE, LOT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.rules.rolls import RollFacts
from cotrack.manufacture.service.lots import label_fates, lot_numbered
from cotrack.manufacture.service.rolls import rolls_of
from cotrack.study.service import definition_of

NAME: Final = "label-account"
EVENTS: Final = tuple(LOT.event(each) for each in ("make", "finish", "close"))


def label_account(session: Session, site: Site, number: str, closed_by: Signature | None = None) -> Document:
    """Return what the account of a lot's labels says; raises NotFound where there is no such lot.

    `closed_by` is the signature that closes the lot over it; a lot that is closed already has its own.
    """
    lot = lot_numbered(session, number)
    definition = definition_of(lot.study_definition)
    labels = label_fates(session, lot)
    reasons = _reasons_of_voids(session, [each for each, _ in labels])
    accounts = accounts_of(labels)
    rolls = rolls_of(session, lot.id, site)
    fields = {
        "study": f"{definition.registration or '–'} · {both(definition.title)}",
        "product": both(definition.product.name),
        "lot": lot.number,
        "status": lot.status,
        "is_settled": "yes" if _is_settled(accounts, rolls) else "no",
        "accounts": _lines_of(accounts),
        "rolls": [_roll(each) for each in rolls],
        "others": [
            _line(each, fate, reasons.get(each.id, ""), site) for each, fate in labels if each.status != "applied"
        ],
        "signatures": [signature_lines(each, site) for each in (closed_by or _closed_by(session, number),) if each],
    }
    return Document(NAME, f"lot:{number}", EVENTS, fields)


def _is_settled(accounts: Mapping[str, Account], rolls: Sequence[RollFacts]) -> bool:
    return all(each.is_settled for each in accounts.values()) and all(each.is_settled for each in rolls)


def _closed_by(session: Session, number: str) -> Signature | None:
    """Return the signature that closed a lot over the account of its labels; None while it is open."""
    promised = select(Signature).join(OwedDocument, OwedDocument.signature_id == Signature.id)
    return session.scalar(promised.where(OwedDocument.subject == f"lot:{number}", OwedDocument.name == NAME))


def account_lines(session: Session, lot: Lot) -> list[list[str]]:
    """Return the account of a lot's labels as documents print it: a line for each kind of label."""
    return _lines_of(accounts_of(label_fates(session, lot)))


def accounts_of(labels: Sequence[tuple[LabelInstance, Fate]]) -> dict[str, Account]:
    """Return the account of each kind of label: the one count of page, document and closing."""
    kinds = sorted({each.kind for each, _ in labels})
    return {kind: account_of(fate for each, fate in labels if each.kind == kind) for kind in kinds}


def _lines_of(accounts: Mapping[str, Account]) -> list[list[str]]:
    return [[kind, *_counts(account)] for kind, account in accounts.items()]


def _counts(account: Account) -> list[str]:
    counts = (account.printed, account.applied, account.spoiled, account.destroyed, account.returned, account.in_hand)
    return [str(each) for each in (*counts, account.never_printed)]


def _roll(roll: RollFacts) -> list[str]:
    """Return a line of the rolls: station, roll, put in, left, came off, printed, difference, its explanation."""
    left, used = ("–" if each is None else str(each) for each in (roll.left, roll.used))
    difference = "–" if roll.used is None else roll.signed_difference
    why = roll.reason if roll.difference and roll.is_settled else "–"
    return [roll.station, roll.roll, str(roll.put_in), left, used, str(roll.printed), difference, why]


def _line(label: LabelInstance, fate: Fate, reason: str, site: Site) -> list[str]:
    """Return a line of the table: bag, kind, instance, what became of it, its status, when it was printed, why."""
    printed = site_words(label.printed_at, site.zone) if label.printed_at else "–"
    number = label.subject.partition(":")[2]
    return [number, label.kind, str(label.instance), fate.value, label.status, printed, reason or label.reason or "–"]


def _reasons_of_voids(session: Session, labels: Sequence[LabelInstance]) -> dict[int, str]:
    """Return why each void label does not count, by its id: the reason stands in the record of the trail."""
    statement = select(AuditRecord).where(
        AuditRecord.subject.in_({each.subject for each in labels if each.status == "void"}),
        AuditRecord.event == LABEL_INSTANCE.event("void"),
        AuditRecord.outcome == "done",
    )
    records = [told(row) for row in session.scalars(statement)]
    return {
        int(change["row"].partition(":")[2]): record.reason
        for record in records
        for change in record.changes
        if change["row"].startswith("label_instance:")
    }
