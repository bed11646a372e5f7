"""What is said of a failing statement goes to a log, and a log holds nothing of anybody."""

import traceback
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from support.worlds import World

from cotrack.foundation.access.models import SignInCounter

SOMEBODY = "王芳 WANG Fang"


def told_of(world: World, counter: SignInCounter) -> str:
    """Return what a log shows of a row that the database refuses."""
    with pytest.raises(StatementError) as fault, world.runtime.ground.sessions.outside_trail() as session:
        session.add(counter)
    return "".join(traceback.format_exception(fault.value))


def test_a_failing_statement_is_told_without_the_values_it_was_to_write(world: World) -> None:
    told = told_of(world, SignInCounter(username=SOMEBODY, failures=None))
    assert IntegrityError.__name__ in told
    assert "sign_in_counter" in told
    assert SOMEBODY not in told


def test_a_value_that_its_column_refuses_is_told_without_the_others(world: World) -> None:
    naive = datetime(2026, 11, 23)  # noqa: DTZ001 (what is refused)
    told = told_of(world, SignInCounter(username=SOMEBODY, failures=0, locked_until=naive))
    assert SOMEBODY not in told
