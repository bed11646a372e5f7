"""Statements that the driver runs by itself: what comes out, goes wrong and is refused is as with any other."""

from decimal import Decimal

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World

from cotrack.bedside.service import facts
from cotrack.foundation.access.models import IdempotencyKey
from cotrack.foundation.db import Prepared
from cotrack.foundation.db.guard import flushing
from cotrack.foundation.errors import UnrecordedChange
from cotrack.manufacture.models import Lot, Unit


def test_a_prepared_statement_returns_what_sqlalchemy_returns(world: World) -> None:
    bag = at_the_bedside(world).bag
    asked = {"number": bag, "band": HER}
    statement = facts._BAG._statement
    (own,) = world.read(lambda session: facts._BAG.rows(session.connection(), asked))
    (theirs,) = world.read(lambda session: session.connection().execute(statement, asked).all())  # type: ignore[call-overload]
    assert tuple(own) == tuple(theirs)
    assert [type(each) for each in own] == [type(each) for each in theirs]
    assert own.weight_kg == theirs.weight_kg
    assert isinstance(own.weight_kg, Decimal)
    assert own.expires_at.tzinfo is not None


def test_a_prepared_statement_without_a_row_returns_none(world: World) -> None:
    nothing = world.read(lambda session: facts._BAG.rows(session.connection(), {"number": "X", "band": ""}))
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
