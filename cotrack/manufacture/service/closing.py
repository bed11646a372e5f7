"""Closing a lot: everything of it has come to its end, and QA signs the account of its labels (21 CFR 211.125)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.site import Site
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.reconciliation import Account, Fate
from cotrack.labelling.service.documents import Document
from cotrack.labelling.service.keeping import owe, try_out
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.rules import against_close
from cotrack.manufacture.rules.rolls import RollFacts, against_rolls
from cotrack.manufacture.service.lots import label_fates
from cotrack.manufacture.service.reconciliation import accounts_of, label_account
from cotrack.manufacture.service.rolls import rolls_of
from cotrack.manufacture.service.units import unit_facts

MEANING: Final = LOT["close"].meaning


def close_lot(work: Work, number: str) -> Lot:
    """Close a lot whose units have all come to their end and whose labels are accounted for.

    The account is tried out on paper before QA signs it, and promised with the signature. Raises Blocked with every
    unit that has come to no end, every label in hand and every roll that does not add up (domain.md §3.3 rule 9).
    """
    lot = work.take(Lot, "close", number)
    work.refuse_if(against_close_now(work.session, lot, work.site))
    text = account_text(lot, accounts_of(label_fates(work.session, lot)), rolls_of(work.session, lot.id, work.site))

    def papers(signature: Signature) -> Sequence[Document]:
        return [label_account(work.session, work.site, number, signature)]

    try_out(work, MEANING, text, papers)
    signature = work.sign(MEANING, text)
    work.move(lot, "close")
    owe(work, signature, papers(signature))
    return lot


def against_close_now(session: Session, lot: Lot, site: Site) -> list[Blocker]:
    """Return what keeps a lot open now."""
    return against_closing(session, lot, label_fates(session, lot), rolls_of(session, lot.id, site))


def against_closing(
    session: Session, lot: Lot, fates: Sequence[tuple[LabelInstance, Fate]], rolls: Sequence[RollFacts]
) -> list[Blocker]:
    """Return what keeps a lot open, for whoever has read its labels and rolls already."""
    in_hand = [f"label_instance:{label.id}" for label, fate in fates if fate is Fate.IN_HAND]
    return [*against_close(unit_facts(session, lot.id), in_hand), *against_rolls(lot.number, rolls)]


def account_text(lot: Lot, accounts: dict[str, Account], rolls: Sequence[RollFacts]) -> str:
    """Return the very text that closes a lot: what became of the labels of each kind, and what came off each roll."""
    lines = [
        f"{kind}: {each.printed} printed / 印出 = {each.applied} applied / 已贴 + {each.spoiled} spoiled / 作废"
        f" + {each.destroyed} destroyed / 销毁 + {each.returned} returned / 退回 + {each.in_hand} in hand / 在手"
        for kind, each in accounts.items()
    ]
    return "\n".join(
        [
            f"Labels of lot / 批次标签 {lot.number}",
            *lines,
            *(_roll_line(each) for each in rolls),
            "Every unit has come to its end, and every label is accounted for. / 每个单元均已处置，每张标签均有去向。",
            "I close this lot. / 本人关闭该批次。",
        ]
    )


def _roll_line(roll: RollFacts) -> str:
    line = f"roll / 标签卷 {roll.roll} ({roll.station}): {roll.used} came off / 用去, {roll.printed} printed / 印出"
    if roll.difference == 0:
        return line
    return f"{line}, difference / 差异 {roll.signed_difference}: {roll.reason}"
