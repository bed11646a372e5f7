"""What can be done with a thing now: from its lifecycle, the person's rights, and what stands against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cotrack.foundation.acting import Actor
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.state_machine import Lifecycle
from cotrack.foundation.words import N_

ENDPOINTS: Final = {
    "deviation.assess": "manufacture.assess_deviation",
    "deviation.close": "quality.close",
    "investigation.report": "investigation.report_investigation",
    "investigation.find_error": "investigation.find_error",
    "investigation.go_on": "investigation.go_on",
    "investigation.plan": "investigation.plan_retests",
    "investigation.approve_plan": "investigation.approve_plan",
    "investigation.confirm": "investigation.confirm_result",
    "investigation.refute": "investigation.refute_result",
    "donor.approve": "manufacture.approve_source",
    "donor.reject": "manufacture.reject_source",
    "cell_bank.approve": "manufacture.approve_source",
    "cell_bank.reject": "manufacture.reject_source",
    "material.approve": "manufacture.approve_source",
    "material.reject": "manufacture.reject_source",
    "equipment.calibrate": "process.calibrate_equipment",
    "equipment.take_out": "process.take_equipment_out",
    "equipment.bring_back": "process.bring_equipment_back",
    "lot.finish": "manufacture.finish_lot",
    "lot.close": "manufacture.close_lot",
    "lot.release": "release.show_release",
    "lot.release_conditionally": "release.show_release",
    "lot.reject": "release.show_release",
    "lot.decide_expiry": "expiry.decide_expiry",
    "lot.record_source": "manufacture.record_source",
    "unit.store": "custody.store_unit",
    "unit.destroy": "manufacture.destroy_unit",
    "unit.send": "filling.send_sample",
    "unit.archive": "filling.archive_sample",
    "unit.use_up": "filling.use_up_sample",
    "unit.issue": "bags.issue",
    "unit.return": "bags.return_unit",
    "unit.waste": "bags.waste_unit",
    "unit.finish_thaw": "bags.finish_thaw",
    "unit.wash": "bags.record_wash",
    "participant.answer": "participants.answer_criteria",
    "participant.enrol": "participants.enrol",
    "participant.withdraw": "participants.withdraw",
    "order.allocate": "orders.allocate",
    "order.deallocate": "orders.deallocate",
    "order.cancel": "orders.cancel",
    "oos_supply.evaluate": "orders.evaluate_supply",
    "oos_supply.decline": "orders.decline_supply",
    "oos_supply.accept": "orders.accept_supply",
    "oos_supply.notify": "orders.record_notice",
    "oos_supply.withdraw": "orders.withdraw_supply",
    "oos_supply.void": "orders.void_supply",
}
"""Where each action of a lifecycle has its page; those without one are offered by the thing they follow from."""


Look = Literal["main", "other", "danger"]
"""How a button looks: what is usually done next, what may be done too, what takes something away."""


@dataclass(frozen=True)
class Offer:
    """One button: its words, where it leads, what stands against it now; `note` names what it is about."""

    title: str
    endpoint: str
    arguments: Mapping[str, Any]
    blockers: Sequence[Blocker] = ()
    look: Look = "other"
    note: str = ""


@dataclass(frozen=True)
class Extra:
    """An act that is offered beside the lifecycle: printing a label, holding, measuring."""

    title: str
    endpoint: str
    permission: str
    states: frozenset[str] = field(default_factory=frozenset)
    look: Look = "other"


def offers(
    lifecycle: Lifecycle,
    key: str,
    status: str,
    actor: Actor,
    *,
    extras: Sequence[Extra] = (),
    against: Mapping[str, Sequence[Blocker]] | None = None,
) -> list[Offer]:
    """Return the buttons of a thing's page: none that role or state would refuse, each with what blocks it."""
    found: dict[str, Offer] = {}
    for action in lifecycle.available(status, actor.permissions):
        endpoint = ENDPOINTS.get(lifecycle.event(action.name))
        if endpoint is not None and endpoint not in found:
            blockers = (against or {}).get(action.name, ())
            title = N_("Decide about the lot") if endpoint == "release.show_release" else action.title
            # What asks for a reason takes something away: it never looks like the usual next step.
            look: Look = "danger" if action.needs_reason else "main"
            found[endpoint] = Offer(title, endpoint, {"number": key}, blockers, look)
    for extra in extras:
        if extra.permission in actor.permissions and (not extra.states or status in extra.states):
            found[extra.endpoint] = Offer(extra.title, extra.endpoint, {"number": key}, look=extra.look)
    return list(found.values())
