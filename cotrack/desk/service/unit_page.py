"""The page of a unit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.bedside.rules.checks import against_its_lot, against_old_labels, against_wash
from cotrack.bedside.rules.facts import BagFacts
from cotrack.bedside.service.facts import against_set_aside, bag_facts
from cotrack.bedside.service.infusions import infusion_of
from cotrack.bedside.service.supplied import supplied_names
from cotrack.custody import service as custody
from cotrack.desk.service.acts import Extra, Offer, offers
from cotrack.desk.service.thing_page import name_of
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service.instances import labels_of
from cotrack.labelling.service.print_queue import files_with
from cotrack.lifecycles import UNIT
from cotrack.manufacture.models import Unit
from cotrack.manufacture.service.deviations import deviations_of_bag
from cotrack.manufacture.service.units import unit_numbered
from cotrack.orders.service.allocation import order_of_bag
from cotrack.quality.rules import against_held
from cotrack.quality.service.holds import holds_of

UNIT_EXTRAS: Final = (
    Extra(N_("Print a label"), "manufacture.request_label", "label:print_bag"),
    Extra(N_("Scan a label back"), "manufacture.scan_back", "label:print_bag"),
    Extra(N_("Hold"), "manufacture.hold_unit", "hold:place"),
    Extra(N_("Open deviation"), "manufacture.open_unit_deviation", "deviation:open"),
)


def unit_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a unit."""
    unit, thing = unit_numbered(session, number), f"unit:{number}"
    work = Work(ground, session, actor)
    facts = bag_facts(work, number)
    order_number = order_of_bag(session, number)
    infusion = infusion_of(session, unit.id)
    standing = _against_unit(work, unit, facts)
    against = {"store": custody.against_storing(work, unit, ground.site.places[0]), "issue": standing}
    against["wash"] = against_wash(facts) if facts else []
    return {
        "unit": unit,
        "offers": [
            *_unit_offers(unit, actor, order_number, standing),
            *_of_its_kind(unit, offers(UNIT, number, unit.status, actor, extras=UNIT_EXTRAS, against=against)),
        ],
        "standing": standing,
        "holds": holds_of(session, f"unit:{number}"),
        "deviations": deviations_of_bag(session, number),
        "held": facts.holds if facts else (),
        "labels": labels_of(session, f"unit:{number}"),
        "place": custody.place_of(session, unit.id),
        "handovers": [
            (each, name_of(session, each.given_by_id), name_of(session, each.taken_by_id))
            for each in custody.handovers_of(session, unit.id)
        ],
        "order_number": order_number,
        "infusion": infusion,
        "supplied": supplied_names(session, facts, infusion),
        "filled_by": name_of(session, unit.filled_by_id),
        "end_of_life": facts.expires_at if facts else None,
        "washed_at": facts.washed_at if facts else None,
        "timeline": records_of(session, [thing, *session.scalars(files_with(LabelInstance.subject == thing))]),
        "now": work.now,
    }


def _of_its_kind(unit: Unit, found: Sequence[Offer]) -> list[Offer]:
    """Return the buttons that belong to a unit of this kind: a bag goes to no laboratory, a sample into no store."""
    others = FOR_SAMPLES if unit.kind == "bag" else FOR_BAGS
    return [each for each in found if each.endpoint not in others]


FOR_SAMPLES: Final = frozenset({"filling.send_sample", "filling.archive_sample", "filling.use_up_sample"})
FOR_BAGS: Final = frozenset({"custody.store_unit"})


def _unit_offers(unit: Unit, actor: Actor, order_number: str, standing: Sequence[Blocker]) -> list[Offer]:
    """Return the steps at the ward, which begin with a scan or at the order.

    A hold stops what brings a bag nearer to a vein; a bag that is on its way is still received, to be kept somewhere.
    """
    steps = (
        Extra(N_("Receive on the ward"), "bags.receive", "unit:receive", frozenset({"issued"})),
        Extra(N_("Check before the thaw"), "bedside.check_before_thaw", "infusion:check", frozenset({"received"})),
        Extra(N_("Check at the bedside"), "bedside.question", "infusion:check", frozenset({"thawed"})),
    )
    arguments: dict[str, dict[str, str]] = {"bedside.check_before_thaw": {"number": order_number}}
    return [
        Offer(
            step.title,
            step.endpoint,
            arguments.get(step.endpoint, {}),
            () if step.endpoint == "bags.receive" else standing,
            look="main",
        )
        for step in steps
        if step.permission in actor.permissions and unit.status in step.states
    ]


def _against_unit(work: Work, unit: Unit, facts: BagFacts | None) -> list[Blocker]:
    if facts is None or unit.kind != "bag" or unit.status in {"completed", "stopped_early", "wasted", "destroyed"}:
        return []
    against = against_its_lot(facts)
    is_next_at_ward = unit.status in {"allocated", "received", "thawed"}
    against += [*against_held(facts.stops), *against_old_labels(facts)]
    return [*against, *(against_set_aside(work, facts) if is_next_at_ward else [])]
