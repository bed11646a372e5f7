"""What the pages of a supply out of specification show before anybody signs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.work import Work
from cotrack.manufacture.models import Lot, Unit
from cotrack.orders.models import Order
from cotrack.orders.service.dosing import order_numbered
from cotrack.orders.service.supplied import supply_numbered
from cotrack.orders.service.supplies import (
    MAY_BE_SUPPLIED,
    against_acceptance_now,
    against_evaluating,
    against_request,
    bags_to_supply,
)
from cotrack.release.rules.lots import TestStanding, outstanding
from cotrack.release.rules.supply import failed
from cotrack.release.service.case import lot_standings, outstanding_tests
from cotrack.release.service.investigated import investigation_lines
from cotrack.release.service.supply import failed_tests
from cotrack.study.rules.specification import limit_words


@dataclass(frozen=True)
class LotOutOfSpecification:
    """A lot of which bags could be requested: what failed, what is awaited, and what stands against it."""

    lot: Lot
    failed: Sequence[tuple[TestStanding, str]]
    awaited: Sequence[Any]
    against: Sequence[Blocker]


def lots_out_of_specification(session: Session, order: Order) -> Iterator[tuple[Lot, tuple[TestStanding, ...]]]:
    """Return the lots in quarantine of an order's study version that failed a test and have a bag in store."""
    has_bag = exists().where(Unit.lot_id == Lot.id, Unit.kind == "bag", Unit.status.in_(MAY_BE_SUPPLIED))
    statement = select(Lot).where(
        Lot.status == "quarantine", Lot.study_definition_id == order.study_definition_id, has_bag
    )
    for lot in session.scalars(statement.order_by(Lot.id)):
        judged = lot_standings(session, lot)
        if failed(judged):
            yield lot, judged


def request_sheet(work: Work, number: str) -> Mapping[str, Any]:
    """Return the lots out of specification that a physician may request for an order, each with what is against it."""
    order = order_numbered(work.session, number)
    lots = [
        LotOutOfSpecification(lot, with_limits(failed(judged)), outstanding(judged), against_request(work, order, lot))
        for lot, judged in lots_out_of_specification(work.session, order)
    ]
    return {
        "order": order,
        "lots": lots,
        "options": [(each.lot.number, each.lot.number) for each in lots if not each.against],
    }


def with_limits(tests: Sequence[TestStanding]) -> list[tuple[TestStanding, str]]:
    """Return tests with the words of their limits."""
    return [(each, limit_words(each.test)) for each in tests]


def _sheet(work: Work, number: str) -> dict[str, Any]:
    supply = supply_numbered(work.session, number)
    return {
        "supply": supply,
        "failed": with_limits(failed_tests(work.session, supply.lot)),
        "awaited": outstanding_tests(work.session, supply.lot),
        "investigations": investigation_lines(work.session, supply.lot),
    }


def evaluation_sheet(work: Work, number: str) -> Mapping[str, Any]:
    """Return what QA reads before the evaluation: request, failed tests, investigations, and what stands against it."""
    sheet = _sheet(work, number)
    return {**sheet, "against": against_evaluating(work, sheet["supply"])}


def suggested_evaluation(session: Session, number: str) -> dict[str, str]:
    """Return what the form of the evaluation stands at: what was written before, else every bag that could be given."""
    supply = supply_numbered(session, number)
    bags = supply.bags.split() or bags_to_supply(session, supply.lot)
    return {"evaluation": supply.evaluation, "bags": ", ".join(bags)}


def acceptance_sheet(work: Work, number: str) -> Mapping[str, Any]:
    """Return what a physician reads before accepting: failed tests, QA's evaluation, and what stands against it."""
    sheet = _sheet(work, number)
    return {**sheet, "against": against_acceptance_now(work, sheet["supply"])}
