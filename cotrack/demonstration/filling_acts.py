"""The steps from an empty lot to its labelled bags and samples, as the demonstration's technicians take them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.demonstration import making
from cotrack.demonstration.players import Cast
from cotrack.foundation.site import Site
from cotrack.labelling.models import LabelEntity, LabelInstance
from cotrack.labelling.service import instances, printing
from cotrack.labelling.service.instances import live_label
from cotrack.manufacture.models import LineClearance
from cotrack.manufacture.rules.filling import LOOKED_AT, Content
from cotrack.manufacture.service import clearances, filling, inputs, lots
from cotrack.manufacture.service.rolls import rolls_of


class FillingActs:
    """Every step of making and filling a lot."""

    def __init__(self, cast: Cast) -> None:
        """Let this cast act."""
        self.cast = cast
        self.ground = cast.ground
        self.recipe: Mapping[str, str] = {}
        self.plan: making.Plan | None = None

    def site_time(self) -> datetime:
        """Return the instant by the clock, in the site's time."""
        return self.ground.sessions.clock().astimezone(self.ground.site.zone)

    def today(self) -> date:
        """Return the site's day by the clock."""
        return self.ground.sessions.clock().astimezone(self.ground.site.zone).date()

    def lot(self, number: str, *, made_on: date | None = None) -> str:
        """Make a lot, of how much of each bank and material the recipe says; with a plan its steps take them."""
        self.cast.do("zhao.l", lambda work: lots.make_lot(work, number=number, made_on=made_on or self.today()))
        for source, amount in ({} if self.plan else self.recipe).items():
            used = {"source": source, "amount": amount}
            self.cast.do("zhao.l", lambda work, each=used: inputs.use_in_lot(work, number, **each))  # type: ignore[misc]
        return number

    def unit(self, lot_number: str, *, volume_ml: str = "30.0", viable: str = "5.360", reason: str = "") -> str:
        """Fill one bag at a cleared line; one that holds less than the study says, with the reason."""
        self.line_cleared(lot_number)
        filled = self.cast.do(
            "zhao.l",
            lambda work: filling.fill_unit(
                work, lot_number, Content(Decimal(volume_ml), Decimal(viable), Decimal("93.0")), reason=reason
            ),
        )
        return filled.number

    def line_cleared(self, lot_number: str, *, station: str = "FILL-1") -> None:
        """Clear a station for a lot by two people, unless it is; the lot that stood there is cleared away first."""
        here = self.cast.read(lambda session: clearances.at_station(session, station))
        if (
            here is not None
            and self.cast.read(lambda session: lots.lot_numbered(session, lot_number)).id == here.lot_id
        ):
            return
        if here is not None:
            self._line_left(here.id, station)
        cleared = self.cast.do(
            "zhao.l",
            lambda work: clearances.clear_line(work, lot_number, looked_at=LOOKED_AT, roll="R-117", labels=500),
            station=station,
        )
        self.cast.do(
            "feng.t", lambda work: clearances.check_line(work, cleared.id, looked_at=LOOKED_AT), station=station
        )

    def _line_left(self, clearance_id: int, station: str) -> None:
        left = self.cast.read(lambda session: _left_on_roll(session, clearance_id, self.cast.ground.site))
        self.cast.do(
            "zhao.l",
            lambda work: clearances.leave_line(work, clearance_id, looked_at=LOOKED_AT, labels=left),
            station=station,
        )
        self.cast.do(
            "feng.t", lambda work: clearances.end_line(work, clearance_id, looked_at=LOOKED_AT), station=station
        )

    def line_left(self, lot_number: str) -> None:
        """Clear every line of a lot after its filling, by two people."""
        lot = self.cast.read(lambda session: lots.lot_numbered(session, lot_number))
        for each in self.cast.read(lambda session: clearances.clearances_of(session, lot.id)):
            if each.status == "in_force":
                self._line_left(each.id, each.station)

    def sample(self, lot_number: str, kind: str) -> str:
        """Fill a sample, print its label, and scan it back."""
        self.line_cleared(lot_number)
        content = Content(Decimal("1.0"), Decimal("5.360"), Decimal("93.0"))
        number = self.cast.do("zhao.l", lambda work: filling.fill_sample(work, lot_number, content, kind=kind)).number
        self.scan_back(number, self.code(self.unit_label(number, "sample")))
        return number

    def unit_label(self, unit_number: str, kind: str, *, reason: str = "") -> int:
        """Ask for a bag's label and hand it out."""
        asked = self.cast.do("zhao.l", lambda work: filling.request_label(work, unit_number, kind=kind, reason=reason))
        printing.hand_out(self.ground, self.cast.actor("zhao.l"), asked.id)
        return asked.id

    def labelled_unit(self, lot_number: str, **how: str) -> str:
        """Fill one bag, print both its labels, and scan them back on it."""
        number = self.unit(lot_number, **how)
        for kind in ("bag", "tag"):
            label_id = self.unit_label(number, kind)
            self.scan_back(number, self.code(label_id))
        return number

    def scan_back(self, unit_number: str, code: str) -> None:
        """Scan a label on its bag."""
        self.cast.do("zhao.l", lambda work: instances.scan_back(work, f"unit:{unit_number}", code))

    def code(self, label_id: int) -> str:
        """Return what a scanner reads from a label instance."""

        def read(session: object) -> tuple[str, str, int]:
            row = session.execute(  # type: ignore[attr-defined]  # a session
                select(LabelInstance.kind, LabelEntity.entity, LabelInstance.instance)
                .join(LabelEntity, LabelEntity.id == LabelInstance.entity_id)
                .where(LabelInstance.id == label_id)
            ).one()
            return row.kind, row.entity, row.instance

        return printing.label_code(self.ground, *self.cast.read(read))

    def live_code(self, subject: str, kind: str) -> str:
        """Return what a scanner reads from a thing's current label."""
        label = self.cast.read(lambda session: live_label(session, subject, kind))
        if label is None:
            raise LookupError(f"{subject} has no live {kind} label")
        return self.code(label.id)

    def filling_finished(self, number: str) -> None:
        """Clear the line after the filling of a lot, and let the lot go into quarantine."""
        self.line_left(number)
        self.cast.do("zhao.l", lambda work: lots.finish_lot(work, number))


def _left_on_roll(session: Session, clearance_id: int, site: Site) -> int:
    """Count the labels that are left on the roll of a line: all that was put in but what was printed."""
    lot_id = session.get_one(LineClearance, clearance_id).lot_id
    roll = [each for each in rolls_of(session, lot_id, site) if each.clearance_id == clearance_id][-1]
    return max(roll.put_in - roll.printed, 0)
