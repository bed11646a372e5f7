"""One figure of how labels are read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """How one decoder read one symbol on one thing, in percent; `varied` is empty within the measure."""

    label: str
    symbol: str
    thing: str
    decoder: str
    varied: str
    amount: float
    shots: int
    percent_at_first: float
    percent: float
    wrong: int
