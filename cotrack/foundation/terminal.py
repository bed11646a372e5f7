"""What every command of the command line shares: acting as a named person, one line for each refusal, progress."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import CotrackError, NotFound, PermissionDenied, Refused
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.site import SiteFault
from cotrack.settings import SettingsFault

T = TypeVar("T")
FOUND_OR_REFUSED = 1


@dataclass
class Terminal:
    """What one call of the command line holds; the runtime is started by the first command that needs it."""

    start: Callable[[], Runtime]
    as_user: str
    is_json: bool
    _runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        """Return the runtime."""
        if self._runtime is None:
            self._runtime = self.start()
        return self._runtime

    def close(self) -> None:
        """Let go of the database."""
        if self._runtime is not None:
            self._runtime.ground.sessions.engine.dispose()

    def actor(self) -> Actor:
        """Return the named person of `--as`, whose password is asked (or stands in COTRACK_PASSWORD)."""
        if not self.as_user:
            raise click.UsageError("say who acts: cotrack --as USER …")
        password = os.environ.get("COTRACK_PASSWORD") or click.prompt(f"Password of {self.as_user}", hide_input=True)
        door = self.runtime.door
        opened = door.sign_in(self.as_user, password, kind="api", station="", request="command line")
        visitor = door.visitor(opened.secret, kind="api", request="command line")
        if visitor is None:
            raise NotFound("There is nobody called {username} here.", username=self.as_user)
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


pass_terminal = click.make_pass_decorator(Terminal)


def plain_errors(command: Callable[..., T]) -> Callable[..., T]:
    """End a command with one line on stderr and exit status 1 where something was found or refused."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> T:
        try:
            return command(*arguments, **options)
        except (CotrackError, SettingsFault, SiteFault, OSError) as fault:
            is_json = click.get_current_context().find_root().params.get("is_json", False)
            _say_fault(fault, is_json=is_json)
            sys.exit(FOUND_OR_REFUSED)

    return run


def _say_fault(fault: Exception, *, is_json: bool) -> None:
    reasons = [each.sentence for each in fault.reasons] if isinstance(fault, Refused) else [str(fault)]
    if is_json:
        kind = fault.kind if isinstance(fault, CotrackError) else "fault"
        click.echo(json.dumps({"kind": kind, "reasons": reasons}, ensure_ascii=False), err=True)
    else:
        click.echo(f"cotrack: {'; '.join(reasons)}", err=True)


def progress(items: Iterable[T], words: str, length: int | None = None) -> Iterator[T]:
    """Yield the items, with a progress bar on a terminal and none in a pipe."""
    if not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, label=words, length=length, file=sys.stderr) as bar:
        yield from bar
