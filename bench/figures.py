"""One line of the benchmark: rates of the program and of the same work by hand, with the times behind them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Slice:
    """A short stretch of one side: how long each act took, and how long the stretch was, in seconds.

    Of a print job `printed_seconds` is the part from the press of the button on.
    """

    times: Sequence[float]
    seconds: float
    printed_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Acts per second."""
        return len(self.times) / self.seconds


@dataclass(frozen=True)
class Line:
    """The program's slices and the floor's, taken in turn."""

    name: str
    unit: str
    value: Sequence[Slice]
    floor: Sequence[Slice]
    detail: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the line as surface.md §6 has it: medians of the slices' rates, times in milliseconds."""
        value, floor = rate(self.value), rate(self.floor)
        pairs = [one.rate / other.rate for one, other in zip(self.value, self.floor, strict=True)]
        content = {
            "name": self.name,
            "value": round(value, 2),
            "unit": self.unit,
            "floor": round(floor, 2),
            "ratio": round(value / floor, 3),
            "n": sum(len(each.times) for each in self.value),
            "detail": {
                **times(self.value),
                "floor": times(self.floor),
                "slices": len(pairs),
                "ratio_range": [round(min(pairs), 3), round(max(pairs), 3)],
                **self.detail,
            },
        }
        return json.dumps(content, ensure_ascii=False)


def rate(slices: Sequence[Slice]) -> float:
    """Return the median rate of some slices: one slice that the machine disturbed does not count."""
    return median(each.rate for each in slices)


def times(slices: Sequence[Slice]) -> dict[str, float]:
    """Return the percentiles of the acts' times, in milliseconds."""
    sorted_times = sorted(chain.from_iterable(each.times for each in slices))
    last = len(sorted_times) - 1
    return {f"p{share}_ms": round(sorted_times[round(last * share / 100)] * 1000, 4) for share in (50, 95, 99)}
