"""Starts gunicorn processes for a bench: the program's own, and the floor's with the same worker settings."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from support.clusters import free_port

READY_SECONDS = 30
STOP_SECONDS = 30


@contextmanager
def served(module: str, *arguments: str, variables: Mapping[str, str], ready: str) -> Iterator[int]:
    """Run `python -m module …` until the end of the block; yield its port once the address `ready` answers."""
    port = free_port()
    log = Path(variables["COTRACK_HOME"]) / f"{module}.log"
    environment = {**os.environ, **variables, "COTRACK_BIND": f"127.0.0.1:{port}"}
    with log.open("ab") as file:
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        _wait(process, port, ready, log)
        yield port
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, ready: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _answers(port, ready):
            return
        time.sleep(0.05)
    raise RuntimeError(f"a server did not get ready: {log.read_text(encoding='utf-8')[-2000:]}")


def _answers(port: int, ready: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", ready)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
