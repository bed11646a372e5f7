"""What waits in supplies out of specification: evaluation and notice for QA, the acceptance for the physician."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from cotrack.desk.service.tasks import Desk, Task
from cotrack.foundation.words import N_
from cotrack.orders.models import OosSupply
from cotrack.orders.rules import does_count
from cotrack.orders.rules.supply import against_same_person
from cotrack.orders.service.dosing import OPEN_STATES
from cotrack.orders.service.supplied import all_under_way, facts_of, without_notice
from cotrack.participants.service.treatment import treating_physicians
from cotrack.release.service.supply import findings_of


def to_evaluate(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the requests that QA evaluates, also anew where something changed since; none of their own.

    Accepted supplies that count no longer are there too, of orders that are over as well: QA looks, and ends them.
    """
    for each in all_under_way(session):
        is_own = bool(against_same_person(each.request_signature.person_id, desk.actor.person_id))
        if _counts_no_more(session, each):
            yield _changed(each)
        elif is_own or each.order.status not in OPEN_STATES:
            continue
        elif each.status == "requested":
            yield _task(each, N_("Evaluate the risk of a lot out of specification"), "desk.supply")
        elif each.status == "evaluated" and each.findings != findings_of(session, each.lot):
            yield _task(each, N_("Evaluate the risk anew: something of the lot changed"), "desk.supply")


def to_tell(session: Session, desk: Desk) -> Iterator[Task]:  # noqa: ARG001 (one shape for all finders)
    """Return the accepted supplies of which the sponsor was not told: due at once, and until it is recorded."""
    title = N_("Tell the sponsor of a lot supplied out of specification")
    for each in without_notice(session, "sponsor"):
        yield _task(each, title, "orders.record_notice")


def to_accept(session: Session, desk: Desk) -> Iterator[Task]:
    """Return the evaluations that this treating physician reads, and the acceptances that count no longer.

    Those of orders that are over stay too: who gave such a bag is told of what is learnt of its lot later.
    """
    supplies = all_under_way(session)
    treating = treating_physicians(session, [each.order.participant for each in supplies])
    for each in supplies:
        if treating.get(each.order.participant_id) != desk.actor.username:
            continue
        if _counts_no_more(session, each):
            yield _changed(each)
        elif _is_evaluated(session, each):
            yield _task(each, N_("Read QA's evaluation, and accept or withdraw"), "desk.supply")


def _is_evaluated(session: Session, each: OosSupply) -> bool:
    """Whether an evaluation waits for its physician: of an open order, and about what is known now."""
    is_waiting = each.status == "evaluated" and each.order.status in OPEN_STATES
    return is_waiting and each.findings == findings_of(session, each.lot)


def _counts_no_more(session: Session, supply: OosSupply) -> bool:
    is_standing = supply.lot.status == "quarantine" and does_count(facts_of(session, supply))
    return supply.status == "accepted" and not is_standing


def _changed(each: OosSupply) -> Task:
    return _task(
        each, N_("A supply out of specification counts no longer: something of the lot changed"), "desk.supply"
    )


def _task(each: OosSupply, title: str, endpoint: str) -> Task:
    since = each.accepted_at or each.evaluated_at or each.requested_at
    return Task(title, f"oos_supply:{each.number}", endpoint, {"number": each.number}, since, is_urgent=True)
