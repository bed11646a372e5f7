"""One reason against an act: a code word for programs and a sentence for people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cotrack.foundation.words import Term, Words, say


@dataclass(frozen=True)
class Blocker:
    """A reason why an act may not be done now.

    `code` is a stable word (surface.md §3 for the bedside), `detail` an English sentence with named parameters,
    which the edge translates; `solve` names the thing (`noun:id`) where it is solved, if there is one. `kept` says
    what stands in the trail in the place of parameters that quote what may be a person's data.
    """

    code: str
    detail: str
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)
    solve: str = ""
    kept: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def sentence(self) -> str:
        """The reason in English, as it is told to who asked."""
        return say(self.detail, self.parameters)

    @property
    def for_record(self) -> "Blocker":
        """The reason as the trail keeps it: no participant's name or number stands there, ever (surface.md §4)."""
        return replace(self, parameters={**self.parameters, **self.kept}, kept={}) if self.kept else self


def blockers_text(blockers: Sequence[Blocker]) -> str:
    """Return reasons as JSON text for keeping, so that they can be told again in either language."""
    kept = [
        {
            "code": each.code,
            "detail": each.sentence,
            "sentence": each.detail,
            "parameters": {name: _kept(value) for name, value in each.parameters.items()},
            "solve": each.solve,
        }
        for each in blockers
    ]
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def read_blockers(text: str) -> list[Blocker]:
    """Return the reasons that `blockers_text` kept."""
    return [
        Blocker(
            each["code"],
            each["sentence"],
            {name: _told(value) for name, value in each["parameters"].items()},
            each["solve"],
        )
        for each in json.loads(text)
    ]


def _kept(value: object) -> Any:
    if isinstance(value, Term):
        return {"term": str(value)}
    if isinstance(value, Words):
        return {"en": value.en, "zh": value.zh}
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    return str(value) if isinstance(value, date | Decimal) else value


def _told(value: Any) -> object:
    if not isinstance(value, Mapping):
        return value
    if "term" in value:
        return Term(value["term"])
    if "instant" in value:
        return datetime.fromisoformat(value["instant"])
    return Words(value["en"], value["zh"])
