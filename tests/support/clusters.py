"""Starts a PostgreSQL cluster of its own for the tests, in a temporary folder, as an ordinary user."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, text

from support.processes import children_of, words_of

PROGRAMS = [Path("/usr/lib/postgresql") / version / "bin" for version in ("17", "16", "15")]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (a folder of its own is made in it)
"""Where a cluster lies that need not outlive a power cut: in memory, where the machine has it."""
HASTE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


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
    """A cluster in a folder of its own; `durable` keeps fsync on, as crash tests and benches need it.

    PostgreSQL refuses to run as root: there it runs as `nobody`.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cotrack-pg-", dir=None if durable else MEMORY))
        self.port = free_port()
        is_root = os.geteuid() == 0
        self._as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if is_root else {}
        if is_root:
            shutil.chown(self.folder, "nobody", "nogroup")
        made = ("--username=cotrack", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run(program("initdb"), *made, str(self.folder / "data"))
        wanted = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=100"
        self._options = wanted if durable else f"{wanted} {HASTE}"
        self.start()

    def start(self) -> None:
        """Start the server; after a kill it recovers first."""
        self._control("--options", self._options, "--log", str(self.folder / "log"), "--wait", "start")

    @property
    def postmaster(self) -> int:
        """The server's first process, the parent of all others."""
        return int((self.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def kill(self) -> None:
        """Kill the server with all its processes at once, as a power cut would; stopped first, it can start no more."""
        first = self.postmaster
        os.kill(first, signal.SIGSTOP)
        processes = [*children_of(first), first]
        for each in processes:
            os.kill(each, signal.SIGKILL)
        while any(Path(f"/proc/{each}").exists() for each in processes):
            time.sleep(0.01)

    @property
    def backends(self) -> list[int]:
        """The processes that serve a connection of the tests' own role."""
        return [each for each in children_of(self.postmaster) if words_of(each)[0].startswith("postgres: cotrack ")]

    def _control(self, *arguments: str) -> None:
        self._run(program("pg_ctl"), "--pgdata", str(self.folder / "data"), *arguments)

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._as_user)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://cotrack@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run one statement on the maintenance database."""
        url = self.url("postgres").replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make a database and return its address."""
        self.execute(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(database)

    def refuse(self, role: str) -> None:
        """Ask this role for a password that nobody knows."""
        self.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'nobody knows it'")
        access = self.folder / "data" / "pg_hba.conf"
        access.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n" + access.read_text())
        self._control("reload")

    def drop(self, database: str) -> None:
        """Remove a database."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def databases(self) -> list[str]:
        """Return the names of all databases."""
        engine = create_engine(self.url("postgres").replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            names = list(connection.scalars(text("SELECT datname FROM pg_database ORDER BY datname")))
        engine.dispose()
        return names

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._control("--mode", "immediate", "stop")
        shutil.rmtree(self.folder)
