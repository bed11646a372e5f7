"""What the page of a check shows: the verdict with every reason, and what two matches allow."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.rules.advice import advice
from cotrack.bedside.rules.checks import against_check, against_pair
from cotrack.bedside.service import check_facts, checks
from cotrack.bedside.service.facts import against_set_aside, bag_facts, place_of
from cotrack.bedside.service.supplied import supplied_names
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker, read_blockers
from cotrack.foundation.errors import NotFound
from cotrack.foundation.work import Work
from cotrack.orders.models import Acceptance
from cotrack.orders.service.acceptance import newest_acceptance
from cotrack.orders.service.supplied import under_way
from cotrack.release.service.conditional import end_of


def verdict(ground: Ground, actor: Actor, check_id: int, *, order_number: str = "") -> Mapping[str, Any]:
    """Return a verdict with every reason, what to do now, and what two matches allow.

    `order_number` is the order at whose page the scans were made: where they name no bag, it is scanned again there.
    """
    with ground.sessions.reading() as session:
        check = checks.check_numbered(session, check_id)
        if check is None:
            raise NotFound("There is no such check.")
        work = Work(ground, session, actor)
        reasons = read_blockers(check.blockers) or _no_longer(work, check)
        bag = bag_facts(work, check.unit.number) if check.unit is not None else None
        # The quick check does not ask for the endotoxin; the step that follows does, and no verdict says go before it.
        reasons = reasons or (against_set_aside(work, bag) if bag is not None else [])
        pair = _pair(work, check) if not reasons else None
        acceptance = _acceptance(session, check)
        conditional_until = end_of(session, check.unit.lot) if acceptance and check.unit else None
        supplied = supplied_names(session, bag, None)
        supply = under_way(session, check.order_id) if check.order_id is not None else None
    todo, call = advice(reasons[0].code) if reasons else ("", "")
    return {
        "check": check,
        "is_match": not reasons,
        "reasons": reasons,
        "todo": todo,
        "phone": ground.site.phone.get(call, ""),
        "call": call,
        "pair": pair,
        "until": bag.expires_at if bag is not None and bag.thaw_started_at is not None else None,
        "to_give": bag.order.volume_to_give_ml if bag is not None and bag.order is not None else None,
        "order_number": check.order.number if check.order is not None else order_number,
        "acceptance": acceptance,
        "conditional_until": conditional_until,
        "supplied": supplied,
        "supply": supply,
        "now": ground.sessions.clock(),
        "is_mine": check.person_id == actor.person_id,
    }


def _no_longer(work: Work, check: IdentityCheck) -> list[Blocker]:
    """Return why a match that was made does not stand any more."""
    place = place_of(work, work.actor.station)
    return against_check(check_facts.checks(work.session, [check.id])[check.id], check.kind, place)


def _pair(work: Work, check: IdentityCheck) -> tuple[int, int] | None:
    """Return the two checks that allow the next step, if this one completes them: by the same rules as the step."""
    if check.unit_id is None:
        return None
    standing = checks.open_matches(work.session, check.kind, check.unit_id, work.now)
    earlier = [each for each in standing if each.id < check.id and each.person_id != check.person_id]
    if not earlier:
        return None
    pair = check_facts.checks(work.session, [earlier[-1].id, check.id])
    first, second = pair[earlier[-1].id], pair[check.id]
    is_refused = against_pair(first, second, check.kind, place_of(work, work.actor.station))
    return None if is_refused else (first.check_id, second.check_id)


def _acceptance(session: Session, check: IdentityCheck) -> Acceptance | None:
    """Return who accepted the bag's conditional lot for its order: both nurses read it before they go on (E06)."""
    if check.unit is None or check.order_id is None or check.unit.lot.status != "conditionally_released":
        return None
    return newest_acceptance(session, check.order_id, check.unit.lot_id)
