"""The legends that labels of a lot or a bank carry, from the donors whose cells they are."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.labelling.rules.wording import legends
from cotrack.manufacture.models import CellBank, Donor, Lot, LotInput
from cotrack.study import service as study


def lot_legends(session: Session, lot: Lot, *, is_given: bool = True) -> str:
    """Return the legends that are true of a lot now, by every donor of a bank that went into it."""
    of_its_banks = select(CellBank.donor_id).join(LotInput, LotInput.bank_id == CellBank.id)
    donors = session.scalars(select(Donor.status).where(Donor.id.in_(of_its_banks.where(LotInput.lot_id == lot.id))))
    product = study.definition_of(lot.study_definition).product
    return legends(is_autologous=product.is_autologous, donors=donors.all(), is_given=is_given)


def bank_legends(bank: CellBank) -> str:
    """Return the legends that are true of a bank now, by its donor; whom it may be given to, no bank says."""
    return legends(is_autologous=False, donors=[bank.donor.status])
