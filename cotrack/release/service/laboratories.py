"""Laboratories and how each spells its files: proposed by an analyst, approved by QA, version after version."""

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked, InvalidInput, NotFound
from cotrack.foundation.state_machine import Action
from cotrack.foundation.tables import sha256_of
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import FILE_MAPPING
from cotrack.release.models import FileMapping, Laboratory
from cotrack.release.rules.mappings import against_mapping, against_own_approval
from cotrack.release.rules.spelling import Spelling, as_text, from_text, signing_lines
from cotrack.release.service.mapped_files import tried
from cotrack.study import service as study
from cotrack.study.rules.definition import ReleaseTest

EVENT: Final = "laboratory.register"
REGISTER: Final = Action(
    "register",
    N_("Register laboratory"),
    frozenset(),
    None,
    FILE_MAPPING["propose"].permission,
    N_("A laboratory that sends its results in a file of its own form is known here by a code."),
)
"""What the page says of a registration. A laboratory has no status: its mappings have one."""
_CODE: Final = re.compile(r"[A-Z][A-Z0-9-]{1,19}")


def register(work: Work, *, code: str, name_en: str, name_zh: str) -> Laboratory:
    """Register a laboratory under a code; raises InvalidInput for a code that is none, or taken."""
    work.record(EVENT, f"laboratory:{code}", permission=REGISTER.permission)
    if not _CODE.fullmatch(code):
        raise InvalidInput(fields={"code": [N_("Two to twenty capitals, digits and hyphens, such as EXT-QC.")]})
    if work.session.scalar(select(Laboratory.id).where(Laboratory.code == code)) is not None:
        raise InvalidInput(fields={"code": [N_("This code is taken.")]})
    row = Laboratory(
        code=code, name_en=name_en, name_zh=name_zh, registered_at=work.now, registered_by_id=work.person_id
    )
    work.add(row)
    return row


def propose(
    work: Work, code: str, *, spelling: Spelling, remark: str = "", sample: tuple[str, bytes] | None = None
) -> FileMapping:
    """Propose the next version of a laboratory's mapping; `sample` is the file on which it was tried (name, bytes).

    Raises Blocked with everything in it that would be read in two ways, in none, or as another value.
    """
    work.begin(FILE_MAPPING, "propose", "", subject=f"laboratory:{code}")
    # The laboratory is locked for itself: of two proposals at once the second gets the next number.
    laboratory = work.lock(Laboratory, code)
    work.refuse_if(against_mapping(spelling, specified_tests(work)))
    newest = select(func.max(FileMapping.number)).where(FileMapping.laboratory_id == laboratory.id)
    trial = tried(work, spelling, sample[1]) if sample else None
    row = FileMapping(
        laboratory_id=laboratory.id,
        number=(work.session.scalar(newest) or 0) + 1,
        text=as_text(spelling),
        remark=remark,
        sample_name=sample[0] if sample else "",
        sample_sha256=sha256_of(sample[1]) if sample else "",
        sample_rows=trial.rows if trial else None,
        sample_faults=len(trial.faults) if trial else None,
        proposed_at=work.now,
        proposed_by_id=work.person_id,
        status="proposed",
    )
    work.add(row)
    return row


def approve(work: Work, code: str, number: int) -> FileMapping:
    """Approve a version as QA, who signs all that it says: files are read by it from now on (Annex 11, 4.8).

    Raises Blocked for one's own proposal, for a version behind the approved one, and for what no longer fits.
    """
    work.begin(FILE_MAPPING, "approve", "", subject=f"laboratory:{code}")
    laboratory, row = _locked(work, code, number)
    work.expect(row, "approve")
    spelling, before = from_text(row.text), _approved(work.session, laboratory.id)
    work.refuse_if(
        [
            *against_own_approval(row.proposed_by_id, work.actor.person_id),
            *_against_going_back(row, before),
            *against_mapping(spelling, specified_tests(work)),
        ]
    )
    signature = work.sign(FILE_MAPPING["approve"].meaning, approval_text(laboratory, row, spelling))
    if before is not None:
        work.move(before, "supersede")
        work.session.flush()
    work.move(row, "approve")
    row.approval_signature, row.approved_by_id = signature, work.person_id
    return row


def _against_going_back(row: FileMapping, before: FileMapping | None) -> list[Blocker]:
    if before is None or row.number > before.number:
        return []
    words = N_("Version {number} is approved already and is newer: propose this one again.")
    return [Blocker("newer_approved", words, {"number": before.number})]


def withdraw(work: Work, code: str, number: int, *, reason: str) -> FileMapping:
    """Withdraw a version as QA: no file is read by it any more; those that were keep naming it."""
    work.begin(FILE_MAPPING, "withdraw", "", reason=reason, subject=f"laboratory:{code}")
    _, row = _locked(work, code, number)
    work.move(row, "withdraw")
    return row


def specified_tests(work: Work) -> Sequence[ReleaseTest]:
    """Return the tests of the specification that counts today; none where no study is in effect."""
    try:
        row = study.in_effect_on(work.session, work.today)
    except Blocked:
        return ()
    return tuple(study.definition_of(row).tests.values())


def approval_text(laboratory: Laboratory, row: FileMapping, spelling: Spelling) -> str:
    """Return what QA signs: the laboratory, the version, and line by line all that it says."""
    head = f"Mapping {row.number} of laboratory / 实验室文件映射第 {row.number} 版 {laboratory.code}"
    named = f"{laboratory.name_en} / {laboratory.name_zh}"
    statement = "Files of this laboratory are read as follows. / 该实验室的文件按以下约定读取。"
    return "\n".join((head, named, statement, *signing_lines(spelling)))


def _locked(work: Work, code: str, number: int) -> tuple[Laboratory, FileMapping]:
    """Lock a laboratory, then one version of its mapping."""
    laboratory = work.lock(Laboratory, code)
    statement = select(FileMapping).where(FileMapping.laboratory_id == laboratory.id, FileMapping.number == number)
    row = work.session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such mapping.")
    return laboratory, row


def _approved(session: Session, laboratory_id: int) -> FileMapping | None:
    statement = select(FileMapping).where(FileMapping.laboratory_id == laboratory_id, FileMapping.status == "approved")
    return session.scalar(statement.with_for_update())


_SHOWN: Final = (
    joinedload(FileMapping.laboratory),
    joinedload(FileMapping.proposed_by),
    joinedload(FileMapping.approval_signature),
)


def laboratories(session: Session) -> Sequence[Laboratory]:
    """Return every laboratory by its code."""
    return session.scalars(select(Laboratory).order_by(Laboratory.code)).all()


def listed_laboratories() -> Select[Laboratory]:
    """Return how laboratories are found, for a list that is paged by key."""
    return select(Laboratory)


def laboratory_coded(session: Session, code: str) -> Laboratory:
    """Return a laboratory; raises NotFound."""
    row = session.scalar(select(Laboratory).where(Laboratory.code == code))
    if row is None:
        raise NotFound("There is no such laboratory.")
    return row


def mappings_of(session: Session, code: str) -> Sequence[FileMapping]:
    """Return every version of a laboratory's mapping, newest first; raises NotFound for the laboratory."""
    laboratory = laboratory_coded(session, code)
    statement = select(FileMapping).options(*_SHOWN).where(FileMapping.laboratory_id == laboratory.id)
    return session.scalars(statement.order_by(FileMapping.number.desc())).all()


def mapping_numbered(session: Session, code: str, number: int) -> FileMapping:
    """Return one version of a laboratory's mapping; raises NotFound."""
    found = next((each for each in mappings_of(session, code) if each.number == number), None)
    if found is None:
        raise NotFound("There is no such mapping.")
    return found


def proposed_mappings(session: Session) -> Sequence[FileMapping]:
    """Return the versions that wait for QA, oldest first."""
    statement = select(FileMapping).options(*_SHOWN).where(FileMapping.status == "proposed")
    return session.scalars(statement.order_by(FileMapping.id)).all()


def laboratory_lines(session: Session) -> list[tuple[Laboratory, int | None, int | None]]:
    """Return every laboratory with the number of its approved version, and of the newest that waits for QA."""
    statement = select(FileMapping.laboratory_id, FileMapping.status, func.max(FileMapping.number)).group_by(
        FileMapping.laboratory_id, FileMapping.status
    )
    newest = {(laboratory_id, status): number for laboratory_id, status, number in session.execute(statement)}
    return [
        (each, newest.get((each.id, "approved")), newest.get((each.id, "proposed"))) for each in laboratories(session)
    ]


def laboratory_page(session: Session, code: str) -> dict[str, Any]:
    """Return what the page of a laboratory shows: every version of its mapping with what it says."""
    versions = mappings_of(session, code)
    return {
        "laboratory": laboratory_coded(session, code),
        "versions": [(each, from_text(each.text)) for each in versions],
        "approved": next((each for each in versions if each.status == "approved"), None),
    }


def mapping_facts(session: Session, code: str, number: int) -> list[tuple[str, str]]:
    """Return what the pages of a version's acts say first."""
    row = mapping_numbered(session, code, number)
    return [
        (N_("Laboratory"), f"{row.laboratory.code} · {row.laboratory.name_zh} {row.laboratory.name_en}"),
        (N_("Version"), str(row.number)),
        (N_("Proposed by"), row.proposed_by.printed_name),
    ]
