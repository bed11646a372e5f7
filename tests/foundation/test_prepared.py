"""Statements that the driver runs by itself: what comes out, goes wrong and is refused is as with any other."""

from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World

from cotrack.bedside.service import facts
from cotrack.custody.models import Handover
from cotrack.foundation.access.models import IdempotencyKey
from cotrack.foundation.db import Prepared
from cotrack.foundation.db.changes import append_row
from cotrack.foundation.db.guard import flushing
from cotrack.foundation.errors import DatabaseUnavailable, UnrecordedChange
from cotrack.manufacture.models import Lot, Unit


def test_a_prepared_statement_returns_what_sqlalchemy_returns(world: World) -> None:
    bag = at_the_bedside(world).bag
    asked = {"number": bag, "band": HER, "station": "WARD-3A-1"}
    statement = facts._BAG._statement
    (own,) = world.read(lambda session: facts._BAG.rows(session.connection(), asked))
    (theirs,) = world.read(lambda session: session.connection().execute(statement, asked).all())  # type: ignore[call-overload]
    assert tuple(own) == tuple(theirs)
    assert [type(each) for each in own] == [type(each) for each in theirs]
    assert own.weight_kg == theirs.weight_kg
    assert isinstance(own.weight_kg, Decimal)
    assert own.expires_at.tzinfo is not None


def test_a_prepared_statement_without_a_row_returns_none(world: World) -> None:
    nothing = world.read(
        lambda session: facts._BAG.rows(session.connection(), {"number": "X", "band": "", "station": ""})
    )
    assert nothing == []


def test_a_list_of_open_length_is_refused_before_it_runs(world: World) -> None:
    open_list = Prepared(select(Unit.id).where(Unit.number.in_(bindparam("numbers", expanding=True))))
    with pytest.raises(ValueError, match="no list of open length"):
        world.read(lambda session: open_list.rows(session.connection(), {"numbers": ["X"]}))


def test_a_prepared_write_outside_a_flush_is_stopped_like_any_other(world: World) -> None:
    table = Lot.__table__
    write = Prepared(insert(table), values=["number"])  # type: ignore[arg-type]
    sessions = world.runtime.ground.sessions
    with sessions.writing() as session, pytest.raises(UnrecordedChange, match="outside a flush"):
        write.rows(session.connection(), {"number": LOT})


def test_a_fault_of_the_driver_is_told_as_sqlalchemy_tells_it_and_shows_no_row(world: World) -> None:
    row = {"actor": "zhao.l", "route": "POST /", "key": "k", "body_mark": "", "status": 1, "answer": "her name"}
    row |= {"answered_at": world.clock.now}  # type: ignore[dict-item]
    write = Prepared(insert(IdempotencyKey.__table__), values=list(row))  # type: ignore[arg-type]
    with world.runtime.ground.sessions.writing() as session:
        connection = session.connection()
        with flushing(connection):
            write.rows(connection, row)
            with pytest.raises(IntegrityError) as fault:
                write.rows(connection, row)
    assert "her name" not in str(fault.value)
    assert "zhao.l" not in str(fault.value)


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_prepared_lock_takes_its_turn_at_an_embedded_database(world: World) -> None:
    sessions = world.runtime.ground.sessions
    bag = Prepared(select(Unit.id).where(Unit.number == bindparam("number")))
    locked = Prepared(select(Unit.id).where(Unit.number == bindparam("number")).with_for_update())
    with sessions.writing() as session:
        connection = session.connection()
        bag.rows(connection, {"number": "X"})
        assert not connection.connection.driver_connection.in_transaction
        locked.rows(connection, {"number": "X"})
        assert connection.connection.driver_connection.in_transaction


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_is_not_used_again(world: World) -> None:
    sessions, look = world.runtime.ground.sessions, Prepared(select(Unit.id))
    with sessions.writing() as session:
        connection = session.connection()
        (process,) = connection.execute(text("SELECT pg_backend_pid()")).scalars()
        with sessions.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
        with pytest.raises(DBAPIError):
            look.rows(connection, {})
        assert connection.invalidated
    assert sessions.look(look, {}) == []


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_after_a_lost_server_one_request_fails_and_no_more(world: World) -> None:
    sessions, look = world.runtime.ground.sessions, Prepared(select(Unit.id))
    held = [sessions.engine.connect() for _ in range(4)]
    for each in held:
        each.close()
    end_all(world)
    with pytest.raises(DatabaseUnavailable):
        sessions.look(look, {})
    for _ in range(4):
        assert sessions.look(look, {}) == []


GOING = text("DO $$ BEGIN RAISE EXCEPTION 'going' USING ERRCODE = '57P01'; END $$")


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_server_that_says_it_is_going_costs_every_connection_before_it_has_hung_up(world: World) -> None:
    engine = world.runtime.ground.sessions.engine
    for run in (Prepared(GOING).unheard, lambda connection: connection.execute(GOING)):
        held = [engine.connect() for _ in range(3)]
        for each in held:
            each.info["held"] = True
            each.close()
        with pytest.raises(OperationalError), engine.connect() as connection:
            run(connection)
        with engine.connect() as connection:
            assert "held" not in connection.info


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_connection_lost_while_a_row_is_appended_is_told_as_that(world: World) -> None:
    row = {"unit_id": 1, "kind": "issue", "ward": "3A", "given_by_id": 1, "taken_by_id": 2}

    def append_without_a_server() -> None:
        with world.runtime.ground.sessions.writing() as session:
            session.connection()
            end_all(world)
            append_row(session, Handover, {**row, "handed_over_at": world.clock.now})

    with pytest.raises(DatabaseUnavailable):
        append_without_a_server()


def test_a_row_is_appended_with_the_columns_of_its_table_and_no_others(world: World) -> None:
    with pytest.raises(UnrecordedChange, match="other columns"), world.runtime.ground.sessions.writing() as session:
        append_row(session, Handover, {"unit_id": 1, "kind": "issue", "warde": "3A"})


def end_all(world: World) -> None:
    """End every connection of the program, as a restart of the server does."""
    with psycopg.connect(world.settings.database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
