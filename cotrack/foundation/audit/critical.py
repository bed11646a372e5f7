"""Which records a reviewer reads first: overridden, keyed, printed again, undone, refused; changes of roles."""

from typing import Final

from sqlalchemy import ColumnElement, and_, or_

from cotrack.foundation.audit.models import AuditRecord

CRITICAL_EVENTS: Final = (
    "person.add",
    "person.grant",
    "person.revoke",
    "person.reset",
    "person.disable",
    "person.lock_out",
    "hold.place",
    "hold.recall",
    "hold.lift",
    "label_instance.void",
    "label_instance.fail",
    "lot.reject",
    "lot.record_source",
    "lot.decide_expiry",
    "step.correct",
    "step.take_over",
    "line_clearance.withdraw",
    "line_clearance.resume",
    "result.enter",
    "result.invalidate",
    "result_entry.withdraw",
    "file_mapping.approve",
    "file_mapping.withdraw",
    "investigation.find_error",
    "investigation.confirm",
    "investigation.refute",
    "lot.release_conditionally",
    "unit.return",
    "unit.waste",
    "unit.destroy",
    "unit.stop_early",
    "order.accept_lot",
    "oos_supply.request",
    "oos_supply.evaluate",
    "oos_supply.accept",
    "oos_supply.decline",
    "oos_supply.withdraw",
    "oos_supply.void",
    "order.cancel",
    "order.deallocate",
    "participant.withdraw",
    "band.remove",
    "schema.migrate",
    "system.restore",
    "trail_finding.find",
)
"""Events that are critical whatever came of them (EU GMP Annex 11 draft 12.8: review of the audit trail)."""

REPRINT: Final = "label_instance.request"
"""A label asked for with a reason replaces an older one."""


def is_critical(event: str, outcome: str, reason: str) -> bool:
    """Whether a reviewer reads a record first."""
    return outcome != "done" or event in CRITICAL_EVENTS or (event == REPRINT and bool(reason))


def critical_records() -> ColumnElement[bool]:
    """Return the same decision as a condition on the table of records."""
    is_reprint = and_(AuditRecord.event == REPRINT, ~AuditRecord.body.contains('"reason":""'))
    return or_(AuditRecord.outcome != "done", AuditRecord.event.in_(CRITICAL_EVENTS), is_reprint)
