"""One command, one transaction, one audit record: what is recorded, what is refused, and what is never lost."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError, PendingRollbackError
from support.worlds import World

from cotrack.custody.models import Handover
from cotrack.custody.service import hand_over
from cotrack.foundation.acting import Actor, Proof
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db.changes import append_row
from cotrack.foundation.errors import (
    Blocked,
    ChangedMeanwhile,
    NotFound,
    PermissionDenied,
    ReasonMissing,
    SignatureMissing,
    SignatureRefused,
    TransitionNotAllowed,
    UnrecordedChange,
)
from cotrack.foundation.unit_of_work import record_refusal, rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot, Unit
from cotrack.manufacture.service import closing, lots
from cotrack.release.service import dispositions
from cotrack.study.models import StudyDefinition

NUMBER = "MSC26-0031"


def hold(work: Work, reason: str) -> None:
    lots.hold_lot(work, NUMBER, action="place", reason=reason)


def last_record(world: World) -> dict[str, Any]:
    statement = select(AuditRecord.body).order_by(AuditRecord.id.desc()).limit(1)
    return json.loads(world.read(lambda session: session.scalar(statement)))


def count(world: World) -> int:
    return world.read(lambda session: len(session.scalars(select(AuditRecord.id)).all()))


def changes(record: dict[str, Any], table: str) -> dict[str, tuple[Any, Any]]:
    return {each["column"]: (each["old"], each["new"]) for each in record["changes"] if each["row"].startswith(table)}


def test_a_session_that_is_read_after_its_end_refuses_instead_of_taking_a_connection_nobody_gives_back(
    world: World,
) -> None:
    sessions = world.runtime.ground.sessions
    for opened in (sessions.reading(), sessions.writing(), sessions.outside_trail()):
        with opened as session:
            assert session.scalar(select(1)) == 1
        with pytest.raises(InvalidRequestError, match="closed"):
            session.scalar(select(1))


def test_a_unit_of_work_that_forgets_to_record_fails_and_stores_nothing(world: World) -> None:
    world.journey.lot(NUMBER)

    def forgetful(work: Work) -> None:
        lot = work.session.scalar(select(Lot).where(Lot.number == NUMBER))
        lot.made_on = date(2020, 1, 1)

    with pytest.raises(UnrecordedChange, match="lot:1"):
        world.do("zhao.l", forgetful)
    assert world.read(lambda session: session.scalar(select(Lot.made_on))) != date(2020, 1, 1)


def test_a_write_outside_a_flush_is_stopped(world: World) -> None:
    world.journey.lot(NUMBER)

    def behind(work: Work) -> None:
        work.record("lot.make", "lot:x", permission="lot:make")
        work.session.execute(update(Lot).values(status="released"))

    with pytest.raises(UnrecordedChange, match="outside a flush"):
        world.do("zhao.l", behind)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lot SET status = 'released'",
        "DELETE FROM lot",
        "  insert into lot (number) values ('x')",
        "WITH x AS (SELECT 1) UPDATE lot SET status = 'released'",
    ],
)
def test_a_write_in_plain_sql_is_stopped(world: World, statement: str) -> None:
    with pytest.raises(UnrecordedChange), world.runtime.ground.sessions.writing() as session:
        session.execute(text(statement))


def test_a_reading_session_refuses_to_write(world: World) -> None:
    world.journey.lot(NUMBER)
    with world.runtime.ground.sessions.reading() as session:
        session.scalar(select(Lot)).made_on = date(2020, 1, 1)
        with pytest.raises(UnrecordedChange, match="reading"):
            session.flush()


def test_a_session_keeps_one_connection_in_a_transaction_and_none_after_it_failed(world: World) -> None:
    world.journey.lot(NUMBER)
    with world.runtime.ground.sessions.writing() as session:
        first = session.connection()
        assert session.connection() is first
        session.scalar(select(Lot)).status = "no such state"
        with pytest.raises(IntegrityError):
            session.flush()
        with pytest.raises(PendingRollbackError):
            session.connection()
        session.rollback()
        assert session.connection() is not first
        assert session.scalar(select(Lot.status)) == "in_process"


def test_a_session_outside_the_trail_refuses_tables_of_the_trail(world: World) -> None:
    world.journey.lot(NUMBER)
    with (
        pytest.raises(UnrecordedChange, match="outside the trail"),
        world.runtime.ground.sessions.outside_trail() as session,
    ):
        session.scalar(select(Lot)).made_on = date(2020, 1, 1)


@pytest.mark.parametrize("purpose", ["reading", "outside_trail"])
def test_a_row_that_never_changes_is_appended_by_a_command_alone(world: World, purpose: str) -> None:
    row = {"unit_id": 1, "kind": "issue", "ward": "3A", "given_by_id": 1, "taken_by_id": 2}
    opened = getattr(world.runtime.ground.sessions, purpose)()
    with pytest.raises(UnrecordedChange, match="by no command"), opened as session:
        append_row(session, Handover, {**row, "handed_over_at": world.clock.now})


def test_nothing_of_the_trail_is_ever_deleted(world: World) -> None:
    world.journey.lot(NUMBER)

    def delete(work: Work) -> None:
        work.record("lot.make", "lot:x", permission="lot:make")
        work.session.delete(work.session.scalar(select(Lot)))

    with pytest.raises(UnrecordedChange, match="nothing is ever deleted"):
        world.do("zhao.l", delete)


def test_a_new_row_is_recorded_whole_with_id_version_and_exact_numbers(world: World) -> None:
    world.journey.lot(NUMBER)
    world.journey.unit(NUMBER, volume_ml="30.0", viable="5.360")
    made = changes(last_record(world), "unit")
    assert made["id"] == (None, 1)
    assert made["version"] == (None, 1)
    assert made["volume_ml"] == (None, "30.0")
    assert made["viable_million_per_ml"] == (None, "5.360")
    assert made["filled_at"] == (None, "2026-11-23T04:00:00.000000Z")
    assert made["lot_id"] == (None, 1)


def test_a_change_is_recorded_with_old_and_new_value_and_only_it(world: World) -> None:
    world.journey.lot(NUMBER)
    world.do("qian.m", lambda work: lots.hold_lot(work, NUMBER, action="place", reason="freezer alarm"))
    record = last_record(world)
    assert record["actor"] == "qian.m"
    assert record["role"] == "qa_reviewer"
    assert record["printed_name"] == "钱梅 QIAN Mei"
    assert record["reason"] == "freezer alarm"
    assert record["zone"] == "Asia/Shanghai"
    assert record["event"] == "hold.place"
    assert record["subject"] == f"lot:{NUMBER}"
    assert changes(record, "lot") == {}
    assert changes(record, "hold")["status"] == (None, "standing")


def test_a_foreign_key_set_through_a_relationship_is_recorded(world: World) -> None:
    signed = world.read(
        lambda session: session.scalars(
            select(AuditRecord.body).where(AuditRecord.event == "study_definition.approve_investigator")
        ).all()
    )
    assert changes(json.loads(signed[0]), "study_definition")["investigator_signature_id"] == (None, 2)


def test_a_secret_column_stands_in_the_trail_as_an_hmac_only(world: World) -> None:
    added = world.read(
        lambda session: session.scalars(select(AuditRecord.body).where(AuditRecord.event == "person.add")).all()
    )
    for body in added:
        old, new = changes(json.loads(body), "person:")["password_hash"]
        assert old is None
        assert new.startswith("hmac:")
        assert "argon2" not in body


def test_every_reason_of_a_refusal_is_recorded_and_nothing_else_is_stored(world: World) -> None:
    world.journey.lot(NUMBER)
    before = world.read(lambda session: session.scalars(select(Lot.status)).all())
    number = world.journey.unit(NUMBER)
    with pytest.raises(Blocked):
        world.do("zhao.l", lambda work: lots.finish_lot(work, NUMBER))
    record = last_record(world)
    assert record["outcome"] == "refused"
    assert record["changes"] == []
    assert [each["code"] for each in record["blockers"]] == ["label_incomplete", "label_incomplete", "line_not_left"]
    assert record["blockers"][1]["detail"] == f"{number}: not scanned back on it: tag."
    assert world.read(lambda session: session.scalars(select(Lot.status)).all()) == before


@pytest.mark.parametrize(
    ("username", "act", "error", "code"),
    [
        ("wang.l", lambda work: lots.finish_lot(work, NUMBER), PermissionDenied, "permission_denied"),
        ("zhao.l", lambda work: lots.finish_lot(work, "MSC26-9999"), NotFound, "not_found"),
        (
            "qian.m",
            lambda work: lots.hold_lot(work, NUMBER, action="place", reason=" "),
            ReasonMissing,
            "reason_missing",
        ),
        ("qian.m", lambda work: closing.close_lot(work, NUMBER), TransitionNotAllowed, "transition_not_allowed"),
        ("prof.han", lambda work: work.require("lot:make"), PermissionDenied, ""),
    ],
    ids=["permission", "unknown", "reason", "state", "before any intention"],
)
def test_every_kind_of_refusal_is_recorded_once_the_permission_check_was_reached(
    world: World, username: str, act: Any, *, error: type[Exception], code: str
) -> None:
    world.journey.lot(NUMBER)
    before = count(world)
    with pytest.raises(error):
        world.do(username, act)
    assert count(world) == before + bool(code)
    if code:
        assert last_record(world)["blockers"][0]["code"] == code


def test_the_record_is_written_as_the_last_statement_before_the_commit(world: World) -> None:
    said: list[str] = []
    engine = world.runtime.ground.sessions.engine

    @event.listens_for(engine, "before_cursor_execute")
    def hear(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    world.journey.lot(NUMBER)
    event.remove(engine, "before_cursor_execute", hear)
    # SQLite seals at once: only the record's own place in the tree follows it.
    own = said[:-1] if engine.dialect.name == "sqlite" else said
    assert "INTO audit_record" in own[-1]
    assert all("audit_leaf" in statement for statement in said[len(own) :])


def test_a_stale_version_is_refused_in_plain_words(world: World) -> None:
    world.journey.lot(NUMBER)
    ground, actor = world.runtime.ground, world.cast.actor("zhao.l")

    def stale(work: Work) -> None:
        lot = work.take(Lot, "finish", NUMBER)
        behind = text("UPDATE lot SET version = version + 1")
        work.session.connection().execute(behind, execution_options={"cotrack_migration": True})
        lot.made_on = date(2026, 1, 2)

    with pytest.raises(ChangedMeanwhile, match="same moment"), unit_of_work(ground, actor) as work:
        stale(work)


def test_a_constraint_speaks_in_domain_words(world: World) -> None:
    world.journey.released_lot(NUMBER, bags=1)
    bag = f"{NUMBER}-001"

    def hand_to_oneself(work: Work) -> None:
        work.record("unit.issue", f"unit:{bag}", permission="unit:issue")
        unit = work.lock(Unit, bag)
        hand_over(work, unit, kind="issue", ward="3A", given_by_id=work.person_id, taken_by_id=work.person_id)

    with pytest.raises(Blocked) as refused:
        world.do("ma.k", hand_to_oneself)
    assert [each.code for each in refused.value.blockers] == ["same_person"]


def test_what_only_a_fault_of_ours_explains_is_no_conflict_with_somebody_else(world: World) -> None:
    world.journey.lot(NUMBER)

    def to_no_status(work: Work) -> None:
        work.take(Lot, "finish", NUMBER).status = "nowhere"

    with pytest.raises(IntegrityError):
        world.do("zhao.l", to_no_status)


def test_what_was_changed_and_not_written_yet_survives_the_next_lock(world: World) -> None:
    world.journey.lot(NUMBER)

    def change_then_lock(work: Work) -> str:
        lot = work.take(Lot, "finish", NUMBER)
        lot.made_on = date(2026, 1, 2)
        return work.lock(Lot, NUMBER).made_on.isoformat()

    assert world.do("zhao.l", change_then_lock) == "2026-01-02"


def test_a_signed_act_without_a_signature_is_refused(world: World) -> None:
    world.journey.finished_lot(NUMBER)
    act = lambda work: work.take(Lot, "reject", NUMBER, reason="x") and work.sign(LOT["reject"].meaning, "text")  # noqa: E731
    with pytest.raises(SignatureMissing):
        world.do("qian.m", act)


@pytest.mark.parametrize(
    "proof",
    [
        Proof(999, "rejected"),
        Proof(-1, "released"),
        Proof(-1, "rejected", "0" * 64),
    ],
    ids=["another person's password", "another meaning", "another text"],
)
def test_a_signature_counts_for_its_person_meaning_and_text_alone(world: World, proof: Proof) -> None:
    world.journey.finished_lot(NUMBER)
    actor = world.cast.actor("qian.m")
    own = Proof(actor.person_id if proof.person_id == -1 else proof.person_id, proof.meaning, proof.text_sha256)
    with unit_of_work(world.runtime.ground, actor, proof=own) as work:
        work.take(Lot, "reject", NUMBER, reason="x")
        with pytest.raises((SignatureMissing, SignatureRefused)):
            work.sign(LOT["reject"].meaning, "text")


def test_a_rehearsal_decides_everything_and_writes_nothing(world: World) -> None:
    world.journey.finished_lot(NUMBER)
    before = count(world)
    work, signing = rehearse(
        world.runtime.ground,
        world.cast.actor("qian.m"),
        lambda work: dispositions.reject(work, NUMBER, reason="mix-up"),
    )
    assert "I reject this lot." in signing.text
    assert "mix-up" in signing.text
    assert signing.meaning == "rejected"
    assert work.intention is not None
    assert count(world) == before


def test_a_refusal_in_a_rehearsal_is_recorded(world: World) -> None:
    world.journey.finished_lot(NUMBER)
    with pytest.raises(Blocked):
        rehearse(world.runtime.ground, world.cast.actor("qian.m"), lambda work: dispositions.release(work, NUMBER))
    assert last_record(world)["outcome"] == "refused"
    assert len(last_record(world)["blockers"]) == 20


def test_a_refusal_decided_outside_the_transaction_is_recorded_under_what_was_tried(world: World) -> None:
    world.journey.finished_lot(NUMBER)
    ground = world.runtime.ground
    work, _ = rehearse(
        ground, world.cast.actor("qian.m"), lambda work: dispositions.reject(work, NUMBER, reason="mix-up")
    )
    record_refusal(ground, work, SignatureRefused("The password is wrong."))
    record = last_record(world)
    assert (record["event"], record["subject"], record["outcome"]) == ("lot.reject", f"lot:{NUMBER}", "refused")


def test_an_action_that_leads_to_no_other_state_leaves_the_row_as_it_is(world: World) -> None:
    draft = StudyDefinition(sha256="x", status="draft")
    with unit_of_work(world.runtime.ground, world.cast.actor("qian.m")) as work:
        work.move(draft, "approve_quality")
        assert draft.status == "draft"
        with pytest.raises(TransitionNotAllowed):
            work.move(StudyDefinition(sha256="x", status="superseded"), "approve_quality")


def test_an_act_that_nobody_signs_cannot_be_rehearsed(world: World) -> None:
    with pytest.raises(UnrecordedChange, match="rehears"):
        rehearse(world.runtime.ground, world.cast.actor("zhao.l"), lambda work: work.now)


def test_system_signs_and_verifies_nothing(world: World) -> None:
    with (
        pytest.raises(PermissionDenied),
        unit_of_work(world.runtime.ground, Actor(None, "system", "x", ("system",))) as work,
    ):
        assert work.person_id


def test_a_look_without_a_change_and_without_an_intention_leaves_no_record(world: World) -> None:
    before = count(world)
    world.do("zhao.l", lambda work: work.session.scalar(select(Lot)))
    assert count(world) == before


def test_a_refusal_lists_reasons_of_every_size(world: World) -> None:
    def refuse(work: Work) -> None:
        work.record("lot.make", "lot:\x00\ud800x", permission="lot:make")
        work.refuse_if([])
        work.refuse_if([Blocker("a", "One {n}.", {"n": Decimal("1.5")}), Blocker("b", "Two.")])

    with pytest.raises(Blocked):
        world.do("zhao.l", refuse)
    record = last_record(world)
    assert [each["detail"] for each in record["blockers"]] == ["One 1.5.", "Two."]
    assert "\x00" not in record["subject"]


def test_a_made_thing_is_looked_for_under_its_own_name(world: World) -> None:
    world.journey.lot(NUMBER)
    number = world.journey.unit(NUMBER)
    assert last_record(world)["subject"] == f"unit:{number}"
    world.do("zhao.l", lambda work: work.narrow("lot:x"))
    assert last_record(world)["subject"] == f"unit:{number}"


def test_a_command_that_was_refused_can_be_tried_again(world: World) -> None:
    world.journey.lot(NUMBER)
    with pytest.raises(Blocked):
        world.journey.filling_finished(NUMBER)
    world.journey.labelled_unit(NUMBER)
    world.journey.line_left(NUMBER)
    assert world.do("zhao.l", lambda work: lots.finish_lot(work, NUMBER)).status == "quarantine"
