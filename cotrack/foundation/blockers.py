"""One reason against an act: a code word for programs and a sentence for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cotrack.foundation.words import say


@dataclass(frozen=True)
class Blocker:
    """A reason why an act may not be done now.

    `code` is a stable word (surface.md §3 for the bedside), `detail` an English sentence with named parameters,
    which the edge translates; `solve` names the thing (`noun:id`) where it is solved, if there is one.
    """

    code: str
    detail: str
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)
    solve: str = ""

    @property
    def sentence(self) -> str:
        """The reason in English, as the trail keeps it."""
        return say(self.detail, self.parameters)
