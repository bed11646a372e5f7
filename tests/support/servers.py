"""Serves a test's site as production does: gunicorn with two workers, on a port of its own."""

import os
import signal
import subprocess
import sys
import time

import requests

from support.clusters import free_port
from support.worlds import World, home_variables

READY_SECONDS = 30


class Server:
    """A running server and the site behind it."""

    def __init__(self, world: World, database_url: str) -> None:
        self.world = world
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = world.home / "serve.log"
        variables = {**os.environ, **home_variables(world.home, database_url), "COTRACK_BIND": f"127.0.0.1:{self.port}"}
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

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        """Kill the server and all its workers at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
