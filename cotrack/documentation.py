"""Writes the documents that are made from the code: lifecycles, permissions, problems. A test compares them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cotrack.labelling.gateways.typesetting
import cotrack.labelling.gateways.zpl  # noqa: F401 (their errors are listed too)
from cotrack.foundation.errors import CotrackError, InvalidInput
from cotrack.foundation.problems import HTTP_TITLES
from cotrack.foundation.site import SiteFault
from cotrack.foundation.state_machine import Action, Lifecycle
from cotrack.lifecycles import FOLLOWS, LIFECYCLES
from cotrack.policy import ROLES
from cotrack.settings import SettingsFault

MADE_FROM = "<!-- Made by `cotrack docs write`; change the code instead. -->"


def write(folder: Path) -> list[Path]:
    """Write every made document into the folder and return their paths."""
    written = []
    for name, make in DOCUMENTS.items():
        path = folder / name
        path.write_text(make(), encoding="utf-8")
        written.append(path)
    return written


def lifecycles() -> str:
    """Return the lifecycles as tables and diagrams."""
    parts = [f"# Lifecycles\n\n{MADE_FROM}\n\nEvery permitted change of status, from `cotrack/lifecycles.py`."]
    parts.extend("\n\n".join(_lifecycle(lifecycle)) for lifecycle in LIFECYCLES.values())
    return "\n\n".join(parts) + "\n"


def _lifecycle(lifecycle: Lifecycle) -> Iterator[str]:
    yield f"## {lifecycle.noun}"
    rows = [_row(action) for action in lifecycle.actions.values()]
    head = "| action | from | to | who may | signed as | reason | in one sentence |\n|---|---|---|---|---|---|---|"
    yield "\n".join([head, *rows])
    yield "\n".join(["```mermaid", "stateDiagram-v2", *_arrows(lifecycle), "```"])


def _row(action: Action) -> str:
    from_states = ", ".join(sorted(action.from_states)) or "–"
    cells = (
        action.name,
        from_states,
        action.to_state or "stays",
        _who(action),
        action.meaning or "–",
        "yes" if action.needs_reason else "–",
        action.sentence,
    )
    return f"| {' | '.join(cells)} |"


def _who(action: Action) -> str:
    if action.permission == FOLLOWS:
        return "follows from another act"
    return ", ".join(role for role, granted in ROLES.items() if action.permission in granted) or "nobody"


def _arrows(lifecycle: Lifecycle) -> Iterator[str]:
    for action in lifecycle.actions.values():
        for state in sorted(action.from_states) or ["[*]"]:
            yield f"    {state} --> {action.to_state or state}: {action.name}"


def permissions() -> str:
    """Return which role may do what."""
    names = sorted({permission for granted in ROLES.values() for permission in granted})
    head = f"| permission | {' | '.join(ROLES)} |\n|---|{'---|' * len(ROLES)}"
    rows = [
        f"| {name} | {' | '.join('yes' if name in granted else '' for granted in ROLES.values())} |" for name in names
    ]
    intro = "Which role may do what, from `cotrack/policy.py`. Whoever is not granted is denied."
    return "\n\n".join([f"# Permissions\n\n{MADE_FROM}\n\n{intro}", "\n".join([head, *rows])]) + "\n"


def problems() -> str:
    """Return every kind of problem document, and what the command line says besides."""
    intro = (
        "Every kind of problem document (RFC 9457); its `type` is `urn:cotrack:problem:` and the kind.\n"
        "The command line ends with exit status 1 and says the same reasons in one line; with `--json` it says\n"
        '`{"kind": …, "reasons": [{"code": …, "detail": …}]}`.'
    )
    head = "| kind | status | title | when |\n|---|---|---|---|"
    rows = [f"| {kind} | {status} | {title} | {when} |" for status, kind, title, when in sorted(_kinds())]
    return "\n\n".join([f"# Problems\n\n{MADE_FROM}\n\n{intro}", "\n".join([head, *rows])]) + "\n"


def _kinds() -> Iterator[tuple[str, str, str, str]]:
    """Yield status, kind, title and occasion of everything that is refused or fails."""
    for kind in _subclasses(CotrackError):
        yield str(kind.status), kind.kind, kind.title, _first_line(kind)
    for status, title in HTTP_TITLES.items():
        if status != InvalidInput.status:
            yield str(status), f"http-{status}", title, "The request did not come as far as a decision."
    yield (
        "–",
        "operating-system",
        "The operating system refused",
        "A file or folder cannot be used; the detail names it.",
    )
    yield "–", "found", "Something was found", "A check on the command line found faults; each is a reason."
    for fault in (SettingsFault, SiteFault):
        yield "–", fault.kind, "cotrack does not start", _first_line(fault)


def _first_line(kind: type[Exception]) -> str:
    return (kind.__doc__ or "").splitlines()[0]


def _subclasses(kind: type[CotrackError]) -> set[type[CotrackError]]:
    found = {kind}
    for below in kind.__subclasses__():
        found |= _subclasses(below)
    return found


DOCUMENTS: dict[str, Callable[[], str]] = {
    "lifecycles.md": lifecycles,
    "permissions.md": permissions,
    "problems.md": problems,
}
"""Each made document and what makes it."""
