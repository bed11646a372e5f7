"""Asking for a label, scanning it back on its thing, making it void: the life of a label instance."""

import json
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.labelling.gateways.templates import further_templates, label_template
from cotrack.labelling.models import LabelEntity, LabelInstance
from cotrack.labelling.rules.check_character import printed_check
from cotrack.labelling.rules.codes import ENTITY_LENGTH, LETTERS, MOST_INSTANCES
from cotrack.labelling.rules.kinds import KINDS, SCANNED_BACK
from cotrack.labelling.rules.reconciliation import paper_of_superseded
from cotrack.labelling.rules.standing import LabelFacts, against_label
from cotrack.labelling.service.foreign_scans import scan_record
from cotrack.labelling.service.print_jobs import counts_when_found
from cotrack.labelling.service.scanning import understand
from cotrack.labelling.service.self_tests import against_scans_here
from cotrack.lifecycles import LABEL_INSTANCE

LIVE_STATES = ("intended", "sending", "printed", "applied")
TRAINING_WORDS = "培训用 TRAINING · 不得用于人体 NOT FOR HUMAN USE"


def begin_request(work: Work, kind: str, subject: str, *, reason: str) -> None:
    """State that a label is asked for; the stage of the thing then locks it, so that no step slips between."""
    work.begin(LABEL_INSTANCE, "request", "", subject=subject, reason=reason)
    if kind not in KINDS:
        raise NotFound("There is no such label.")
    work.require(KINDS[kind].permission)


def request_label(
    work: Work,
    kind: str,
    subject: str,
    *,
    fields: Mapping[str, str],
    reason: str = "",
    against: Sequence[Blocker] = (),
    template: str = "",
) -> LabelInstance:
    """Ask for the label that was begun; an older one of the same kind is superseded from now, with a reason.

    `fields` is what the template prints, but for the number's check character, the small line and the training
    band, which belong to the instance. `against` is what the stage of the thing has to say against a label;
    `template` names one of the site's that stands beside the kind's own.
    """
    version = _version(work, kind, template)
    entity = _entity(work, subject)
    older, instance = _live(work, entity, kind), _next_instance(work, entity, kind)
    work.refuse_if([*against, *_against_request(work, older, instance, reason)])
    if older is not None:
        older.paper = paper_of_superseded(older.status)
        work.move(older, "supersede")
        work.session.flush()
    row = LabelInstance(
        entity_id=entity.id,
        kind=kind,
        subject=subject,
        instance=instance,
        fields=_fields(work, version, instance, fields),
        template_version=version,
        station=work.actor.station,
        printer=_printer(work),
        requested_by_id=work.person_id,
        requested_at=work.now,
        reason=reason,
        status="intended",
    )
    work.add(row)
    return row


def _version(work: Work, kind: str, template: str) -> str:
    """Return the version by which a label will be drawn; `template` is empty or names a further one of its kind."""
    if template not in ("", *further_templates(work.ground.labels_folder, kind)):
        raise InvalidInput(fields={"template": [N_("The site has no such template for this label.")]})
    return label_template(work.ground.labels_folder, kind, name=template).version


def _next_instance(work: Work, entity: LabelEntity, kind: str) -> int:
    same = (LabelInstance.entity_id == entity.id, LabelInstance.kind == kind)
    return int(work.session.scalar(select(func.max(LabelInstance.instance)).where(*same)) or 0) + 1


def _against_request(work: Work, older: LabelInstance | None, instance: int, reason: str) -> list[Blocker]:
    blockers = []
    if work.site.station(work.actor.station) is None:
        blockers.append(Blocker("station_unknown", "Labels are printed at a station: sign in at one."))
    if older is not None and not reason.strip():
        blockers.append(
            Blocker(
                "reason_missing",
                "There is a label already: say why another is printed. The older one dies then.",
            )
        )
    if instance > MOST_INSTANCES:
        blockers.append(Blocker("too_many_labels", "This thing had too many labels: ask QA."))
    return blockers


def _entity(work: Work, subject: str) -> LabelEntity:
    entity = work.session.scalar(select(LabelEntity).where(LabelEntity.subject == subject).with_for_update())
    if entity is None:
        name = "".join(secrets.choice(LETTERS) for _ in range(ENTITY_LENGTH))
        entity = LabelEntity(subject=subject, entity=name)
        work.add(entity)
    return entity


def _live(work: Work, entity: LabelEntity, kind: str) -> LabelInstance | None:
    return work.session.scalar(
        select(LabelInstance)
        .where(
            LabelInstance.entity_id == entity.id,
            LabelInstance.kind == kind,
            LabelInstance.status.in_(LIVE_STATES),
        )
        .with_for_update()
    )


def _fields(work: Work, version: str, instance: int, fields: Mapping[str, str]) -> str:
    parts = (
        version,
        f"n {instance}",
        site_words(work.now, work.site.zone),
        work.actor.username,
        work.actor.station,
    )
    whole = {
        **fields,
        "check": printed_check(fields["number"], instance),
        "small": " · ".join(part for part in parts if part),
        "training": TRAINING_WORDS if work.ground.is_training else "",
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True)


def _printer(work: Work) -> str:
    station = work.site.station(work.actor.station)
    return station.printer if station else ""


def scan_back(work: Work, subject: str, text: str, *, kind: str = "") -> LabelInstance:
    """Take a label as applied once it was scanned on its thing; another thing's label is refused.

    Who scans a label back is who prints that kind. `kind` names the one label that is asked for, where a page asks for
    one. A wristband is not scanned back: two people put it on. A label that is void only because nobody knew whether it
    was printed counts again, unless another one was asked for since. At a station whose scanner did not read the
    self-test sheet true nothing is scanned back.
    """
    work.begin(LABEL_INSTANCE, "apply", "", subject=subject)
    (scan,) = understand(work.ground, work.session, [text])
    work.details["scan"] = scan_record(work, text, scan)
    kinds = [each for each in SCANNED_BACK if kind in ("", each)]
    against = against_label(scan, kinds, needs_applied=False)
    is_void = [each.code for each in against] == ["label_void"]
    blockers = [*against_scans_here(work), *against]
    if (not against or is_void) and scan.subject != subject:
        blockers.append(Blocker("wrong_label", "This label belongs to another thing. Stop: take it off and ask QA."))
    work.refuse_if(blockers if not is_void or len(blockers) > 1 else [])
    if scan.label is not None:
        work.require(KINDS[scan.label.kind].permission)
    row = _by_scan(work, scan.subject, scan.label.kind if scan.label else "", scan.label.instance if scan.label else 0)
    if is_void:
        return _found(work, row, blockers)
    if row.status == "applied":
        work.refuse_if(
            [Blocker("already_applied", "This label was scanned back already: nothing is left to do with it.")]
        )
    work.expect(row, "apply")
    work.move(row, "apply")
    row.applied_at, row.applied_by_id = work.now, work.person_id
    return row


def scan_back_label(work: Work, label_id: int, *, code: str) -> LabelInstance:
    """Take this very kind of label of its thing as applied, once it was scanned there; raises NotFound."""
    label = work.session.get(LabelInstance, label_id)
    work.begin(LABEL_INSTANCE, "apply", "", subject=label.subject if label else f"label_instance:{label_id}")
    if label is None:
        raise NotFound("There is no such label.")
    work.require(seen_by(label))
    return scan_back(work, label.subject, code, kind=label.kind)


def _found(work: Work, row: LabelInstance, blockers: Sequence[Blocker]) -> LabelInstance:
    """Let a doubtful label count that was scanned on its thing: it came out after all."""
    work.begin(LABEL_INSTANCE, "find", "", subject=row.subject)
    work.refuse_if([] if counts_when_found(work.session, row) else blockers)
    work.move(row, "find")
    row.applied_at, row.applied_by_id, row.paper = work.now, work.person_id, None
    return row


def _by_scan(work: Work, subject: str, kind: str, instance: int) -> LabelInstance:
    return work.session.execute(
        select(LabelInstance)
        .where(LabelInstance.subject == subject, LabelInstance.kind == kind, LabelInstance.instance == instance)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def labels_of(session: Session, subject: str) -> Sequence[LabelInstance]:
    """Return every label instance of a thing, newest first."""
    statement = select(LabelInstance).where(LabelInstance.subject == subject).order_by(LabelInstance.id.desc())
    return session.scalars(statement).all()


def live_label(session: Session, subject: str, kind: str) -> LabelInstance | None:
    """Return the one label of this kind that counts for a thing now."""
    return session.scalar(
        select(LabelInstance).where(
            LabelInstance.subject == subject,
            LabelInstance.kind == kind,
            LabelInstance.status.in_(LIVE_STATES),
        )
    )


def live_labels(session: Session, subjects: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the status of each thing's live label of each kind, by one statement however many things there are."""
    statement = select(LabelInstance.subject, LabelInstance.kind, LabelInstance.status).where(
        LabelInstance.subject.in_(subjects), LabelInstance.status.in_(LIVE_STATES)
    )
    found: dict[str, dict[str, str]] = {}
    for subject, kind, status in session.execute(statement):
        found.setdefault(subject, {})[kind] = status
    return found


def unfinished_prints(session: Session) -> Sequence[LabelInstance]:
    """Return the labels that were asked for and never confirmed: somebody must say what became of them."""
    statement = (
        select(LabelInstance).where(LabelInstance.status.in_(("intended", "sending"))).order_by(LabelInstance.id)
    )
    return session.scalars(statement).all()


def label_numbered(session: Session, label_id: int) -> LabelInstance:
    """Return one label instance; raises NotFound."""
    row = session.get(LabelInstance, label_id)
    if row is None:
        raise NotFound("There is no such label.")
    return row


def seen_by(label: LabelInstance | LabelFacts) -> str:
    """Return the permission that a label is seen with: that of the thing it is for."""
    return KINDS[label.kind].reader
