"""Labels of the vials of a cell bank: each vial has a number and a label of its own."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.wording import against_wording
from cotrack.labelling.service import instances
from cotrack.manufacture.models import CellBank
from cotrack.manufacture.service.inputs import lock_usable
from cotrack.manufacture.service.legends import bank_legends
from cotrack.manufacture.service.sources import source_named, source_numbered

TIER_WORDS = {"master": "主库 master", "working": "工作库 working"}
"""What a vial's label calls the tier of its bank."""
_NUMBER = re.compile(r"(.+)-V(\d{3,5})")


def vial_number(bank_number: str, vial: int) -> str:
    """Return the printed number of a vial: `WCB-2026-01-V003`."""
    return f"{bank_number}-V{vial:03d}"


def request_vial_label(
    work: Work, bank_number: str, *, vial: int, reason: str = "", template: str = ""
) -> LabelInstance:
    """Ask for the label of one vial of a bank; the bank holds so many, and no more get one."""
    number = vial_number(bank_number, vial)
    subject = f"vial:{number}"
    instances.begin_request(work, "vial", subject, reason=reason)
    bank = _locked(work, bank_number)
    if not 0 < vial <= bank.vials_total:
        raise InvalidInput(fields={"vial": [N_("The bank was laid down in fewer vials.")]})
    words = N_("{bank} is rejected: its vials get no labels.")
    against = [Blocker("bank_rejected", words, {"bank": bank.number})] if bank.status == "rejected" else []
    fields = vial_fields(bank, number)
    against += against_wording(fields, is_autologous=False)
    return instances.request_label(
        work, "vial", subject, fields=fields, reason=reason, against=against, template=template
    )


def _locked(work: Work, number: str) -> CellBank:
    found = source_numbered(work.session, "cell_bank", number)
    bank = lock_usable(work, found) if isinstance(found, CellBank) else None
    if not isinstance(bank, CellBank):
        raise NotFound("There is no such thing.")
    return bank


def vial_fields(bank: CellBank, number: str) -> Mapping[str, str]:
    """Return what the label of a vial says: cells, tier, passage, where they come from, and the last day of use."""
    origin = bank.parent.number if bank.parent is not None else bank.donor.number
    passage = [f"P{bank.passage}"] if bank.passage is not None else []
    return {
        "number": number,
        "name": bank.name,
        "origin": " · ".join([TIER_WORDS[bank.tier], *passage, origin]),
        "expires": bank.expires_on.isoformat(),
        "legends": bank_legends(bank),
    }


def bank_of_vial(session: Session, number: str) -> CellBank:
    """Return the bank of a vial's number; raises NotFound where the bank holds no such vial."""
    said = _NUMBER.fullmatch(number)
    bank = source_named(session, said[1]) if said else None
    vial = int(said[2]) if said else 0
    if not isinstance(bank, CellBank) or not 0 < vial <= bank.vials_total or vial_number(bank.number, vial) != number:
        raise NotFound("There is no vial {number}.", number=number)
    return bank
