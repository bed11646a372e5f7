"""The page of a lot."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import Extra, offers
from cotrack.desk.service.thing_page import name_of
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.labelling.service.instances import labels_of
from cotrack.labelling.service.keeping import documents_of
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.closing import against_closing
from cotrack.manufacture.service.deviations import deviations_under
from cotrack.manufacture.service.filling_page import clearance_lines
from cotrack.manufacture.service.inputs import holds_ever_over, holds_over, input_lines
from cotrack.manufacture.service.lots import against_finish_now, label_fates, lot_numbered
from cotrack.manufacture.service.reconciliation import accounts_of
from cotrack.manufacture.service.rolls import rolls_of
from cotrack.manufacture.service.step_page import in_short
from cotrack.orders.rules import against_lot
from cotrack.orders.service.acceptance import stops_of
from cotrack.orders.service.supplied import failed_names, supplies_of
from cotrack.quality.rules import against_held
from cotrack.quality.service.alerts import alerts_of
from cotrack.release.service.conditional import end_of
from cotrack.release.service.decided import dispositions_of, expiry_decisions_of
from cotrack.release.service.expiry_decisions import against_deciding_now
from cotrack.release.service.investigated import investigation_lines
from cotrack.release.service.relabelling import old_labels_of_lot
from cotrack.release.service.results import files_of
from cotrack.study.service import definition_of

LABELLED: Final = ("quarantine", "conditionally_released", "released")
"""In these states a lot's bags have their labels, and may get new ones all at once."""

LOT_EXTRAS: Final = (
    Extra(N_("Fill and label bags"), "filling.show", "unit:fill", frozenset({"in_process"}), look="main"),
    Extra(N_("Print the batch record sheet"), "product_labels.request_batch_sheet", "label:print_batch_sheet"),
    Extra(N_("Print labels anew"), "manufacture.print_anew", "label:print_bag", frozenset(LABELLED)),
    Extra(N_("Use in lot"), "manufacture.use_in_lot", "source:use", frozenset({"in_process"})),
    Extra(N_("Enter result by hand"), "release.enter_result", "result:enter"),
    Extra(N_("Review results"), "release.review_results", "result:review"),
    Extra(N_("Hold"), "manufacture.hold_lot", "hold:place"),
    Extra(N_("Recall"), "manufacture.recall_lot", "hold:recall", look="danger"),
    Extra(N_("Open deviation"), "manufacture.open_deviation", "deviation:open"),
)


def lot_page(ground: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a lot."""
    lot = lot_numbered(session, number)
    holds = holds_over(session, [f"lot:{number}"])
    fates, rolls = label_fates(session, lot), rolls_of(session, lot.id, ground.site)
    against = _against(session, lot, actor)
    if LOT.fits("close", lot.status):
        against["close"] = against_closing(session, lot, fates, rolls)
    now, until = ground.sessions.clock(), end_of(session, lot)
    against_giving = against_lot(number, lot.status, over=stops_of(session, lot, now))
    standing = [*against_held(holds), *(against_giving if lot.status != "in_process" else [])]
    return {
        "lot": lot,
        "definition": definition_of(lot.study_definition),
        "offers": offers(LOT, number, lot.status, actor, extras=LOT_EXTRAS, against=against),
        "standing": standing,
        "holds": holds_ever_over(session, lot),
        "held": holds,
        "steps": in_short(session, lot),
        "inputs": input_lines(session, lot.id),
        "labels": labels_of(session, f"lot:{number}"),
        "clearances": clearance_lines(session, lot.id),
        "rolls": rolls,
        "accounts": accounts_of(fates),
        "deviations": deviations_under(session, lot),
        "investigations": investigation_lines(session, lot),
        "supplies": [(each, failed_names(each)) for each in supplies_of(session, lot_id=lot.id)],
        "alerts": alerts_of(session, f"lot:{number}"),
        "dispositions": dispositions_of(session, lot.id),
        "expiry_decisions": expiry_decisions_of(session, lot.id),
        "old_labels": old_labels_of_lot(session, lot, now),
        "documents": documents_of(session, f"lot:{number}", readable_by=actor.permissions),
        "made_by": name_of(session, lot.made_by_id),
        "timeline": records_of(session, [f"lot:{number}", *(f"file:{each}" for each in files_of(session, lot.id))]),
        "conditional_until": until,
        "now": now,
    }


def _against(session: Session, lot: Lot, actor: Actor) -> dict[str, list[Blocker]]:
    """Return what keeps a lot from an act that its state allows, but for closing it."""
    against: dict[str, list[Blocker]] = {}
    if LOT.fits("finish", lot.status):
        against["finish"] = against_finish_now(session, lot)
    if "lot:decide_expiry" in actor.permissions and LOT.fits("decide_expiry", lot.status):
        against["decide_expiry"] = against_deciding_now(session, lot, actor)
    return against
