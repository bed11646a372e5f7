"""A migration puts another check in the place of one, on both databases; rows, keys and triggers stay."""

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from support.worlds import World

from cotrack.foundation.db.constraints import change_constraints

TABLES = (
    "CREATE TABLE cup (id INTEGER PRIMARY KEY, kind TEXT, CONSTRAINT ck_cup_kind CHECK (kind IN ('tea', 'a :) one')))",
    "CREATE TABLE saucer (id INTEGER PRIMARY KEY, cup_id INTEGER REFERENCES cup (id))",
    "INSERT INTO cup VALUES (1, 'a :) one')",
    "INSERT INTO saucer VALUES (1, 1)",
)
REPLACED = {"ck_cup_kind": {"ck_cup_kind": "CHECK (kind IN ('tea', 'coffee', 'a :) one'))"}}


def refused(connection: Connection, row: str) -> bool:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"INSERT INTO cup VALUES {row}")
    except IntegrityError:
        return True
    return False


def test_a_check_takes_the_place_of_another_and_further_ones_are_added(world: World) -> None:
    engine = world.runtime.ground.sessions.engine
    with engine.connect().execution_options(cotrack_migration=True) as connection:
        for each in TABLES:
            connection.exec_driver_sql(each)
        assert refused(connection, "(2, 'coffee')")
        change_constraints(connection, "cup", replaced=REPLACED, added={"ck_cup_not_second": "CHECK (id <> 2)"})
        assert not refused(connection, "(3, 'coffee')")
        assert refused(connection, "(2, 'tea')")
        assert refused(connection, "(4, 'milk')")
        assert connection.exec_driver_sql("SELECT count(*) FROM saucer JOIN cup ON cup.id = cup_id").scalar() == 1
        connection.rollback()


def test_a_check_that_is_not_there_is_not_passed_over(world: World) -> None:
    engine = world.runtime.ground.sessions.engine
    with engine.connect().execution_options(cotrack_migration=True) as connection:
        connection.exec_driver_sql(TABLES[0])
        with pytest.raises(Exception, match="ck_cup_size"):
            change_constraints(connection, "cup", replaced={"ck_cup_size": {}})
        connection.rollback()
