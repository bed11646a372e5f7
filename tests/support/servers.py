"""Serves a test's site as production does: gunicorn with two workers, on a port of its own."""

import os
import signal
import subprocess
import sys
import time

import requests

from support.clusters import free_port
from support.processes import children_of, words_of
from support.worlds import World, home_variables

READY_SECONDS = 60


class Server:
    """A running server and the site behind it."""

    def __init__(self, world: World, database_url: str) -> None:
        self.world = world
        self.database_url = database_url
        self.log = world.home / "serve.log"
        self.start()

    def start(self) -> None:
        """Serve at an address that is free now, and wait until it answers."""
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        ours = home_variables(self.world.home, self.database_url)
        variables = {**os.environ, **ours, "COTRACK_BIND": address}
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "cotrack", "serve"]
            self.process = subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not get ready: {self.log.read_text()[-2000:]}")

    @property
    def sealing(self) -> int | None:
        """The process that seals beside the service, if it runs."""
        works = [each for each in children_of(self.process.pid) if "work" in words_of(each)]
        return works[0] if works else None

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        """Kill the server and all its workers at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
