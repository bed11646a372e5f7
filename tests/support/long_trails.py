"""Lengthens a trail by many true records at once: canonical bodies, seals, leaves, signed heads, and rows that fit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from cotrack.foundation.audit.checkpoint import Checkpoint, signed_note
from cotrack.foundation.audit.record import canonical
from cotrack.foundation.audit.sealing import sign_checkpoint, verifier_key
from cotrack.foundation.audit.tree import TILE_LEAVES, GrowingTree, leaf_hash, root
from cotrack.foundation.audit.witness import append_to_witness
from support.stages import LOT
from support.tampering import as_owner
from support.worlds import World

RECORDS_A_HEAD = 4
"""A head is signed each second that brought a record: where little happens, for every few of them."""

AT_ONCE = 5_000
Row = dict[str, Any]


def lengthen(world: World, count: int) -> None:
    """Fill so many more bags of a lot, past the services, as the services would, with signed heads on the way.

    The lot must have a bag, whose record and row are the pattern.
    """
    sign_checkpoint(world.runtime.ground, world.settings.witness_file)
    with as_owner(world) as connection:
        pattern = _Pattern(connection)
        tree, leaves = GrowingTree(), connection.scalars(text("SELECT hash FROM audit_leaf ORDER BY id")).all()
        tree.extend(leaves)
        trail = _Trail(world, tree, list(leaves[-(len(leaves) % TILE_LEAVES) or len(leaves) :]))
        for begun in range(1, count + 1, AT_ONCE):
            written = [pattern.next(step) for step in range(begun, min(begun + AT_ONCE, count + 1))]
            _insert(connection, "unit", [unit for unit, _ in written])
            _insert(connection, "audit_record", [trail.sealed(record) for _, record in written])
            trail.write(connection)
        _go_on_counting(connection)


class _Pattern:
    """The newest bag, with the record of its filling."""

    def __init__(self, connection: Connection) -> None:
        self._unit = _newest(connection, "unit")
        self._record = _newest(connection, "audit_record")
        self._said = json.loads(self._record["body"])
        assert self._said["event"] == "unit.fill"

    def next(self, step: int) -> tuple[Row, Row]:
        """Return a bag that was filled later, with its record."""
        unit_id, record_id = self._unit["id"] + step, self._record["id"] + step
        number = f"{LOT}-{unit_id:06d}"
        changes = [self._changed(each, unit_id, number) for each in self._said["changes"]]
        subject = f"unit:{number}"
        body = canonical({**self._said, "id": record_id, "subject": subject, "changes": changes})
        record = {**self._record, "id": record_id, "subject": subject, "body": body}
        return {**self._unit, "id": unit_id, "number": number}, record

    @staticmethod
    def _changed(change: Mapping[str, Any], unit_id: int, number: str) -> Row:
        new = {"id": unit_id, "number": number}.get(change["column"], change["new"])
        return {**change, "row": f"unit:{unit_id}", "new": new}


class _Trail:
    """What sealing and signing would write for these records."""

    def __init__(self, world: World, tree: GrowingTree, rest: list[bytes]) -> None:
        self._ground, self._witness = world.runtime.ground, world.settings.witness_file
        self._tree, self._rest = tree, rest
        self._signed_at: Any = None
        self._new: dict[str, list[Row]] = {"audit_leaf": [], "audit_tile": [], "audit_checkpoint": []}

    def sealed(self, record: Row) -> Row:
        """Give a record its place in the tree and its seal, and sign the head where it is time."""
        leaf = leaf_hash(record["body"].encode())
        self._new["audit_leaf"].append({"id": self._tree.size, "record_id": record["id"], "hash": leaf})
        self._tree.append(leaf)
        self._rest.append(leaf)
        if len(self._rest) == TILE_LEAVES:
            self._new["audit_tile"].append({"id": self._tree.size // TILE_LEAVES - 1, "hash": root(self._rest)})
            self._rest = []
        if self._tree.size % RECORDS_A_HEAD == 0:
            self._new["audit_checkpoint"].append(self._head(record["at"]))
        return {**record, "seal": self._ground.secrets.seal(record["body"])}

    def _head(self, at: Any) -> Row:
        key = verifier_key(self._ground)
        head = Checkpoint(key.name, self._tree.size, self._tree.root())
        return {"id": head.size, "signed_at": at, "note": signed_note(head, key, self._ground.keys.trail.sign)}

    def write(self, connection: Connection) -> None:
        """Write what has come together, and the heads into the file outside the database."""
        heads = self._new["audit_checkpoint"]
        for table, rows in self._new.items():
            _insert(connection, table, rows)
        append_to_witness(self._witness, "\n".join(each["note"] for each in heads))
        self._new = {table: [] for table in self._new}


def _newest(connection: Connection, table: str) -> Row:
    return dict(connection.execute(text(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 1")).mappings().one())


def _insert(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        names = ", ".join(rows[0])
        connection.execute(
            text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in rows[0])})"), rows
        )


def _go_on_counting(connection: Connection) -> None:
    """Let PostgreSQL draw the ids after these."""
    if connection.dialect.name == "postgresql":
        for table in ("unit", "audit_record"):
            connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
