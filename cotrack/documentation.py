"""Writes the documents that are made from the code: lifecycles, permissions, problems. A test compares them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cotrack.labelling.gateways.render
import cotrack.labelling.gateways.zpl  # noqa: F401 (their errors are listed too)
from cotrack.foundation.errors import CotrackError
from cotrack.foundation.state_machine import Action, Lifecycle
from cotrack.lifecycles import FOLLOWS, LIFECYCLES
from cotrack.policy import ROLES

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
    """Return every kind of problem document."""
    kinds = sorted(_subclasses(CotrackError), key=lambda kind: (kind.status, kind.kind))
    rows = [f"| {kind.kind} | {kind.status} | {kind.title} | {_first_line(kind)} |" for kind in kinds]
    intro = "Every kind of problem document (RFC 9457); its `type` is `urn:cotrack:problem:` and the kind."
    head = "| kind | status | title | when |\n|---|---|---|---|"
    return "\n\n".join([f"# Problems\n\n{MADE_FROM}\n\n{intro}", "\n".join([head, *rows])]) + "\n"


def _first_line(kind: type[CotrackError]) -> str:
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
