"""How a lot is made, as its study version describes it: steps in order, what each needs, what is measured at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from cotrack.foundation import written
from cotrack.foundation.words import Words

EQUIPMENT_KINDS: Final = (
    "clean_room",
    "safety_cabinet",
    "incubator",
    "centrifuge",
    "cell_counter",
    "cell_washer",
    "filling_device",
    "controlled_rate_freezer",
)
SOURCE_KINDS: Final = ("cell_bank", "medium", "reagent", "vector", "container")
"""What may be asked for at a step and goes into the lot."""

Counts = Literal["", "cells_seeded", "cells_harvested"]


@dataclass(frozen=True)
class Parameter:
    """Something measured at a step; `counts` names a number of cells by which population doublings are computed."""

    key: str
    name: Words
    kind: Literal["number", "words"]
    unit: str
    least: Decimal | None
    most: Decimal | None
    alert_least: Decimal | None
    alert_most: Decimal | None
    accepts: tuple[str, ...]
    rejects: tuple[str, ...]
    counts: Counts

    def number_of(self, text: str) -> Decimal | None:
        """Return a number as somebody typed it; None where it is none, or none that can be meant."""
        number = written.number(text) if self.kind == "number" else None
        is_possible = number is not None and (number > 0 or not self.counts)
        return number if is_possible else None

    def is_said(self, text: str) -> bool:
        """Whether a text is a value of this parameter at all: a number, or one of its words."""
        return self.number_of(text) is not None if self.kind == "number" else text in (*self.accepts, *self.rejects)

    @property
    def limits(self) -> str:
        """The limits as a batch record writes them: `36.5 – 37.5 °C`, `≥ 90 %`, `clear`; a dash where it has none."""
        if self.kind == "words":
            return " / ".join(self.accepts)
        if self.least is not None and self.most is not None:
            return f"{self.least} – {self.most} {self.unit}".rstrip()
        sign, limit = ("≥", self.least) if self.least is not None else ("≤", self.most)
        return "–" if limit is None else f"{sign} {limit} {self.unit}".rstrip()


@dataclass(frozen=True)
class ProcessStep:
    """One step: one plain instruction, what is scanned before it is performed, what is measured.

    A step after filling is performed on a lot that left filling too; nothing goes into the lot at it.
    """

    key: str
    name: Words
    instruction: Words
    equipment: tuple[str, ...]
    sources: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    is_after_filling: bool

    @property
    def needs(self) -> tuple[str, ...]:
        """The kinds that are scanned, in their order: rooms and devices first, then what goes into the lot."""
        return (*self.equipment, *self.sources)


@dataclass(frozen=True)
class Process:
    """The steps in their order, and how far cells may have grown: passage number, population doublings in all."""

    steps: tuple[ProcessStep, ...]
    passage_most: int | None
    doublings_most: Decimal | None

    def step(self, key: str) -> ProcessStep | None:
        """Return the step of a key."""
        return next((each for each in self.steps if each.key == key), None)

    @property
    def counted(self) -> Sequence[tuple[str, Parameter]]:
        """The numbers of cells by which doublings are computed, each with its step's key, in their order."""
        return [(step.key, each) for step in self.steps for each in step.parameters if each.counts]
