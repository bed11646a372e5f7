"""Reads the stability table of a study file; versions that were signed before there was one have none."""

from collections.abc import Sequence

from cotrack.study.rules.definition import SPONSOR_TO_SET
from cotrack.study.rules.file_table import FileTable
from cotrack.study.rules.stability import StabilityPoint, supported_months

LATEST_MONTH = 600
"""Fifty years: nothing that is thawed and given keeps longer, and what is typed beyond it is no month."""


def read_stability(product: FileTable) -> tuple[StabilityPoint, ...] | None:
    """Read the optional table; None where the file says none, or leaves it to the sponsor as a whole."""
    if product.data.get("stability") == SPONSOR_TO_SET or not product.says("stability"):
        product.get("stability", lambda _: None, "a list of tables", optional=True)
        return None
    before = len(product.faults)
    tables = product.tables("stability")
    points = tuple(map(_point, tables))
    _check_months(tables, points)
    # Of a row that is wrong nothing follows: only its own fault is named.
    return points if len(product.faults) == before else None


def _point(table: FileTable) -> StabilityPoint:
    point = StabilityPoint(
        months=table.whole("months", is_open=False) or 0,
        lots=table.whole("lots", is_open=False) or 0,
        meets=table.get("meets", _is_flag, "true or false", is_open=False) == "true",
        report=table.word("report"),
    )
    if point.months > LATEST_MONTH:
        table.note("months", f"is above {LATEST_MONTH}: it must be a month of the study of stability")
    table.close()
    return point


def _is_flag(value: object) -> str | None:
    """Return true or false as a word: a false that was read is told from one that was not."""
    return str(value).lower() if isinstance(value, bool) else None


def _check_months(tables: Sequence[FileTable], points: Sequence[StabilityPoint]) -> None:
    """Note a month that does not lie behind the one before: a second row of a month would speak against the first."""
    latest = 0
    for table, point in zip(tables, points, strict=True):
        if point.months and point.months <= latest:
            table.note("months", f"is {point.months}: it must lie behind the row before, {latest}")
        latest = max(latest, point.months)


def check_shelf_life(product: FileTable, months: int | None, points: tuple[StabilityPoint, ...] | None) -> None:
    """Note a shelf life that says more than the table, and a table that supports none."""
    if not points:
        return
    supported = supported_months(points)
    if supported == 0:
        product.note("stability", "supports no shelf life: its first month did not meet the specification")
    elif months is not None and months > supported:
        product.note("shelf_life_months", f"is {months}: the stability table supports {supported}")
