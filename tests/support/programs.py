"""The `cotrack` command as people run it: in this process where that is equal, else in one of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner

from cotrack.cli import main
from support.clusters import free_port
from support.worlds import World, home_variables

PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line of a command that found or refused something."""
        assert self.status == 1, self
        (line,) = self.err.splitlines()
        assert line.startswith("cotrack: "), line
        return line.removeprefix("cotrack: ")

    @property
    def refusal_for_machines(self) -> dict[str, Any]:
        """The one line of the same with `--json`."""
        assert self.status == 1, self
        found: dict[str, Any] = json.loads(self.err)
        return found


@dataclass(frozen=True)
class Program:
    """An installation's command line: its settings, and the folder of its modules where that is not the checkout."""

    home: Path
    database_url: str = ""
    modules: Path | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    def variables(self, changed: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of this installation's processes."""
        ours = {**home_variables(self.home, self.database_url), **self.more, **changed}
        found = {name: value for name, value in os.environ.items() if not name.startswith("COTRACK_")}
        return {**found, **({"PYTHONPATH": str(self.modules)} if self.modules else {}), **ours}

    def call(self, *words: str, **variables: str) -> Said:
        """Run a command in this process; a variable that is "" counts as not set."""
        blank = dict.fromkeys((name for name in os.environ if name.startswith("COTRACK_")), None)
        result = CliRunner().invoke(main, words, env={**blank, **self.variables(variables)}, prog_name="cotrack")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def run(self, *words: str, prefix: tuple[str, ...] = (), **variables: str) -> Said:
        """Run a command in a process of its own, away from the checkout."""
        run = subprocess.run(
            [*prefix, sys.executable, "-m", "cotrack", *words],
            env=self.variables(variables),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            start_new_session=True,
            check=False,
        )
        return Said(run.returncode, run.stdout, run.stderr)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port until the end of the block; gives the address."""
        address = f"127.0.0.1:{free_port()}"
        with (self.home / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cotrack", "serve"],
                env=self.variables({"COTRACK_BIND": address}),
                cwd=self.home,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_until_ready(f"http://{address}", process)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def program_of(world: World) -> Program:
    """Return the command line of a test's own site."""
    return Program(world.home, world.settings.database_url)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("the server did not get ready")
