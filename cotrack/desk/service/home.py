"""What waits for a person: one finder for each kind of work, most urgent first."""

from datetime import timedelta

from sqlalchemy.orm import Session

from cotrack.desk.service import clinic_work as clinic
from cotrack.desk.service import expiry_work as expiry
from cotrack.desk.service import investigation_work as investigation
from cotrack.desk.service import label_work as label
from cotrack.desk.service import laboratory_work as laboratory
from cotrack.desk.service import office_work as office
from cotrack.desk.service import process_work as process
from cotrack.desk.service import product_work as product
from cotrack.desk.service import supply_work as supply
from cotrack.desk.service.held import mark_held
from cotrack.desk.service.tasks import Desk, Finder, Task
from cotrack.foundation.acting import Actor, Ground
from cotrack.study.models import StudyDefinition

MOST_TASKS = 200


def tasks_for(ground: Ground, session: Session, actor: Actor) -> list[Task]:
    """Return what waits for this person: what may be too late first, then what has waited longest."""
    desk = Desk(ground, actor, ground.sessions.clock())
    found = [
        task for permission, finder in FINDERS if permission in actor.permissions for task in finder(session, desk)
    ]
    far = desk.now + timedelta(days=36_500)
    first = sorted(found, key=lambda task: (not task.is_urgent, task.until or far, task.since or far))[:MOST_TASKS]
    return mark_held(session, first)


FINDERS: tuple[tuple[str, Finder], ...] = (
    ("station:test", office.scanner_to_test),
    ("metrics:read", office.stations_out_of_use),
    ("alert:acknowledge", product.alerts_to_read),
    ("unit:thaw", clinic.bags_running_out),
    ("infusion:complete", clinic.infusions_running),
    ("unit:receive", clinic.bags_to_receive),
    ("infusion:check", clinic.bags_to_check),
    ("participant:put_on_band", clinic.bands_to_put_on),
    ("participant:confirm_band", clinic.bands_to_confirm),
    ("unit:issue", clinic.bags_to_issue),
    ("order:allocate", clinic.orders_to_allocate),
    ("order:make", clinic.held_lots_of_participants),
    ("order:make", clinic.doses_to_order),
    ("order:accept_lot", clinic.lots_to_accept),
    ("oos_supply:accept", supply.to_accept),
    ("participant:enrol", clinic.people_to_answer),
    ("participant:screen", clinic.identities_to_record),
    ("oos_supply:evaluate", supply.to_tell),
    ("oos_supply:evaluate", supply.to_evaluate),
    ("trail:review", product.trails_to_review),
    ("lot:release", product.lots_to_decide),
    ("lot:release", product.documents_to_make),
    ("source:decide", product.sources_to_decide),
    ("hold:lift", product.holds_to_solve),
    ("investigation:report", investigation.to_report),
    ("investigation:decide", investigation.to_sign),
    ("deviation:act", product.actions_to_do),
    ("deviation:close", product.deviations_to_close),
    ("study:approve_quality", product.drafts(StudyDefinition.quality_signature_id)),
    ("study:approve_investigator", product.drafts(StudyDefinition.investigator_signature_id)),
    ("mapping:approve", laboratory.mappings_to_approve),
    ("result:import", laboratory.results_awaited),
    ("result:enter", product.results_to_type),
    ("result:invalidate", product.entries_that_fail),
    ("result:review", product.results_to_review),
    ("label:void", label.labels_in_doubt),
    ("label:void", label.prints_to_resolve),
    ("label:print", label.jobs_to_end),
    ("step:perform", process.steps_to_do),
    ("step:verify", process.steps_to_verify),
    ("equipment:keep", process.calibrations_due),
    ("line:clear", product.lines_to_check),
    ("unit:fill", product.lots_to_fill),
    ("sample:handle", product.samples_to_place),
    ("unit:store", product.bags_to_store),
    ("label:print_bag", expiry.labels_to_print_anew),
    ("unit:issue", expiry.lots_expiring),
    ("lot:release", expiry.lots_expiring),
    ("unit:destroy", expiry.lots_expired),
    ("person:reset", office.names_locked),
    ("person:add", office.people_without_an_own_password),
    ("trail:read", office.mismatches_to_look_at),
)
"""Each kind of work with the permission that it needs, in the order in which they are asked."""
