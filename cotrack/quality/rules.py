"""What a hold or a recall says to whoever wants to use the thing, or a thing below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cotrack.foundation.blockers import Blocker


@dataclass(frozen=True)
class HoldFacts:
    """One hold or recall that stands now."""

    subject: str
    status: str
    reason: str
    placed_at: datetime

    @property
    def key(self) -> str:
        """The number of the thing that is held."""
        return self.subject.partition(":")[2]


def against_held(holds: Sequence[HoldFacts]) -> list[Blocker]:
    """Return one reason for each hold or recall that stands: `lot_recalled`, `lot_on_hold`, `unit_on_hold`."""
    return [_blocker(hold) for hold in holds]


def _blocker(hold: HoldFacts) -> Blocker:
    details = {"thing": hold.key, "reason": hold.reason}
    if hold.status == "recalled":
        return Blocker("lot_recalled", "{thing} is recalled: {reason}", details, solve=hold.subject)
    code = "lot_on_hold" if hold.subject.startswith("lot:") else "unit_on_hold"
    return Blocker(code, "{thing} is on hold: {reason}", details, solve=hold.subject)
