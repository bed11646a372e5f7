"""The page of a deviation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import Extra, Look, Offer, offers
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.words import N_
from cotrack.lifecycles import DEVIATION, DEVIATION_ACTION
from cotrack.quality.models import DeviationAction
from cotrack.quality.rules import against_closing
from cotrack.quality.service.actions import actions_of
from cotrack.quality.service.deviations import deviation_facts, deviation_numbered

EXTRAS = (Extra(N_("Plan action"), "quality.plan_action", "deviation:assess", frozenset({"open"})),)


def deviation_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a deviation; what was not assessed yet stands against closing it."""
    deviation, opened_by = deviation_numbered(session, number)
    actions = actions_of(session, deviation.id)
    standing = against_closing(deviation_facts(deviation, actions)) if deviation.status == "open" else []
    return {
        "deviation": deviation,
        "actions": [(each, _offers(each, actor)) for each in actions],
        "today": ground.sessions.clock().astimezone(ground.site.zone).date(),
        "opened_by": opened_by,
        "offers": offers(DEVIATION, number, deviation.status, actor, extras=EXTRAS, against={"close": standing}),
        "timeline": records_of(session, [f"deviation:{number}"]),
    }


def _offers(action: DeviationAction, actor: Actor) -> list[Offer]:
    """Return what this person may do with an action: its owner reports it as done, QA drops it."""
    names = [each.name for each in DEVIATION_ACTION.available(action.status, actor.permissions)]
    is_owner = action.owner_id == actor.person_id
    arguments = {"action_id": action.id}
    return [
        Offer(DEVIATION_ACTION[name].title, f"quality.{name}_action", arguments, look=look)
        for name, look in _LOOKS.items()
        if name in names and (is_owner or name != "finish")
    ]


_LOOKS: Mapping[str, Look] = {"finish": "main", "drop": "danger"}
