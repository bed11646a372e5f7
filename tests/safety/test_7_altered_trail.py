"""What must never happen, 7: the trail or a table is altered and nobody can name the place."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import event, func, select, text
from support.refusals import records
from support.stages import HER, LOT, at_the_bedside
from support.tampering import as_owner, by_hand, reseal, unguarded
from support.worlds import World, home_variables

from cotrack.cli import main
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.audit import sealing
from cotrack.foundation.audit.checkpoint import Checkpoint, VerifierKey, signed_note
from cotrack.foundation.audit.jobs import works
from cotrack.foundation.audit.models import AuditCheckpoint, AuditRecord
from cotrack.foundation.audit.sealing import TrailBroken, require_same_name, sign_checkpoint, verifier_key
from cotrack.foundation.audit.tree import leaf_hash
from cotrack.foundation.audit.verification.exported import Trusted
from cotrack.foundation.audit.verification.live import Question, verify_live
from cotrack.foundation.audit.witness import witnessed
from cotrack.foundation.findings.service import all_findings


def signed(world: World) -> str:
    return sign_checkpoint(world.runtime.ground, world.settings.witness_file)


def faults(world: World, **trusted: object) -> list[str]:
    held = Trusted(**trusted)  # type: ignore[arg-type]
    return list(verify_live(Question(world.runtime.ground, world.settings.witness_file, held)))


def sealed_bedside(world: World) -> str:
    """A trail with a history, signed twice on its way."""
    at_the_bedside(world)
    signed(world)
    world.journey.check(HER, f"{LOT}-001", "zhou.n")
    return signed(world)


def test_an_untouched_trail_has_no_fault(world: World) -> None:
    sealed_bedside(world)
    assert faults(world) == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE lot SET status = 'quarantine'", "lot:1 status: the trail says 'released', the table 'quarantine'"),
        ("UPDATE unit SET volume_ml = volume_ml * 2 WHERE id = 1", "unit:1 volume_ml"),
        ("DELETE FROM observation WHERE id = 3", "observation:3: the trail has it"),
        ("UPDATE person SET password_hash = 'x' WHERE id = 2", "person:2 password_hash"),
        (
            (
                "INSERT INTO hold (id, subject, reason, placed_at, placed_by_id, status, version) "
                "SELECT 99, 'lot:MSC26-0031', 'x', effective_at, 1, 'standing', 1 FROM study_definition"
            ),
            "hold:99: no record made it",
        ),
    ],
    ids=["status", "number", "missing row", "secret", "row without a record"],
)
def test_a_value_changed_behind_the_application_is_named(world: World, statement: str, *, named: str) -> None:
    sealed_bedside(world)
    by_hand(world, statement)
    found = faults(world)
    assert found[0].startswith(named), found
    assert len(found) == 1


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE audit_record SET body = replace(body, '2026', '2025') WHERE id = 30"], "record 30: was altered"),
        (["UPDATE audit_record SET actor = 'x' WHERE id = 30"], "record 30 actor"),
        (["UPDATE audit_record SET body = body || ' ' WHERE id = 30"], "record 30: was altered"),
        (
            ["DELETE FROM audit_leaf WHERE record_id = 30", "DELETE FROM audit_record WHERE id = 30"],
            "record 31: stands",
        ),
        (["DELETE FROM audit_record WHERE id = 30"], "record 30: was deleted"),
        (
            [
                "UPDATE audit_leaf SET id = 1000000 WHERE record_id = 30",
                "UPDATE audit_leaf SET id = 29 WHERE record_id = 31",
                "UPDATE audit_leaf SET id = 30 WHERE record_id = 30",
            ],
            "record 30: stands behind record 31",
        ),
    ],
    ids=[
        "a year",
        "a column beside the record",
        "a blank",
        "a whole record",
        "a record without its leaf",
        "two swapped",
    ],
)
def test_an_altered_record_is_named(world: World, statements: list[str], named: str) -> None:
    sealed_bedside(world)
    by_hand(world, *statements)
    found = faults(world)
    assert found[0].startswith(named), found[:5]


def test_characters_moved_from_one_field_to_the_next_are_named(world: World) -> None:
    sealed_bedside(world)
    with world.runtime.ground.sessions.engine.connect() as connection:
        record_id = connection.scalar(text('SELECT max(id) FROM audit_record WHERE body LIKE \'%"role":"nurse"%\''))
    by_hand(
        world,
        'UPDATE audit_record SET body = replace(replace(body, \'"role":"nurse"\', \'"role":"nurs"\'), '
        f'\'"station":"\', \'"station":"e\') WHERE id = {record_id}',
    )
    assert faults(world)[0] == f"record {record_id}: was altered"


def test_the_last_hundred_records_taken_out_with_their_checkpoints_are_missed(world: World) -> None:
    note = sealed_bedside(world)
    size = int(note.split("\n")[1])
    by_hand(
        world,
        f"DELETE FROM audit_checkpoint WHERE id > {size - 100}",
        f"CREATE TEMPORARY TABLE gone AS SELECT record_id FROM audit_leaf WHERE id >= {size - 100}",
        f"DELETE FROM audit_leaf WHERE id >= {size - 100}",
        "DELETE FROM audit_record WHERE id IN (SELECT record_id FROM gone)",
    )
    assert any(f"a checkpoint of {size} was signed" in fault for fault in faults(world))
    world.settings.witness_file.unlink()
    assert any(f"a checkpoint of {size} was signed" in fault for fault in faults(world, note=note))


def test_a_record_put_in_by_hand_is_named(world: World) -> None:
    sealed_bedside(world)
    with world.runtime.ground.sessions.engine.connect() as connection:
        newest = int(connection.scalar(text("SELECT max(id) FROM audit_record")) or 0)
    columns = "at, actor, role, event, subject, outcome, body"
    by_hand(
        world,
        f"INSERT INTO audit_record (id, {columns}) SELECT {newest + 1}, {columns} FROM audit_record WHERE id = 30",
    )
    with pytest.raises(TrailBroken, match=f"Record {newest + 1} was not written by this service"):
        signed(world)
    assert any(f"record {newest + 1}" in fault for fault in faults(world))


def forged(world: World) -> int:
    """Write a record as the service would, canonical and in its place of the tree, from the database alone."""
    with unguarded(world) as connection:
        row = connection.execute(text("SELECT * FROM audit_record WHERE id = 30")).mappings().one()
        is_server = connection.dialect.name == "postgresql"
        next_id = "nextval('audit_record_id_seq')" if is_server else "(SELECT max(id) + 1 FROM audit_record)"
        newest = int(connection.scalar(text(f"SELECT {next_id}")) or 0)
        body = row["body"].replace('"id":30,', f'"id":{newest},')
        assert body != row["body"]
        connection.execute(
            text(
                "INSERT INTO audit_record (id, at, actor, role, event, subject, outcome, body, seal) "
                "SELECT :id, at, actor, role, event, subject, outcome, :body, seal FROM audit_record WHERE id = 30"
            ),
            {"id": newest, "body": body},
        )
        size = int(connection.scalar(text("SELECT count(*) FROM audit_leaf")) or 0)
        connection.execute(
            text("INSERT INTO audit_leaf (id, record_id, hash) VALUES (:id, :record, :hash)"),
            {"id": size, "record": newest, "hash": leaf_hash(body.encode())},
        )
    return newest


def test_a_record_forged_to_the_letter_by_the_owner_of_the_database_is_named_and_never_signed(world: World) -> None:
    sealed_bedside(world)
    number = forged(world)
    assert f"record {number}: has no seal of this service: it was written by another hand" in faults(world)
    signing = works(world.runtime.ground, world.settings.witness_file)[1]
    with pytest.raises(TrailBroken, match=f"Record {number} was not written by this service"):
        signing.turn()
    findings = world.read(lambda session: [each.sentence for each in all_findings(session)])
    assert findings == [f"Record {number} was not written by this service: run `cotrack audit verify`."]


@pytest.mark.parametrize("number", [-5, 0, 1_000_000])
def test_a_record_put_in_by_hand_without_a_place_in_the_tree_is_named_before_anything_is_signed(
    world: World, number: int
) -> None:
    sealed_bedside(world)
    columns = "at, actor, role, event, subject, outcome, body, seal"
    by_hand(
        world, f"INSERT INTO audit_record (id, {columns}) SELECT {number}, {columns} FROM audit_record WHERE id = 30"
    )
    assert f"record {number}: is a copy of record 30" in faults(world)
    by_hand(world, f"UPDATE audit_record SET seal = 'hmac:0' WHERE id = {number}")
    assert f"record {number}: has no seal of this service: it was written by another hand" in faults(world)


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_record_of_this_service_that_never_got_its_place_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_bedside(world)
    monkeypatch.setattr(sealing, "LATE_IDS", 20)
    by_hand(world, "DELETE FROM audit_leaf WHERE record_id = 30")
    assert "record 30: was never sealed" in faults(world)


def test_the_newest_records_deleted_without_their_places_are_named_and_work_goes_on(world: World) -> None:
    sealed_bedside(world)
    newest = world.read(lambda session: session.scalar(select(func.max(AuditRecord.id))))
    by_hand(world, f"DELETE FROM audit_record WHERE id > {newest - 10}")
    variables = home_variables(world.home, world.settings.database_url)
    found = CliRunner(env=variables).invoke(main, ["audit", "verify"])
    assert found.exit_code == 1
    assert f"record {newest}: was deleted" in found.stderr
    world.journey.lot("MSC26-0099")


def test_a_signature_under_another_text_is_named(world: World) -> None:
    world.journey.released_lot(LOT)
    by_hand(world, "UPDATE signature SET text = text || '!' WHERE id = 1")
    assert "signature 1: does not stand under what was signed" in faults(world)


def test_paper_is_read_as_it_is_printed_and_a_mistyped_one_raises_no_alarm_on_any_page(
    world: World, tmp_path: Path
) -> None:
    note = sealed_bedside(world)
    origin, size, head, _, signature, _ = note.split("\n")
    mark, name, rest = signature.split(" ")
    paper = tmp_path / "paper"
    variables = home_variables(world.home, world.settings.database_url)

    def verified(*lines: str) -> Result:
        paper.write_text("\n".join(lines), encoding="utf-8")
        return CliRunner(env=variables).invoke(main, ["audit", "verify", "--quick", "--checkpoint", str(paper)])

    assert verified(origin, f" {size}", head, f"{mark} {name}", rest[:40], rest[40:]).exit_code == 0
    for mistyped in ((origin, size, head), (origin, size, head, f"{mark} {name} {rest[:-8]}AAAAAAA=")):
        found = verified(*mistyped)
        assert (found.exit_code, found.exception.__class__) == (1, SystemExit)
    assert world.read(all_findings) == []


def test_signed_paper_that_contradicts_the_trail_stands_on_every_page(world: World, tmp_path: Path) -> None:
    size = int(sealed_bedside(world).split("\n")[1])
    ground = world.runtime.ground
    key = verifier_key(ground)
    paper = tmp_path / "paper"
    paper.write_text(signed_note(Checkpoint(key.name, size, bytes(32)), key, ground.keys.trail.sign), encoding="utf-8")
    variables = home_variables(world.home, world.settings.database_url)
    found = CliRunner(env=variables).invoke(main, ["audit", "verify", "--quick", "--checkpoint", str(paper)])
    assert found.exit_code == 1
    sentences = [each.sentence for each in world.read(all_findings)]
    assert f"your checkpoint: another root was signed for the size {size}: the trail was rewritten" in sentences


def test_a_trail_under_another_name_than_its_heads_is_not_signed_and_not_served(world: World) -> None:
    sealed_bedside(world)
    ground = world.runtime.ground
    renamed = replace(ground, site=replace(ground.site, trail="other.example/trail"))
    world.journey.lot("MSC26-0099")
    with pytest.raises(TrailBroken, match=r"names the trail other\.example/trail"):
        sign_checkpoint(renamed, world.settings.witness_file)
    with pytest.raises(TrailBroken, match="put that name back"):
        require_same_name(renamed)
    require_same_name(ground)


@pytest.mark.parametrize(("username", "outcome"), [("shen.i", "done"), ("root.a", "refused")])
def test_whoever_takes_the_whole_trail_out_is_recorded_and_so_is_a_refusal(
    world: World, tmp_path: Path, username: str, outcome: str
) -> None:
    variables = {**home_variables(world.home, world.settings.database_url), "COTRACK_PASSWORD": PASSWORD}
    words = ["--as", username, "audit", "export", str(tmp_path / "export")]
    assert CliRunner(env=variables).invoke(main, words).exit_code == (outcome != "done")
    (record,) = records(world, event="trail.export")
    assert (record["actor"], record["outcome"]) == (username, outcome)
    assert (tmp_path / "export").exists() is (outcome == "done")


def test_a_head_that_is_signed_while_the_trail_is_verified_raises_no_alarm(world: World) -> None:
    sealed_bedside(world)
    signed_before = witnessed(world.settings.witness_file)
    meanwhile: list[str] = []

    def go_on(connection: object, cursor: object, statement: str, *_: object) -> None:
        if "FROM audit_checkpoint" in statement and not meanwhile:
            meanwhile.append("a check and its head")
            world.journey.check(HER, f"{LOT}-001", "zhou.n")
            meanwhile.append(signed(world))

    event.listen(world.runtime.ground.sessions.engine, "after_cursor_execute", go_on)
    assert faults(world) == []
    assert witnessed(world.settings.witness_file) == [*signed_before, meanwhile[1]]


def test_a_missing_or_spoiled_file_of_signed_heads_is_named(world: World) -> None:
    sealed_bedside(world)
    file = world.settings.witness_file
    kept = file.read_bytes()
    first, newest = world.read(lambda session: session.scalars(select(AuditCheckpoint.id)).all())
    file.write_text(witnessed(file)[1] + "\n", encoding="utf-8")
    assert faults(world) == [f"{file.name}: lacks the signed head of size {first}"]
    assert first < newest
    file.write_bytes(kept[:-20])
    assert any("holds something else than signed heads" in fault for fault in faults(world))
    file.write_bytes(b"nothing\n")
    assert any("holds something else than signed heads" in fault for fault in faults(world))
    file.unlink()
    assert faults(world) == [
        f"{file.name}: is missing, and heads were signed: put back the copy that is kept elsewhere"
    ]


def test_a_head_that_a_crash_kept_from_the_file_outside_is_written_there_by_the_next_signing(world: World) -> None:
    sealed_bedside(world)
    file = world.settings.witness_file
    before = witnessed(file)
    file.write_text("".join(f"{note}\n" for note in before[:-1]), encoding="utf-8")
    signed(world)
    assert witnessed(file) == before
    signed(world)
    assert witnessed(file) == before


def test_a_head_that_a_crash_kept_from_the_file_outside_is_written_there_before_the_next_one(world: World) -> None:
    sealed_bedside(world)
    file = world.settings.witness_file
    before = witnessed(file)
    file.write_text("".join(f"{note}\n" for note in before[:-1]), encoding="utf-8")
    world.journey.check(HER, f"{LOT}-001", "zhou.n")
    newest = signed(world)
    assert witnessed(file) == [*before, newest]
    assert faults(world) == []


def test_an_older_back_up_put_back_is_named(world: World) -> None:
    at_the_bedside(world)
    signed(world)
    engine = world.runtime.ground.sessions.engine
    with engine.connect() as connection:
        old = int(connection.scalar(text("SELECT max(id) FROM audit_leaf")) or 0)
    world.journey.check(HER, f"{LOT}-001", "zhou.n")
    signed(world)
    by_hand(
        world,
        f"DELETE FROM audit_checkpoint WHERE id > {old + 1}",
        f"CREATE TEMPORARY TABLE gone AS SELECT record_id FROM audit_leaf WHERE id > {old}",
        f"DELETE FROM audit_leaf WHERE id > {old}",
        "DELETE FROM audit_record WHERE id IN (SELECT record_id FROM gone)",
        "DELETE FROM identity_check WHERE id = (SELECT max(id) FROM identity_check)",
    )
    found = faults(world)
    assert len(found) == 1
    assert "or an older back-up was put back" in found[0]


def rewritten(world: World, key: Ed25519PrivateKey) -> None:
    """Change one old record, seal all anew, and sign every head again with this key."""
    with unguarded(world) as connection:
        connection.execute(text("UPDATE audit_record SET body = replace(body, 'zhao.l', 'zhao.m') WHERE id = 40"))
        roots = reseal(connection)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        vkey = VerifierKey(world.runtime.ground.site.trail, public)
        for (size,) in connection.execute(text("SELECT id FROM audit_checkpoint")).all():
            note = signed_note(Checkpoint(vkey.name, size, roots[size]), vkey, key.sign)
            said = {"note": note, "size": size}
            connection.execute(text("UPDATE audit_checkpoint SET note = :note WHERE id = :size"), said)


def test_a_trail_rewritten_and_signed_by_another_key_is_named(world: World) -> None:
    sealed_bedside(world)
    world.settings.witness_file.unlink()
    rewritten(world, Ed25519PrivateKey.generate())
    assert "the checkpoint was signed by another key" in faults(world)[0]


def test_a_trail_rewritten_and_signed_with_the_stolen_key_contradicts_the_file_and_the_paper(world: World) -> None:
    note = sealed_bedside(world)
    rewritten(world, world.runtime.ground.keys.trail)
    assert any("the trail was rewritten" in fault for fault in faults(world))
    world.settings.witness_file.unlink()
    assert any("the trail was rewritten" in fault for fault in faults(world, note=note))


DROPS = {
    "sqlite": [
        ("DROP TRIGGER audit_record_no_update", "audit_record: the trigger that refuses update is gone"),
        ("DROP INDEX uq_allocation_unit", "allocation: the index uq_allocation_unit is gone"),
        (
            "CREATE INDEX uq_allocation_unit ON allocation (id)",
            "allocation: the index uq_allocation_unit was changed",
        ),
    ],
    "postgresql": [
        (
            "DROP TRIGGER audit_record_no_update ON audit_record",
            "audit_record: the trigger that refuses update is gone",
        ),
        ("ALTER TABLE lot DISABLE TRIGGER lot_no_delete", "lot: the trigger that refuses delete is switched off"),
        (
            "ALTER TABLE infusion DROP CONSTRAINT ck_infusion_two_people",
            "infusion: the constraint ck_infusion_two_people is gone",
        ),
        ("ALTER TABLE unit DISABLE TRIGGER ALL", "unit: its foreign keys are switched off"),
        ("DROP INDEX uq_allocation_unit", "allocation: the index uq_allocation_unit is gone"),
        (
            "CREATE INDEX uq_allocation_unit ON allocation (id)",
            "allocation: the index uq_allocation_unit was changed",
        ),
        (
            (
                "ALTER TABLE infusion DROP CONSTRAINT uq_infusion_unit_id,"
                " ADD CONSTRAINT uq_infusion_unit_id UNIQUE (unit_id, id)"
            ),
            "infusion: the constraint uq_infusion_unit_id was changed",
        ),
        (
            "CREATE OR REPLACE FUNCTION cotrack_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
            "audit_record: the trigger that refuses delete was changed",
        ),
    ],
}


def test_a_guard_taken_off_is_named(world: World) -> None:
    at_the_bedside(world)
    engine = world.runtime.ground.sessions.engine
    for statement, named in DROPS[engine.dialect.name]:
        with as_owner(world) as connection:
            connection.exec_driver_sql(statement)
        assert named in faults(world), statement


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_database_session_in_another_time_zone_raises_no_alarm(world: World) -> None:
    sealed_bedside(world)
    engine = world.runtime.ground.sessions.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone = 'America/St_Johns'")
    engine.dispose()
    assert faults(world) == []


def test_the_command_line_names_the_place_exits_1_and_every_page_says_it_until_somebody_acknowledges(
    world: World,
) -> None:
    sealed_bedside(world)
    variables = home_variables(world.home, world.settings.database_url)
    assert CliRunner(env=variables).invoke(main, ["audit", "verify"]).exit_code == 0
    by_hand(world, f"UPDATE participant SET arm = 'other' WHERE subject_number = '{HER}'")
    found = CliRunner(env=variables).invoke(main, ["audit", "verify"])
    assert found.exit_code == 1
    assert "participant:1 arm: the trail says 'monotherapy', the table 'other'" in found.stderr
