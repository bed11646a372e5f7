"""What a database's owner could do by hand: change rows behind the application, take guards off, put them back."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, text

from cotrack.foundation.audit.tree import GrowingTree
from support.worlds import World


@contextmanager
def as_owner(world: World) -> Iterator[Connection]:
    """Connect as any database tool would: without the application, and on SQLite without foreign keys."""
    url = world.runtime.ground.sessions.engine.url
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def by_hand(world: World, *statements: str, **values: Any) -> None:
    """Run statements with every trigger off, and put each back in its place afterwards."""
    with unguarded(world) as connection:
        for statement in statements:
            connection.execute(text(statement), values)


@contextmanager
def unguarded(world: World) -> Iterator[Connection]:
    with as_owner(world) as connection:
        take_off, put_back = _switches(connection)
        for statement in take_off:
            connection.exec_driver_sql(statement)
        yield connection
        for statement in put_back:
            connection.exec_driver_sql(statement)


def _switches(connection: Connection) -> tuple[list[str], list[str]]:
    if connection.dialect.name == "postgresql":
        names = connection.execute(
            text("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        )
        tables = list(names.scalars())
        return (
            [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in tables],
            [f"ALTER TABLE {table} ENABLE TRIGGER ALL" for table in tables],
        )
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    return [f"DROP TRIGGER {name}" for name, _ in triggers], [sql for _, sql in triggers]


def reseal(connection: Connection) -> dict[int, bytes]:
    """Compute every leaf anew from the records as they are, as a forger would; return the root of each size."""
    rows = connection.execute(
        text("SELECT l.id, r.body FROM audit_leaf l JOIN audit_record r ON r.id = l.record_id ORDER BY l.id")
    ).all()
    tree, roots = GrowingTree(), {}
    for index, body in rows:
        leaf = hashlib.sha256(b"\0" + body.encode()).digest()
        connection.execute(text("UPDATE audit_leaf SET hash = :hash WHERE id = :id"), {"hash": leaf, "id": index})
        tree.append(leaf)
        roots[tree.size] = tree.root()
    return roots
