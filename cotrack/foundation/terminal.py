"""What every command of the command line shares: acting as a named person, one line for each refusal, progress."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

import click

from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import Blocked, CotrackError, NotSignedIn, PermissionDenied, Refused
from cotrack.foundation.migrations import require_schema
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.site import SiteFault
from cotrack.settings import SettingsFault

T = TypeVar("T")
FOUND_OR_REFUSED = 1


@dataclass
class Terminal:
    """What one call of the command line holds; the runtime is started by the first command that needs it."""

    start: Callable[[], Runtime]
    as_user: str = ""
    is_json: bool = False
    _started: Runtime | None = None
    _is_fit: bool = False
    _actor: Actor | None = None

    @property
    def runtime(self) -> Runtime:
        """Return the runtime on a database of this program's schema; raises DatabaseUnavailable on any other."""
        if not self._is_fit:
            require_schema(self.unmigrated.ground.sessions)
            self._is_fit = True
        return self.unmigrated

    @property
    def unmigrated(self) -> Runtime:
        """Return the runtime on whatever schema the database has: `cotrack init` alone may go on with it."""
        if self._started is None:
            self._started = self.start()
        return self._started

    def close(self) -> None:
        """Sign the named person out and let go of the database."""
        if self._started is None:
            return
        if self._actor is not None:
            with suppress(CotrackError):
                self._started.door.sign_out(self._actor)
        self._started.ground.sessions.engine.dispose()

    def actor(self) -> Actor:
        """Return the named person of `--as`, whose password is asked (or stands in COTRACK_PASSWORD)."""
        if not self.as_user:
            raise click.UsageError("say who acts: cotrack --as USER …")
        password = asked_password("COTRACK_PASSWORD", f"Password of {self.as_user}")
        door = self.runtime.door
        opened = door.sign_in(self.as_user, password, kind="api", station="", request="command line")
        visitor = door.visitor(opened.secret, kind="api", request="command line")
        if visitor is None:
            raise NotSignedIn("Sign in to go on.")
        self._actor = visitor.actor
        if visitor.must_change_password:
            raise PermissionDenied("Change your password in the browser first.")
        return visitor.actor

    def require(self, *permissions: str) -> Actor:
        """Return the named person where they hold one of these permissions; raises PermissionDenied."""
        actor = self.actor()
        if not actor.permissions & set(permissions):
            raise PermissionDenied("Your role does not include “{permission}”.", permission=" / ".join(permissions))
        return actor

    def say(self, line: str) -> None:
        """Print one line of an answer."""
        click.echo(line)

    def end_with(self, faults: Sequence[str]) -> NoReturn:
        """End the command with what it found: each fault a line, or all of them as JSON."""
        if self.is_json:
            _say_json("found", [{"code": "found", "detail": fault} for fault in faults])
        else:
            for fault in faults:
                click.echo(fault, err=True)
        sys.exit(FOUND_OR_REFUSED)


pass_terminal = click.make_pass_decorator(Terminal)


def asked_password(variable: str, words: str, *, is_new: bool = False) -> str:
    """Return the password that stands in a variable, or ask for it; a new one is asked twice."""
    given = os.environ.get(variable)
    if given:
        return given
    if not _has_terminal():
        raise click.UsageError(f"there is no terminal to ask on: put the password into {variable}")
    return str(click.prompt(words, hide_input=True, confirmation_prompt=is_new))


def _has_terminal() -> bool:
    """Whether there is a terminal to ask on, whatever stdin is."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def plain_errors(command: Callable[..., T]) -> Callable[..., T]:
    """End a command with one line on stderr and exit status 1 where something was found or refused."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> T:
        try:
            return command(*arguments, **options)
        except BrokenPipeError:
            raise
        except (CotrackError, SettingsFault, SiteFault, OSError) as fault:
            terminal = click.get_current_context().find_object(Terminal)
            _say_fault(fault, is_json=terminal is not None and terminal.is_json)
            sys.exit(FOUND_OR_REFUSED)

    return run


def _say_fault(fault: Exception, *, is_json: bool) -> None:
    kind = getattr(fault, "kind", "operating-system")
    if isinstance(fault, Refused):
        reasons = [{"code": each.code, "detail": each.sentence} for each in fault.reasons]
    else:
        reasons = [{"code": kind.replace("-", "_"), "detail": _one_line(fault)}]
    if is_json:
        _say_json(kind, reasons)
    else:
        click.echo(f"cotrack: {' '.join(each['detail'] for each in reasons)}", err=True)


def _one_line(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return f"{fault.filename}: {fault.strerror}" if fault.filename else fault.strerror
    return " ".join(str(fault).split())


def _say_json(kind: str, reasons: Sequence[Mapping[str, str]]) -> None:
    click.echo(json.dumps({"kind": kind, "reasons": list(reasons)}, ensure_ascii=False), err=True)


@contextmanager
def output_file(path: Path, *, is_forced: bool) -> Iterator[BinaryIO]:
    """Open a file before the act that fills it; raises Blocked where a file is there already and nobody said --force.

    A file that is there is replaced by a whole new one or stays; a new one that is not finished is taken away again.
    A device or a pipe (`/dev/stdout`) holds nothing that could be lost.
    """
    is_plain = path.is_file() or not path.exists()
    place = path.resolve() if is_forced else path
    written = place.with_name(f".{place.name}.{os.getpid()}") if is_forced and is_plain else place
    target = _opened(path, written, is_plain=is_plain)
    try:
        with target:
            yield target
        if written != place:
            written.replace(place)
    except BaseException as fault:
        if is_plain:
            written.unlink(missing_ok=True)
        if isinstance(fault, OSError):
            fault.filename = fault.filename or str(path)
        raise


def _opened(path: Path, written: Path, *, is_plain: bool) -> BinaryIO:
    try:
        return written.open("xb" if is_plain else "wb")
    except FileExistsError:
        raise Blocked("{path} is there already: name another file, or replace it with --force.", path=path) from None
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, str(path)) from None


def progress(items: Iterable[T], words: str, length: int | None = None) -> Iterator[T]:
    """Yield the items, with a progress bar on a terminal and none in a pipe."""
    if not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, label=words, length=length, file=sys.stderr) as bar:
        yield from bar
