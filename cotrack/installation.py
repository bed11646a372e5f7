"""Sets an installation up and runs it: system needs, folders, keys, site definition, schema, server."""

import gc
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from cotrack import __version__
from cotrack.foundation import background
from cotrack.foundation.access.jobs import clear_outdated
from cotrack.foundation.access.service import people
from cotrack.foundation.audit import jobs as trail
from cotrack.foundation.audit.sealing import require_same_name
from cotrack.foundation.background import Work
from cotrack.foundation.keys import make_missing_keys
from cotrack.foundation.migrations import SYSTEM, migrate
from cotrack.foundation.resources import resource
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.terminal import asked_password
from cotrack.foundation.unit_of_work import unit_of_work
from cotrack.labelling import jobs as documents
from cotrack.labelling.gateways.needs import check_system
from cotrack.labelling.gateways.templates import label_templates
from cotrack.settings import Settings, SettingsFault
from cotrack.study import jobs as studies

CLEAR_EVERY_SECONDS = 60
STOP_SECONDS = 20
WATCH_SECONDS = 1

log = logging.getLogger("cotrack")


def prepare(settings: Settings) -> Iterator[str]:
    """Check what the machine must have and make what the installation needs; nothing that exists is touched."""
    check_system()
    settings.var_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in make_missing_keys(settings.keys_folder):
        yield f"made the key {settings.keys_folder / name}.key: keep a copy apart from the database's back-ups"
    if not settings.site_file.exists():
        text = resource("study/definitions/site.toml").read_text(encoding="utf-8")
        settings.site_file.write_text(text, encoding="utf-8")
        yield f"wrote {settings.site_file}: change it to your site"


def migrate_database(runtime: Runtime) -> Iterator[str]:
    """Bring the database to this program's schema; say what was done."""
    applied = migrate(runtime.ground)
    yield f"database migrated: {', '.join(applied)}" if applied else "the database is up to date"


def add_first_administrator(runtime: Runtime, username: str) -> str:
    """Add the first administrator of an empty installation, in the name of the system."""
    with runtime.ground.sessions.reading() as session:
        if people.all_people(session):
            return "there are people already: `cotrack --as ADMINISTRATOR user add` adds more"
    password = asked_password("COTRACK_NEW_PASSWORD", f"Password of {username}", is_new=True)
    with unit_of_work(runtime.ground, SYSTEM) as work:
        people.add_person(
            work,
            runtime.passwords,
            username=username,
            printed_name=username,
            roles=["administrator"],
            password=password,
            identity_verified_by="installation",
            must_change_password=False,
        )
    return f"{username} is the first administrator"


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with our application and settings."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self.app = app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Take our options."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application; Python's collector of unused objects need not look at what it is made of again."""
        gc.collect()
        gc.freeze()
        return self.app


def serve(runtime: Runtime) -> None:
    """Serve until stopped; the start is recorded with program version and site hash; background work runs beside."""
    _log_to_stderr()
    check_system()
    # Read before the workers are forked: a fault stops the start, and every worker draws by the same templates.
    label_templates(runtime.ground.labels_folder)
    require_free_address(runtime.settings.bind)
    require_same_name(runtime.ground)
    record_start(runtime)
    # No connection may be shared with the workers that are forked from here.
    runtime.ground.sessions.engine.dispose()
    with _background_work():
        _Server(_make_app(runtime), _server_options(runtime.settings)).run()


@contextmanager
def _background_work() -> Iterator[None]:
    """Keep a process beside the service, and start it again where it died: the trail is to be sealed all the time."""
    stop = threading.Event()
    beside = [_start_work()]

    def watch() -> None:
        while not stop.wait(WATCH_SECONDS):
            if beside[0].poll() is not None:
                log.warning("the background work ended and is started again")
                beside[0] = _start_work()

    watcher = threading.Thread(target=watch, name="watch")
    watcher.start()
    starter = os.getpid()
    try:
        yield
    finally:
        # A worker that was forked meanwhile ends here too: the process is not its own.
        if os.getpid() == starter:
            stop.set()
            watcher.join()
            beside[0].terminate()
            beside[0].wait(STOP_SECONDS)


def _start_work() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "cotrack", "work"])


def _log_to_stderr() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)


def _make_app(runtime: Runtime) -> Flask:
    metrics = runtime.settings.var_folder / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    from cotrack.app import create_app  # noqa: PLC0415 (prometheus-client reads the folder when it is imported)

    return create_app(runtime)


def _server_options(settings: Settings) -> dict[str, Any]:
    """Return how gunicorn serves; no `max_requests`: with threads it resets connections (benoitc/gunicorn#3038)."""
    return {
        "bind": settings.bind,
        "workers": settings.workers,
        "worker_class": "gthread",
        "threads": 4,
        "timeout": 60,
        "graceful_timeout": STOP_SECONDS,
        "keepalive": 5,
        "control_socket_disable": True,
        "accesslog": None,
        "loglevel": "warning",
        "when_ready": lambda _: click.echo(f"cotrack answers at http://{settings.bind}"),
        "forwarded_allow_ips": "127.0.0.1",
    }


def require_free_address(bind: str) -> None:
    """Raise SettingsFault where nothing can listen at the address, before the start is recorded."""
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as fault:
            message = f"COTRACK_BIND is {bind}, where this program cannot listen: {fault.strerror}"
            raise SettingsFault(f"{message}. Stop what listens there, or choose another port") from None


def record_start(runtime: Runtime) -> None:
    """Record which program and which site definition are in force from now (Annex 11 clause 10)."""
    with unit_of_work(runtime.ground, SYSTEM) as work:
        work.record("system.start", "system:cotrack", permission="system:start")
        work.details.update(version=__version__, site_sha256=runtime.ground.site.sha256)


def work(runtime: Runtime) -> None:
    """Do the background work until stopped; a failure is logged and tried again at the next turn."""
    _log_to_stderr()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    clearing = Work("clearing", lambda: clear_outdated(runtime.ground.sessions), CLEAR_EVERY_SECONDS)
    ground, witness = runtime.ground, runtime.settings.witness_file
    kept = (*trail.works(ground, witness), *documents.works(ground, witness), *studies.works(ground))
    background.do([*kept, clearing], stop)
