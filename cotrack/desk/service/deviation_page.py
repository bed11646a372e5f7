"""The page of a deviation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import offers
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.lifecycles import DEVIATION
from cotrack.quality.rules import against_closing
from cotrack.quality.service.deviations import deviation_facts, deviation_numbered


def deviation_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:  # noqa: ARG001 (one shape for all things)
    """Return the page of a deviation; what was not assessed yet stands against closing it."""
    deviation, opened_by = deviation_numbered(session, number)
    standing = against_closing(deviation_facts(deviation)) if deviation.status == "open" else []
    return {
        "deviation": deviation,
        "opened_by": opened_by,
        "offers": offers(DEVIATION, number, deviation.status, actor, against={"close": standing}),
        "timeline": records_of(session, [f"deviation:{number}"]),
    }
