"""What a refusal said and what the trail kept of it, for tests that ask for either."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.errors import Refused
from support.worlds import World


@contextmanager
def refused(*codes: str) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expect a refusal with exactly these reasons, in their order."""
    with pytest.raises(Refused) as refusal:
        yield refusal
    assert [each.code for each in refusal.value.reasons] == list(codes)


def codes(answer: TestResponse) -> list[str]:
    """Return the code words of the reasons in a problem document."""
    return [each["code"] for each in answer.get_json()["blockers"]]


def records(world: World, **where: str) -> list[dict[str, Any]]:
    """Return what the trail says, oldest first, narrowed by its columns."""
    statement = select(AuditRecord.body).order_by(AuditRecord.id)
    for name, value in where.items():
        statement = statement.where(getattr(AuditRecord, name) == value)
    return [json.loads(body) for body in world.read(lambda session: session.scalars(statement).all())]
