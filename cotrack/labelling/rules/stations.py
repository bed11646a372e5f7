"""Decides whether scans count at a station: only where its scanner was found to read true, and not too long ago."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_


@dataclass(frozen=True)
class StationFacts:
    """What is known of a station's scanner: whether the site asks for its test, and how the newest one came out."""

    code: str
    is_required: bool
    stands_days: int
    is_passed: bool = False
    tested_at: datetime | None = None

    @property
    def stands_until(self) -> datetime | None:
        """Until when a passed test stands; None where none is passed."""
        return self.tested_at + timedelta(days=self.stands_days) if self.tested_at and self.is_passed else None


def against_station(station: StationFacts, now: datetime) -> list[Blocker]:
    """Return why no scan counts at a station: its newest self-test is not passed, or too old; each says what to do.

    A station whose keyboard or input method garbles codes shows at the test, not at the bedside (reference/domain.md
    §5.4). Where the site asks for no test, nothing is said.
    """
    if not station.is_required:
        return []
    details: Mapping[str, object] = {"station": station.code}
    until = station.stands_until
    if station.tested_at is None:
        words = N_("The scanner of station {station} was never tested: scan the self-test sheet first.")
    elif until is None:
        words = N_(
            "The scanner of station {station} did not read the self-test sheet true: put it right, test it again."
        )
    elif until < now:
        words = N_("The self-test of station {station} stood until {until}: scan the sheet again.")
        details = {**details, "until": until}
    else:
        return []
    return [Blocker("station_not_tested", words, details, solve=f"station:{station.code}")]
