"""Importing a screening file: each person gets a subject number, what is known of them, and a verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from cotrack.foundation import tables, written
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import Blocked, InvalidInput
from cotrack.foundation.tables import Row
from cotrack.foundation.unit_of_work import record_refusal
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import PARTICIPANT
from cotrack.participants.models import Observation, Participant
from cotrack.participants.rules import (
    choices,
    cns_fields,
    deciding_fields,
    fact_value,
    facts_of,
    field_types,
    is_weight,
)
from cotrack.participants.service.identity import first_identity, read_identity
from cotrack.participants.service.knowledge import known_values
from cotrack.study import service as study
from cotrack.study.models import StudyDefinition
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.eligibility import Verdict, judge

SUBJECT_NUMBER_LENGTH = 20
COLUMNS = (
    "subject_number",
    "site",
    "screened_on",
    "birth_date",
    "sex",
    "histology",
    "prior_lines",
    "measurable_lesions",
    "last_treatment_on",
    "ecog",
    "organ_function_on",
    "consent_signed_on",
    "weight_kg",
    "childbearing_potential",
    "pregnancy_test_on",
    "pregnancy_test",
    "contraception_agreed",
    "autoimmune_disease",
    "cns_metastases",
    "corticosteroid_mg_per_day",
    "hiv",
    "other_cancer_on",
)
OPTIONAL_COLUMNS = ("expected",)
ABOUT_THE_ROW = frozenset({"subject_number", "site", "screened_on", "birth_date", "cns_metastases", "expected"})
"""Columns that become no observation as they stand."""

_NO_SUCH = {
    "day": N_("Line {line}, column {column}: “{value}” is no date such as 2026-11-22."),
    "number": N_("Line {line}, column {column}: “{value}” is no number such as 61.5."),
}


@dataclass(frozen=True)
class ReadPerson:
    """One row of a screening file that was understood."""

    subject_number: str
    site_code: str
    screened_on: date
    birth_date: date
    values: dict[str, str]
    verdict: Verdict
    expected: str


@dataclass(frozen=True)
class ScreeningPreview:
    """What storing a screening file would do."""

    file_name: str
    sha256: str
    new: tuple[ReadPerson, ...]
    already_there: tuple[ReadPerson, ...]
    faults: tuple[Blocker, ...]


def preview(work: Work, *, file_name: str, content: bytes) -> ScreeningPreview:
    """Read a screening file against what is stored; nothing is written."""
    definition_row = study.in_effect_on(work.session, work.today)
    definition = study.definition_of(definition_row)
    rows, faults = tables.read_table(tables.decoded(content), COLUMNS, OPTIONAL_COLUMNS)
    read: list[ReadPerson] = []
    for row in rows if not faults else ():
        person, row_faults = _read_row(work, row, definition)
        faults = [*faults, *row_faults]
        if person is None:
            continue
        if any(person.subject_number == each.subject_number for each in read):
            faults = [*faults, row.fault("subject_number", "Line {line}: {value} stands twice in this file.")]
        read.append(person)
    new, already_there, more = _against_stored(work, rows, read)
    faults = [*faults, *more]
    if faults:
        return ScreeningPreview(file_name, tables.sha256_of(content), (), (), tuple(faults))
    return ScreeningPreview(file_name, tables.sha256_of(content), tuple(new), tuple(already_there), ())


def look(ground: Ground, actor: Actor, *, file_name: str, content: bytes) -> ScreeningPreview:
    """Preview a file for a person. A file at fault is refused here, and the trail keeps its hash."""
    with ground.sessions.reading() as session:
        work = Work(ground, session, actor)
        _begin(work, content)
        try:
            looked = preview(work, file_name=file_name, content=content)
        except (InvalidInput, Blocked) as fault:
            looked = ScreeningPreview(file_name, tables.sha256_of(content), (), (), tuple(fault.reasons))
    if looked.faults:
        record_refusal(ground, work, InvalidInput(blockers=looked.faults))
    return looked


def _begin(work: Work, content: bytes) -> str:
    """State the import. The trail knows the file by its hash alone: clinics name files after people."""
    sha256 = tables.sha256_of(content)
    work.record(PARTICIPANT.event("screen"), f"file:{sha256}", permission=PARTICIPANT["screen"].permission)
    work.details["file_sha256"] = sha256
    return sha256


def screen(work: Work, *, file_name: str, content: bytes) -> list[Participant]:
    """Store a screening file, whole or not at all."""
    sha256 = _begin(work, content)
    looked = preview(work, file_name=file_name, content=content)
    if looked.faults:
        raise InvalidInput("Nothing of this file was stored.", blockers=looked.faults)
    if not looked.new:
        raise InvalidInput("Every row of this file is stored already.")
    definition_row = study.in_effect_on(work.session, work.today)
    return [_store(work, person, definition_row, sha256) for person in looked.new]


def _store(work: Work, person: ReadPerson, definition_row: StudyDefinition, sha256: str) -> Participant:
    participant = Participant(
        subject_number=person.subject_number,
        site_code=person.site_code,
        study_definition_id=definition_row.id,
        screened_on=person.screened_on,
        screening_file_sha256=sha256,
        status="screening",
    )
    work.add(participant)
    work.session.add_all(
        [
            Observation(
                participant_id=participant.id,
                field=name,
                value=value,
                observed_on=person.screened_on,
                source="screening",
                recorded_at=work.now,
                recorded_by_id=work.person_id,
            )
            for name, value in person.values.items()
        ]
    )
    first_identity(work, participant, person.birth_date)
    return participant


def _read_row(work: Work, row: Row, definition: Definition) -> tuple[ReadPerson | None, list[Blocker]]:
    faults = [*_identity_faults(work, row), *_cns_faults(row), *_value_faults(row, definition)]
    cns = cns_fields(row["cns_metastases"]) if row["cns_metastases"] else {}
    screened_on, birth_date = written.day(row["screened_on"]), written.day(row["birth_date"])
    if faults or cns is None or screened_on is None or birth_date is None:
        return None, faults
    values = {name: value for name, value in row.cells.items() if value and name not in ABOUT_THE_ROW} | cns
    facts = {**facts_of(definition, values), "birth_date": birth_date}
    verdict = judge(definition, facts, on=screened_on, asks_first_dose=True)
    return ReadPerson(row["subject_number"], row["site"], screened_on, birth_date, values, verdict, row["expected"]), []


def _identity_faults(work: Work, row: Row) -> list[Blocker]:
    faults = []
    number = row["subject_number"]
    if not 0 < len(number) <= SUBJECT_NUMBER_LENGTH or not all(
        each.isascii() and (each.isalnum() or each == "-") for each in number
    ):
        faults.append(
            row.fault(
                "subject_number",
                "Line {line}, column {column}: “{value}” is no subject number such as IFN-001.",
            )
        )
    today = work.today
    days = ("screened_on", "birth_date")
    faults += [row.fault(name, _NO_SUCH["day"]) for name in days if written.day(row[name]) is None]
    screened_on = written.day(row["screened_on"])
    if screened_on is not None and screened_on > today:
        faults.append(row.fault("screened_on", "Line {line}, column {column}: {value} lies in the future."))
    return [*faults, *_late_faults(row, ["birth_date"])]


def _late_faults(row: Row, names: Iterable[str]) -> list[Blocker]:
    """Return a fault for each day that lies after the day of screening; both are written alike, year first."""
    screened_on = written.day(row["screened_on"])
    return [
        row.fault(name, "Line {line}, column {column}: {value} is after the day of screening.")
        for name in names
        if screened_on is not None and (found := written.day(row[name])) is not None and found > screened_on
    ]


def _cns_faults(row: Row) -> list[Blocker]:
    """A month without a day may be that of screening: its last day, as which it counts, is then still to come."""
    text = row["cns_metastases"]
    found = cns_fields(text) if text else {}
    if found is None:
        return [row.fault("cns_metastases", "Line {line}, column {column}: “{value}” cannot be read.")]
    irradiated_on = found.get("cns_irradiated_on", "")
    told = irradiated_on if irradiated_on in text else irradiated_on[:7]
    if told > row["screened_on"][: len(told)]:
        return [row.fault("cns_metastases", "Line {line}, column {column}: {value} is after the day of screening.")]
    return []


def _value_faults(row: Row, definition: Definition) -> list[Blocker]:
    types, allowed = field_types(definition), choices(definition)
    names = [name for name in row.cells if name not in ABOUT_THE_ROW]
    faults = _late_faults(row, [name for name in names if types.get(name) == "day"])
    for name in names:
        if not row[name]:
            faults += _left_out(row, name, definition)
        elif fact_value(types.get(name, "words"), row[name]) is None:
            faults.append(row.fault(name, _NO_SUCH[types[name]]))
        elif name == "weight_kg" and not is_weight(row[name]):
            faults.append(row.fault(name, "Line {line}, column {column}: “{value}” is no weight from 1 to 400 kg."))
        elif row[name] not in allowed.get(name, (row[name],)):
            words = " / ".join(allowed[name])
            faults.append(
                row.fault(name, "Line {line}, column {column}: “{value}” where {allowed} belongs.", allowed=words)
            )
    return faults


def _left_out(row: Row, name: str, definition: Definition) -> list[Blocker]:
    if name not in deciding_fields(definition):
        return []
    return [row.fault(name, "Line {line}, column {column}: fill this in, it decides which criteria are asked.")]


def _against_stored(
    work: Work, rows: Sequence[Row], read: Sequence[ReadPerson]
) -> tuple[list[ReadPerson], list[ReadPerson], list[Blocker]]:
    lines = {row["subject_number"]: row for row in rows}
    numbers = [each.subject_number for each in read]
    stored = {
        each.subject_number: each
        for each in work.session.scalars(select(Participant).where(Participant.subject_number.in_(numbers)))
    }
    new, already_there, faults = [], [], []
    for each in read:
        old = stored.get(each.subject_number)
        if old is None:
            new.append(each)
        elif _is_same(work, each, old):
            already_there.append(each)
        else:
            faults.append(
                lines[each.subject_number].fault(
                    "subject_number", "Line {line}: what is stored of {value} is different."
                )
            )
    return new, already_there, faults


def _is_same(work: Work, read: ReadPerson, old: Participant) -> bool:
    known = known_values(work.session, old.id, source="screening")
    birth_date = read_identity(work, old).get("birth_date")
    return known == read.values and birth_date == read.birth_date.isoformat() and old.screened_on == read.screened_on
