"""Loading study definitions, letting them be signed, and finding the one in effect."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from cotrack.foundation.access.models import Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked, InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import STUDY_DEFINITION
from cotrack.study.models import StudyDefinition
from cotrack.study.rules.definition import Definition, not_set
from cotrack.study.rules.effect import Signed, against_first_signature, due_in_order, is_due
from cotrack.study.rules.file_table import Fault
from cotrack.study.rules.reading import read_definition
from cotrack.study.rules.wording import against_wording
from cotrack.study.service import files

T = TypeVar("T")
read_study_file = files.read_study_file


def check_study(text: str) -> tuple[Definition | None, list[Fault]]:
    """Return what a study text says, or every fault of it, each with its key."""
    definition, faults = read_definition(text)
    against = against_wording(definition) if definition is not None else []
    return (None, against) if against else (definition, faults)


_read: dict[str, Definition] = {}
"""What the versions met so far say, by the hash of their text: a text that is stored never changes."""


def definition_of(row: StudyDefinition) -> Definition:
    """Return what a stored version says."""
    if row.sha256 not in _read:
        definition, faults = read_definition(row.text)
        if definition is None:
            raise ValueError(f"a stored study definition has faults: {faults[0]}")
        _read[row.sha256] = definition
    return _read[row.sha256]


def definition_hashed(session: Session, sha256: str) -> Definition:
    """Return what the version of this hash says; its text is loaded the first time only."""
    return _read.get(sha256) or definition_of(definition_with_hash(session, sha256))


def said(value: T | None, key: str) -> T:
    """Return a value of the study; raises Blocked where the sponsor has not set it, for nothing stands in its place."""
    if value is None:
        raise Blocked(blockers=[not_set(key)])
    return value


def load(work: Work, text: str) -> StudyDefinition:
    """Keep a study text as a draft. Faults are all named; a demonstration loads on a training site only.

    A form sends its lines with CR LF and may lose the last one's end: the text is kept as a file has it.
    """
    text = text.replace("\r\n", "\n").strip() + "\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    work.begin(STUDY_DEFINITION, "load", sha256)
    definition, faults = check_study(text)
    if definition is None:
        raise InvalidInput(
            blockers=[
                Blocker("study_fault", "{key}: {words}.", {"key": each.key, "words": each.words}) for each in faults
            ]
        )
    work.refuse_if(_against_loading(work, definition, sha256))
    row = StudyDefinition(
        code=definition.code,
        study_version=definition.version,
        text=text,
        sha256=sha256,
        is_demonstration=definition.is_demonstration,
        loaded_at=work.now,
        status="draft",
    )
    work.add(row)
    return row


def _against_loading(work: Work, definition: Definition, sha256: str) -> list[Blocker]:
    blockers = []
    if definition.is_demonstration and not work.ground.is_training:
        blockers.append(
            Blocker(
                "demonstration_only",
                "This study file is for demonstration only and loads on a training site only.",
            )
        )
    same = work.session.execute(
        select(StudyDefinition.sha256).where(
            StudyDefinition.code == definition.code, StudyDefinition.study_version == definition.version
        )
    ).scalar_one_or_none()
    if same is not None:
        words = (
            N_("Version {version} of study {code} is loaded already.")
            if same == sha256
            else N_("Another text was loaded as version {version} of study {code}: give the new text a new version.")
        )
        blockers.append(Blocker("version_taken", words, {"version": definition.version, "code": definition.code}))
    return blockers


def approve_as_quality(work: Work, sha256: str) -> StudyDefinition:
    """QA signs the very text of a draft; with the investigator's signature it takes effect."""
    row = work.take(StudyDefinition, "approve_quality", sha256)
    work.refuse_if(_against_approval(work, row, row.quality_signature))
    signature = work.sign("approved", row.text)
    row.quality_signature = signature
    _take_effect_if_signed(work, row)
    return row


def approve_as_investigator(work: Work, sha256: str) -> StudyDefinition:
    """The principal investigator signs the very text of a draft; with QA's signature it takes effect."""
    row = work.take(StudyDefinition, "approve_investigator", sha256)
    work.refuse_if(_against_approval(work, row, row.investigator_signature))
    signature = work.sign("approved", row.text)
    row.investigator_signature = signature
    _take_effect_if_signed(work, row)
    return row


def _against_approval(work: Work, row: StudyDefinition, given: Signature | None) -> list[Blocker]:
    """Return why this person's signature does not go under this version; `given` is the one of its kind, if any."""
    blockers = []
    signed = [each for each in (row.quality_signature, row.investigator_signature) if each is not None]
    if given is not None:
        blockers.append(Blocker("signed_already", "{name} has signed this already.", {"name": given.printed_name}))
    if any(each.person_id == work.actor.person_id for each in signed):
        blockers.append(
            Blocker(
                "same_person",
                "You have signed this version already: the other signature is another person's.",
            )
        )
    other = _other_study(work.session, row.code)
    if other is not None:
        blockers.append(
            Blocker(
                "other_study_in_effect",
                "Study {code} is in effect here, or waits for its day: this installation serves one study.",
                {"code": other},
            )
        )
    if not signed:
        blockers.extend(against_first_signature(definition_of(row).effective_on, work.today))
    return blockers


def _other_study(session: Session, code: str) -> str | None:
    """Return the code of another study that is in effect, or that both have signed and that waits for its day."""
    in_effect = select(StudyDefinition.code).where(StudyDefinition.status == "in_effect")
    codes = [*session.scalars(in_effect), *(each.code for each in waiting_for_their_day(session))]
    return next((each for each in codes if each != code), None)


def _take_effect_if_signed(work: Work, row: StudyDefinition) -> None:
    """Let a version take effect with its second signature, after every one whose day came before; else it waits."""
    if row.quality_signature is None or row.investigator_signature is None:
        return
    if is_due(definition_of(row).effective_on, work.today):
        for each in _due(work.session, work.today):
            if each is not row:
                _take_effect(work, each, "take_effect", _begin_of(each, work))
        _take_effect(work, row, "take_effect", work.now)


def waiting_for_their_day(session: Session) -> Sequence[StudyDefinition]:
    """Return the versions that both have signed and that have not taken effect yet."""
    signatures = (StudyDefinition.quality_signature_id, StudyDefinition.investigator_signature_id)
    signed = (each.is_not(None) for each in signatures)
    return session.scalars(select(StudyDefinition).where(StudyDefinition.status == "draft", *signed)).all()


def _due(session: Session, today: date) -> list[StudyDefinition]:
    """Return the signed versions whose day has come and whose status does not say so yet: the last one counts."""
    rows = {each.sha256: each for each in waiting_for_their_day(session)}
    waiting = [
        Signed(sha256, day, max(row.quality_signature_id or 0, row.investigator_signature_id or 0))
        for sha256, row in rows.items()
        if (day := definition_of(row).effective_on) is not None
    ]
    return [rows[each.sha256] for each in due_in_order(waiting, today)]


def days_awaited(session: Session) -> dict[str, date]:
    """Return the day for which each signed version waits, by its hash."""
    found = {each.sha256: definition_of(each).effective_on for each in waiting_for_their_day(session)}
    return {sha256: day for sha256, day in found.items() if day is not None}


def due_versions(session: Session, today: date) -> list[str]:
    """Return the hashes of the signed versions whose day has come, in the order in which they take effect."""
    return [each.sha256 for each in _due(session, today)]


def begin_on_its_day(work: Work, sha256: str) -> StudyDefinition:
    """Let the status of a signed version follow its day: it counted from the first moment of that day already."""
    row = work.take(StudyDefinition, "begin", sha256)
    if row not in _due(work.session, work.today):
        raise Blocked(blockers=[Blocker("not_its_day", "This version is not signed by both, or its day is to come.")])
    _take_effect(work, row, "begin", _begin_of(row, work))
    return row


def _begin_of(row: StudyDefinition, work: Work) -> datetime:
    """Return the first moment of the day on which a version takes effect."""
    day = said(definition_of(row).effective_on, "specification.effective_on")
    return datetime.combine(day, time.min, work.site.zone).astimezone(UTC)


def _take_effect(work: Work, row: StudyDefinition, action: str, at: datetime) -> None:
    in_effect = work.session.scalar(
        select(StudyDefinition)
        .where(StudyDefinition.code == row.code, StudyDefinition.status == "in_effect")
        .with_for_update()
    )
    if in_effect is not None:
        work.move(in_effect, "supersede")
        work.session.flush()
    work.move(row, action)
    row.effective_at = at
    work.session.flush()


def in_effect_on(session: Session, today: date) -> StudyDefinition:
    """Return the version that counts on this day of the site: what is made under the study is bound to it.

    A signed version whose day has come counts from that day's first moment, though its status follows a little later.
    """
    due = _due(session, today)
    return due[-1] if due else in_effect(session)


def in_effect(session: Session) -> StudyDefinition:
    """Return the version whose status is in effect, for looking at; raises Blocked where none is."""
    rows = session.scalars(select(StudyDefinition).where(StudyDefinition.status == "in_effect")).all()
    if not rows:
        raise Blocked(
            blockers=[
                Blocker(
                    "no_study_in_effect",
                    "No study definition is in effect: load one and let QA and the principal investigator sign it.",
                )
            ]
        )
    return rows[0]


def listed_definitions() -> Select[StudyDefinition]:
    """Return how every version is found, for a list that is paged by key."""
    return select(StudyDefinition).options(*_SIGNED)


def all_definitions(session: Session) -> Sequence[StudyDefinition]:
    """Return every version ever loaded, newest first."""
    return session.scalars(select(StudyDefinition).options(*_SIGNED).order_by(StudyDefinition.id.desc())).all()


def definition_with_hash(session: Session, sha256: str) -> StudyDefinition:
    """Return one version; raises NotFound."""
    row = session.scalar(select(StudyDefinition).options(*_SIGNED).where(StudyDefinition.sha256 == sha256))
    if row is None:
        raise NotFound("There is no such study definition.")
    return row


_SIGNED = (
    selectinload(StudyDefinition.quality_signature),
    selectinload(StudyDefinition.investigator_signature),
)
