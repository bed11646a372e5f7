"""The page of a room or a device: until when its calibration stands, and what stands against its use."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import offers
from cotrack.desk.service.thing_page import name_of
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.lifecycles import EQUIPMENT
from cotrack.manufacture.rules.process import against_equipment
from cotrack.manufacture.service.equipment import equipment_numbered, facts_of, lots_made_with


def equipment_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a room or a device."""
    found = equipment_numbered(session, number)
    today = ground.sessions.clock().astimezone(ground.site.zone).date()
    return {
        "equipment": found,
        "offers": offers(EQUIPMENT, number, found.status, actor),
        "standing": against_equipment(facts_of(found), today),
        "registered_by": name_of(session, found.registered_by_id),
        "lots": lots_made_with(session, found),
        "timeline": records_of(session, [f"equipment:{number}"]),
    }
