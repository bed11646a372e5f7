"""What the pages of all things share."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.acting import Actor, Ground

ThingPage = Callable[[Ground, Session, Actor, str], Mapping[str, Any]]
"""Composes the page of one thing, by its number."""


def name_of(session: Session, person_id: int) -> str:
    return session.scalar(select(Person.printed_name).where(Person.id == person_id)) or "–"
