"""The page of a supply of a lot out of specification."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import offers
from cotrack.desk.service.thing_page import name_of
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.lifecycles import OOS_SUPPLY
from cotrack.orders.models import OosSupply
from cotrack.orders.rules import against_lot, against_supplied
from cotrack.orders.rules.supply import against_notice, missing_notices
from cotrack.orders.service.supplied import facts_of, failed_names, supply_numbered
from cotrack.orders.service.supplies import against_acceptance_now, against_evaluating
from cotrack.orders.service.supply_sheets import with_limits
from cotrack.release.service.investigated import investigation_lines
from cotrack.release.service.supply import failed_tests


def supply_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a supply: what failed, who requested, evaluated and accepted it, and who was told."""
    supply = supply_numbered(session, number)
    told = [each.addressee for each in supply.notices]
    found = offers(OOS_SUPPLY, number, supply.status, actor, against=_against(Work(ground, session, actor), supply))
    return {
        "supply": supply,
        "offers": [each for each in found if not any(reason.code == "not_accepted" for reason in each.blockers)],
        "standing": _standing(session, supply),
        "counts": supply.status == "accepted" and not _standing(session, supply),
        "failed_now": with_limits(failed_tests(session, supply.lot)),
        "accepted_over": failed_names(supply),
        "investigations": investigation_lines(session, supply.lot),
        "missing": missing_notices(told) if supply.accepted_at is not None else [],
        "ended_by": name_of(session, supply.ended_by_id) if supply.ended_by_id else "",
        "timeline": records_of(session, [f"oos_supply:{number}"]),
    }


def _standing(session: Session, supply: OosSupply) -> Sequence[Blocker]:
    """Return why nothing is given by an accepted supply now."""
    if supply.status != "accepted":
        return []
    lot = supply.lot
    return against_lot(lot.number, lot.status, supplied=against_supplied(lot.number, facts_of(session, supply)))


def _against(work: Work, supply: OosSupply) -> dict[str, Sequence[Blocker]]:
    """Return what stands against each act, asked only where this person may do it."""
    asked: dict[str, Sequence[Blocker]] = {"notify": against_notice(supply.number, supply.accepted_at)}
    may = work.actor.permissions
    if "oos_supply:evaluate" in may and OOS_SUPPLY.fits("evaluate", supply.status):
        asked["evaluate"] = against_evaluating(work, supply)
    if "oos_supply:accept" in may and OOS_SUPPLY.fits("accept", supply.status):
        asked["accept"] = against_acceptance_now(work, supply)
    return asked
