"""The floor of the identity check: one joined read and three inserts in one transaction, through the bare driver."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg

Answer = dict[str, str]

READ = (
    "SELECT u.id, u.number, u.status, l.status, l.expires_at, p.id, p.subject_number, o.status "
    "FROM floor_label bag JOIN floor_unit u ON u.number = bag.thing JOIN floor_lot l ON l.id = u.lot_id "
    "JOIN floor_order o ON o.unit_id = u.id JOIN floor_participant p ON p.id = o.participant_id "
    "JOIN floor_label band ON band.thing = p.subject_number WHERE bag.code = ? AND band.code = ?"
)
CHECK = "INSERT INTO floor_check (unit_id, participant_id, station, result, decided_at) VALUES (?, ?, ?, ?, ?)"
SCAN = "INSERT INTO floor_scan (band_code, bag_code, scanned_at) VALUES (?, ?, ?)"
RECORD = "INSERT INTO floor_record (subject, recorded_at, body) VALUES (?, ?, ?)"


class Driver(Protocol):
    """What both drivers' cursors and connections offer."""

    def execute(self, statement: Any, parameters: Any = ..., /) -> Any:
        """Run one statement."""


class Floor:
    """Checks by hand: no sign-in, no rules, no change collected, no canonical form."""

    def __init__(self, url: str, record: str) -> None:
        """Write this record with each check."""
        self._url = url
        self._record = record
        self._threads = threading.local()
        self._is_sqlite = url.startswith("sqlite:///")
        self._read, self._check, self._scan, self._keep = (
            each if self._is_sqlite else each.replace("?", "%s") for each in (READ, CHECK, SCAN, RECORD)
        )

    def check(self, question: Mapping[str, str]) -> Answer:
        """Answer one check."""
        band, bag, station = question["participant_code"], question["unit_code"], question["station"]
        now = datetime.now(UTC).isoformat()
        with self._transaction() as driver:
            row = driver.execute(self._read, (bag, band)).fetchone()
            result = "match" if row and (row[2], row[3], row[7]) == ("thawed", "released", "allocated") else "mismatch"
            driver.execute(self._check, (row and row[0], row and row[5], station, result, now))
            driver.execute(self._scan, (band, bag, now))
            driver.execute(self._keep, (bag, now, self._record))
        return {"result": result, "decided_at": now}

    @contextmanager
    def _transaction(self) -> Iterator[Driver]:
        connection = self._connection()
        if not self._is_sqlite:
            with connection.transaction():
                yield connection
            return
        with self._turn():
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the turn to write, as the program does: without it SQLite's own waiting makes the floor slower."""
        descriptor = os.open(self._url.removeprefix("sqlite:///") + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _connection(self) -> Any:
        """Return this thread's own connection, as durable as the program's."""
        if not hasattr(self._threads, "connection"):
            self._threads.connection = self._connected()
        return self._threads.connection

    def _connected(self) -> Any:
        if not self._is_sqlite:
            return psycopg.connect(self._url, autocommit=True)
        connection = sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None, timeout=5)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
