"""Starts a PostgreSQL cluster of its own for the tests, in a temporary folder, as an ordinary user."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from sqlalchemy import create_engine, text

PROGRAMS = [Path("/usr/lib/postgresql") / version / "bin" for version in ("17", "16", "15", "14")]


def program(name: str) -> str:
    """Return a PostgreSQL program, from the PATH or from Debian's folder."""
    found = shutil.which(name) or next((str(p / name) for p in PROGRAMS if (p / name).exists()), None)
    if found is None:
        raise RuntimeError(f"{name} is not installed: `make test` installs postgresql")
    return found


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A cluster under one folder; `durable` keeps fsync on, as crash tests need it."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self._as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
            for parent in folder.parents:
                if parent.stat().st_uid == os.geteuid() and str(parent).startswith("/tmp/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._run(
            program("initdb"),
            "--username=cotrack",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            str(folder / "data"),
        )
        durability = "" if durable else " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=100{durability}"
        self._run(
            program("pg_ctl"),
            "--pgdata",
            str(folder / "data"),
            "--options",
            options,
            "--log",
            str(folder / "log"),
            "--wait",
            "start",
        )

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._as_user)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://cotrack@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run one statement on the maintenance database."""
        engine = create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make a database and return its address."""
        self.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server."""
        self._run(program("pg_ctl"), "--pgdata", str(self.folder / "data"), "--mode", "immediate", "stop")
