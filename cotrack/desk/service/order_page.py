"""The page of an order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.bedside.service.infusions import infusion_of
from cotrack.desk.service.acts import Extra, Offer, offers
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.service.instances import labels_of
from cotrack.lifecycles import OOS_SUPPLY, ORDER
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.inputs import holds_over
from cotrack.orders.models import OosSupply, Order
from cotrack.orders.rules import against_supplied, ended_as
from cotrack.orders.service.acceptance import acceptances_of, lots_to_accept
from cotrack.orders.service.allocation import is_short
from cotrack.orders.service.dosing import OPEN_STATES, order_numbered
from cotrack.orders.service.endotoxin import endotoxin_of
from cotrack.orders.service.supplied import failed_names, supplies_of, supply_now
from cotrack.orders.service.supplies import against_request
from cotrack.orders.service.supply_sheets import lots_out_of_specification
from cotrack.orders.service.weights import against_order_now
from cotrack.quality.rules import against_held
from cotrack.study.service import definition_of

ORDER_EXTRAS: Final = (
    Extra(N_("Print the order sheet"), "orders.request_sheet", "label:print_order_sheet", frozenset(OPEN_STATES)),
)


def order_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of an order."""
    order = order_numbered(session, number)
    endotoxin = endotoxin_of(session, order)
    may_accept = order.status in OPEN_STATES and "order:accept_lot" in actor.permissions
    to_accept = lots_to_accept(session, order, actor.username, ground.sessions.clock()) if may_accept else []
    received = any(each.unit.status == "received" and each.released_at is None for each in order.allocations)
    before_thaw = (Extra(N_("Check before the thaw"), "bedside.check_before_thaw", "infusion:check"),)
    extras = (*(before_thaw if received else ()), *ORDER_EXTRAS)
    supplies = [(each, failed_names(each)) for each in supplies_of(session, order_id=order.id)]
    return {
        "order": order,
        "definition": definition_of(order.study_definition),
        "offers": [
            *_offers_to_accept(order, to_accept),
            *offers(ORDER, number, order.status, actor, extras=extras),
            *_offers_to_request(ground, session, order, actor),
        ],
        "labels": labels_of(session, f"order:{number}"),
        "supplies": supplies,
        "supplied": next((failed for each, failed in supplies if each.status == "accepted"), ()),
        "acceptances": acceptances_of(session, order, ground.sessions.clock()),
        "standing": [
            *against_order_now(session, order),
            *_against_bags(session, order),
            *_against_supplied(session, order),
            *endotoxin.blockers,
        ],
        "endotoxin": endotoxin,
        "is_open": order.status in OPEN_STATES,
        "status": ended_as(order.status, [each.unit.status for each in order.allocations if not each.released_at]),
        "bags": [
            (each, infusion_of(session, each.unit_id) if each.released_at is None else None)
            for each in order.allocations
        ],
        "timeline": records_of(session, [f"order:{number}", *_below(order, [each for each, _ in supplies])]),
        "now": ground.sessions.clock(),
    }


def _below(order: Order, supplies: Sequence[OosSupply]) -> list[str]:
    """Return the things of an order whose records its page tells too: its supplies and its bags."""
    bags = [f"unit:{each.unit.number}" for each in order.allocations]
    return [*(f"oos_supply:{each.number}" for each in supplies), *bags]


def _against_bags(session: Session, order: Order) -> list[Blocker]:
    """Return what holds the bags that are set aside for an order: on themselves, their lots, or what those are of."""
    units = [each.unit for each in order.allocations if each.released_at is None]
    return against_held(
        holds_over(session, {each for unit in units for each in (f"unit:{unit.number}", f"lot:{unit.lot.number}")})
    )


def _against_supplied(session: Session, order: Order) -> list[Blocker]:
    """Return why bags that were set aside out of specification are not given any more."""
    units = [each.unit for each in order.allocations if each.released_at is None]
    supplies = {lot.number: supply_now(session, order.id, lot) for lot in {each.lot for each in units}}
    found = [
        against_supplied(unit.lot.number, supply, unit.number)
        for unit in units
        if (supply := supplies[unit.lot.number]) is not None
    ]
    return list(dict.fromkeys(each for reasons in found for each in reasons))


def _offers_to_accept(order: Order, lots: Sequence[Lot]) -> list[Offer]:
    """Return the conditional lots whose outstanding tests a physician may accept for an order."""
    endpoint, title = "orders.accept_lot", ORDER["accept_lot"].title
    return [Offer(title, endpoint, {"number": order.number, "lot": each.number}, note=each.number) for each in lots]


def _offers_to_request(ground: Ground, session: Session, order: Order, actor: Actor) -> list[Offer]:
    """Return the request of a lot out of specification: only where there is a lot that would not be refused."""
    if "oos_supply:request" not in actor.permissions or order.status not in OPEN_STATES:
        return []
    is_served = order.status == "ordered" and not is_short(session, order, ground.sessions.clock())
    work = Work(ground, session, actor)
    lots = () if is_served else lots_out_of_specification(session, order)
    if all(against_request(work, order, lot) for lot, _ in lots):
        return []
    title = OOS_SUPPLY["request"].title
    return [Offer(title, "orders.request_supply", {"number": order.number}, look="danger")]
