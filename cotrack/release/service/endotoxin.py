"""The endotoxin of a lot, for what is given from it."""

from decimal import Decimal

from sqlalchemy.orm import Session

from cotrack.manufacture.models import Lot
from cotrack.release.rules.endotoxin import most_endotoxin_eu_per_ml
from cotrack.release.service.results import result_facts, results_of
from cotrack.study import service as study


def most_endotoxin(session: Session, lot: Lot) -> Decimal | None:
    """Return a lot's endotoxin in EU/mL at most, from its reviewed results; None where it is not known."""
    definition = study.definition_of(lot.study_definition)
    return most_endotoxin_eu_per_ml(definition, result_facts(session, results_of(session, lot.id)))
