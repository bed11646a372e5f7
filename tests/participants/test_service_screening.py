"""Screening files through the service: each verdict, each fault by line and column, and nothing half stored."""

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.clinic import candidate, file_of, looked, newest_record, records, refusal
from support.stages import COLUMNS, HER, HIM
from support.worlds import World

from cotrack.foundation.tables import sha256_of
from cotrack.participants.models import Observation, Participant, ParticipantIdentity
from cotrack.participants.service import screening
from cotrack.participants.service.knowledge import known_values, participant_numbered

HEAD = COLUMNS.encode()


def stored_rows(world: World) -> int:
    tables = (Participant, Observation, ParticipantIdentity)
    return sum(world.read(lambda s, t=table: s.scalar(select(func.count()).select_from(t))) for table in tables)


def test_each_of_the_six_example_persons_gets_the_expected_verdict(world: World, examples: Path) -> None:
    content = (examples / "screening.csv").read_bytes()
    expected = {row["subject_number"]: row["expected"] for row in csv.DictReader(content.decode().splitlines())}
    preview = looked(world, content)
    assert {each.subject_number: each.verdict.sentence("en") for each in preview.new} == expected
    assert len(expected) == 6


def moved(row: Mapping[str, str], days: int) -> dict[str, str]:
    """Rename a person and move all their dates; a month without a day stands for its last day."""

    def later(text: str) -> str:
        return (date.fromisoformat(text) + timedelta(days=days)).isoformat()

    dates = {name: later(text) for name, text in row.items() if text and name.endswith(("_on", "birth_date"))}
    cns = row["cns_metastases"].replace("2026-03;", f"{later('2026-03-31')};")
    return {**row, **dates, "cns_metastases": cns, "subject_number": row["subject_number"].replace("IFN", "X")}


@pytest.mark.parametrize("days", [-197, 61, 730])
def test_the_verdicts_stay_when_every_date_moves_and_the_subjects_are_renamed(
    world: World, examples: Path, days: int
) -> None:
    world.clock.pass_by(days=max(days, 0))
    rows = list(csv.DictReader((examples / "screening.csv").read_text("utf-8").splitlines()))
    preview = looked(world, file_of(*(moved(row, days) for row in rows), columns=tuple(rows[0])))
    assert [each.verdict.sentence("en") for each in preview.new] == [row["expected"] for row in rows]


def test_a_preview_stores_and_records_nothing(world: World) -> None:
    before = records(world), stored_rows(world)
    assert [each.subject_number for each in looked(world, file_of(candidate(world))).new] == [HER]
    assert (records(world), stored_rows(world)) == before


def test_what_is_stored_is_what_the_file_says_and_no_birth_date_stands_among_it(world: World) -> None:
    world.journey.screened(file_of(candidate(world, cns_metastases="irradiated 2026-03; no symptoms; no steroids")))
    participant = world.read(lambda session: participant_numbered(session, HER))
    known = world.read(lambda session: known_values(session, participant.id))
    assert (participant.status, participant.screened_on) == ("screening", world.journey.today())
    assert known["weight_kg"] == "61.5"
    assert known["cns_irradiated_on"] == "2026-03-31"
    assert "birth_date" not in known
    assert "1970-01-01" not in newest_record(world)


FAULTS = [
    ({"subject_number": "王 1"}, "Line 2, column subject_number: “王 1” is no subject number such as IFN-001."),
    (
        {"subject_number": "I" * 21},
        f"Line 2, column subject_number: “{'I' * 21}” is no subject number such as IFN-001.",
    ),
    ({"screened_on": "23.11.2026"}, "Line 2, column screened_on: “23.11.2026” is no date such as 2026-11-22."),
    ({"screened_on": "2026-11-24"}, "Line 2, column screened_on: 2026-11-24 lies in the future."),
    ({"birth_date": "2026-W10-1"}, "Line 2, column birth_date: “2026-W10-1” is no date such as 2026-11-22."),
    ({"birth_date": "2027-01-01"}, "Line 2, column birth_date: 2027-01-01 is after the day of screening."),
    (
        {"birth_date": "2026-11-23", "screened_on": "2026-11-22", "organ_function_on": "", "consent_signed_on": ""},
        "Line 2, column birth_date: 2026-11-23 is after the day of screening.",
    ),
    (
        {"organ_function_on": "2026-02-30"},
        "Line 2, column organ_function_on: “2026-02-30” is no date such as 2026-11-22.",
    ),
    (
        {"organ_function_on": "2026-11-24"},
        "Line 2, column organ_function_on: 2026-11-24 is after the day of screening.",
    ),
    ({"ecog": "one"}, "Line 2, column ecog: “one” is no number such as 61.5."),
    ({"ecog": "-1"}, "Line 2, column ecog: “-1” is no number such as 61.5."),
    ({"weight_kg": "NaN"}, "Line 2, column weight_kg: “NaN” is no number such as 61.5."),
    ({"weight_kg": "615"}, "Line 2, column weight_kg: “615” is no weight from 1 to 400 kg."),
    ({"weight_kg": "61.55"}, "Line 2, column weight_kg: “61.55” is no weight from 1 to 400 kg."),
    ({"sex": "female"}, "Line 2, column sex: “female” where F / M belongs."),
    ({"hiv": "none"}, "Line 2, column hiv: “none” where yes / no belongs."),
    ({"sex": ""}, "Line 2, column sex: fill this in, it decides which criteria are asked."),
    (
        {"childbearing_potential": ""},
        "Line 2, column childbearing_potential: fill this in, it decides which criteria are asked.",
    ),
    ({"cns_metastases": "treated"}, "Line 2, column cns_metastases: “treated” cannot be read."),
    ({"cns_metastases": "irradiated 9999-13"}, "Line 2, column cns_metastases: “irradiated 9999-13” cannot be read."),
    (
        {"cns_metastases": "irradiated 2026-12"},
        "Line 2, column cns_metastases: irradiated 2026-12 is after the day of screening.",
    ),
]


@pytest.mark.parametrize(("changed", "sentence"), FAULTS, ids=["-".join(found) for found, _ in FAULTS])
def test_a_wrong_value_is_named_by_line_and_column_and_the_whole_file_is_refused(
    world: World, changed: Mapping[str, str], sentence: str
) -> None:
    before = stored_rows(world)
    content = file_of(candidate(world, **changed), candidate(world, HIM))
    assert [each.sentence for each in looked(world, content).faults] == [sentence]
    refused = refusal(world, "li.c", lambda work: screening.screen(work, file_name="s.csv", content=content))
    assert [each.sentence for each in refused.reasons] == [sentence]
    assert stored_rows(world) == before
    assert sha256_of(content) in newest_record(world)


def test_a_month_of_irradiation_may_be_the_month_of_screening(world: World) -> None:
    assert looked(world, file_of(candidate(world, cns_metastases="irradiated 2026-11"))).faults == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (HEAD + "\n王".encode("gb18030"), "Line 2: the file is not UTF-8. Export it as “CSV UTF-8” and try again."),
        (HEAD + b"\n\0", "Line 2: the file is no text. Export it as “CSV UTF-8” and try again."),
        (b"", "The file is empty."),
        (HEAD, "The file has no rows."),
        (HEAD.replace(b",ecog,", b",") + b"\n1", "Line 1: the column “ecog” is missing."),
        (HEAD + b",shoe_size\n1", "Line 1: the column “shoe_size” is not known."),
        (HEAD + b",hiv\n1", "Line 1: the column “hiv” stands twice."),
        (HEAD + b"\nIFN-001,DEMO", "Line 2: 2 cells where 22 belong."),
        (
            HEAD + b'\n"IFN-001',
            "Line 2: a quotation mark is not closed, or a cell goes on without end. Export the file again.",
        ),
    ],
    ids=["encoding", "binary", "empty", "head alone", "missing", "unknown", "doubled", "short", "quote"],
)
def test_a_file_of_another_shape_is_refused_with_its_hash_in_the_trail(
    world: World, content: bytes, sentence: str
) -> None:
    refused = refusal(world, "li.c", lambda work: screening.screen(work, file_name="s.csv", content=content))
    assert [each.sentence for each in refused.reasons] == [sentence]
    assert sha256_of(content) in newest_record(world)
    known = records(world)
    assert [each.sentence for each in looked(world, content).faults] == [sentence]
    assert records(world) == known + 1
    assert sha256_of(content) in newest_record(world)
    assert stored_rows(world) == 0


def test_every_fault_of_a_file_is_told_at_once(world: World) -> None:
    content = file_of(candidate(world, ecog="x", hiv="?"), candidate(world, HIM, sex="?"))
    told = [each.sentence.split(":")[0] for each in looked(world, content).faults]
    assert told == ["Line 2, column ecog", "Line 2, column hiv", "Line 3, column sex"]


def test_a_subject_that_stands_twice_in_a_file_is_a_fault(world: World) -> None:
    (fault,) = looked(world, file_of(candidate(world), candidate(world))).faults
    assert fault.sentence == "Line 3: IFN-001 stands twice in this file."


def test_a_person_who_is_stored_already_is_skipped_and_the_new_one_stored(world: World) -> None:
    world.journey.screened(file_of(candidate(world)))
    preview = looked(world, file_of(candidate(world), candidate(world, HIM)))
    assert ([each.subject_number for each in preview.already_there], [each.subject_number for each in preview.new]) == (
        [HER],
        [HIM],
    )
    world.journey.screened(file_of(candidate(world), candidate(world, HIM)))
    assert world.read(lambda session: session.scalar(select(func.count()).select_from(Participant))) == 2


def test_a_file_with_nothing_new_is_refused(world: World) -> None:
    world.journey.screened(file_of(candidate(world)))
    content = file_of(candidate(world))
    refused = refusal(world, "li.c", lambda work: screening.screen(work, file_name="s.csv", content=content))
    assert refused.detail == "Every row of this file is stored already."


@pytest.mark.parametrize("changed", [{"ecog": "0"}, {"birth_date": "1970-01-02"}, {"screened_on": "2026-11-22"}])
def test_a_row_that_contradicts_what_is_stored_is_a_fault(world: World, changed: dict[str, str]) -> None:
    world.journey.screened(file_of(candidate(world)))
    others = {"organ_function_on": "2026-11-22", "consent_signed_on": "2026-11-22"}
    (fault,) = looked(world, file_of(candidate(world, **others, **changed))).faults
    assert fault.sentence == "Line 2: what is stored of IFN-001 is different."
