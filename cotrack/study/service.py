"""Loading study definitions, letting them be signed, and finding the one in effect."""

import hashlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
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
from cotrack.study.rules.file_table import Fault
from cotrack.study.rules.reading import SEPARATOR, parsed, read_definition

T = TypeVar("T")
MOST_FILE_BYTES = 1_000_000


def read_study_file(path: Path) -> str:
    """Return the text of a study file, with the file whose gaps it fills before it; raises InvalidInput."""
    text = _text_of(path)
    filled = _name_of_filled(text)
    if not filled:
        return text
    base = path.parent / filled
    if "/" in filled or not base.is_file():
        raise InvalidInput("{path} fills {base}, which does not lie beside it.", path=path, base=filled)
    return _text_of(base) + SEPARATOR + text


def _text_of(path: Path) -> str:
    """Return a file's text in Unicode's composed form, as it is kept and signed, whatever editor wrote it."""
    try:
        with path.open("rb") as source:
            content = source.read(MOST_FILE_BYTES + 1)
    except (OSError, ValueError) as fault:
        words = getattr(fault, "strerror", None) or fault
        raise InvalidInput("{path} cannot be read: {fault}.", path=path, fault=words) from None
    if len(content) > MOST_FILE_BYTES:
        raise InvalidInput("{path} is no study file: it is larger than {most} bytes.", path=path, most=MOST_FILE_BYTES)
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as fault:
        raise InvalidInput("{path} is no text in UTF-8: see byte {place}.", path=path, place=fault.start + 1) from None


def _name_of_filled(text: str) -> str:
    """Return the name of the file whose gaps this one fills; empty where it says none, or is no TOML at all."""
    name = parsed(text, []).get("fills")
    return name if isinstance(name, str) else ""


def check_study(text: str) -> tuple[Definition | None, list[Fault]]:
    """Return what a study text says, or every fault of it, each with its key."""
    return read_definition(text)


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
    definition, faults = read_definition(text)
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
    other = work.session.scalar(
        select(StudyDefinition.code).where(StudyDefinition.status == "in_effect", StudyDefinition.code != row.code)
    )
    if other is not None:
        blockers.append(
            Blocker(
                "other_study_in_effect",
                "Study {code} is in effect here: this installation serves one study.",
                {"code": other},
            )
        )
    return blockers


def _take_effect_if_signed(work: Work, row: StudyDefinition) -> None:
    if row.quality_signature is None or row.investigator_signature is None:
        return
    in_effect = work.session.scalar(
        select(StudyDefinition)
        .where(StudyDefinition.code == row.code, StudyDefinition.status == "in_effect")
        .with_for_update()
    )
    if in_effect is not None:
        work.move(in_effect, "supersede")
        work.session.flush()
    work.move(row, "take_effect")
    row.effective_at = work.now


def in_effect(session: Session, code: str | None = None) -> StudyDefinition:
    """Return the version in effect, of the one study or of the study named; raises Blocked where none is."""
    statement = select(StudyDefinition).where(StudyDefinition.status == "in_effect")
    if code is not None:
        statement = statement.where(StudyDefinition.code == code)
    rows = session.scalars(statement.order_by(StudyDefinition.id)).all()
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
