"""The demonstration's clock: what is told happened before the instant of loading, in order, and ends at it."""

from datetime import date, datetime, timedelta, tzinfo

LOT_PREFIX = "MSC"


class StoryClock:
    """Tells the demonstration's past: it stands where the story is, never behind what was told, and ends at now."""

    def __init__(self, end: datetime, zone: tzinfo) -> None:
        """End at the instant of loading, on a day of the site."""
        self.end = end
        self.now = end
        self.day: date = end.astimezone(zone).date()

    def __call__(self) -> datetime:
        """Return the story's instant; each look is a second later, so that no two acts share one."""
        self.now = min(self.now + timedelta(seconds=1), self.end)
        return self.now

    def go_to(self, *, days: float = 0, minutes: float = 0) -> None:
        """Go to an instant before the end; the story never goes back."""
        self.now = max(self.now, self.end - timedelta(days=days, minutes=minutes))

    def begin(self, *, days: float) -> None:
        """Begin the story."""
        self.now = self.end - timedelta(days=days)

    def lot(self, sequence: int) -> str:
        """Return a lot's number, with the year of loading."""
        return f"{LOT_PREFIX}{self.day:%y}-{sequence:04d}"
