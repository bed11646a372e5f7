"""Labels of all units of a lot printed anew in one job: for a changed expiry, or a roll that printed badly."""

from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling.models import PrintJob
from cotrack.labelling.service import instances, print_jobs
from cotrack.manufacture.rules import against_relabelling
from cotrack.manufacture.service import filling
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.manufacture.service.units import unit_facts


def print_anew(ground: Ground, actor: Actor, lot_number: str, *, kind: str, reason: str, key: str) -> PrintJob:
    """Ask for a new label of every bag of a lot that lies in the cold, and put them together in one job.

    A bag that is on a ward keeps its label: it is not taken from the hands of those who give it. One that is handed
    over at this moment stops the request, which is sent again.
    Each older label is superseded at once. `key` names the request: sent again it asks for nothing a second time, and
    one that was broken off goes on. Raises what asking for a label raises.
    """
    with ground.sessions.reading() as session:
        made = print_jobs.job_of_request(session, actor, key)
        if made is not None:
            return made
        units = _units(session, lot_number, kind)
        waiting = {unit: _waiting(session, unit, kind) for unit in units}

    def ask(unit: str) -> int:
        with unit_of_work(ground, actor) as work:
            return filling.request_label(work, unit, kind=kind, reason=reason, is_with_its_lot=True).id

    asked = [waiting[unit] or ask(unit) for unit in units]
    with unit_of_work(ground, actor) as work:
        return print_jobs.request_job(work, asked, request_key=key)


def _units(session: Session, lot_number: str, kind: str) -> list[str]:
    facts = unit_facts(session, lot_numbered(session, lot_number).id)
    return [each.number for each in facts if not against_relabelling(each.number, each.status) and kind in each.labels]


def _waiting(session: Session, unit: str, kind: str) -> int | None:
    label = instances.live_label(session, f"unit:{unit}", kind)
    return label.id if label is not None and label.status == "intended" else None
