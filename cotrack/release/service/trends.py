"""Reads how release tests ran over the lots tested last, in one statement for one test or for all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import Session

from cotrack.foundation.errors import NotFound
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.release.gateways import Spark, picture_of, spark_of
from cotrack.release.models import Result
from cotrack.release.rules.trends import (
    BASIS_WORDS,
    LEAST_LOTS,
    RULE_WORDS,
    VALID_STATES,
    Chart,
    Measured,
    Point,
    chart_of,
    is_trended,
    lots_in_another_unit,
    plain,
    points_of,
    written,
)
from cotrack.study import service as study
from cotrack.study.rules.definition import Definition, ReleaseTest
from cotrack.study.rules.specification import alert_words, limit_words

MOST_LOTS: Final = 60


@dataclass(frozen=True)
class Trend:
    """A test over its lots: those tested last, or those up to `asked` where that lot is older.

    `lots` is how many there are in all, `newer_lots` how many of them were tested after those that are shown.
    """

    test: ReleaseTest
    specification: str
    asked: str
    chart: Chart
    lots: int
    newer_lots: int
    lots_in_another_unit: Sequence[str]

    @property
    def named(self) -> str:
        """The lot that is asked for, else the newest."""
        return self.asked or (self.chart.points[-1].lot if self.chart.points else "")

    @property
    def broken(self) -> tuple[int, ...]:
        """The rules that this lot's point breaks."""
        pairs = zip(self.chart.points, self.chart.broken, strict=True)
        return next((rules for point, rules in pairs if point.lot == self.named), ())

    @property
    def spark(self) -> Spark | None:
        """The small line up to this lot; None where it has no value."""
        return spark_of(self.chart.points, self.named)


@dataclass(frozen=True)
class TrendLine:
    """One lot in the table beside the picture."""

    point: Point
    value: str
    rules: Mapping[int, str]


def trend_list(session: Session) -> Mapping[str, Any]:
    """Return every test of the study in effect that is reported in numbers, with its trend."""
    definition = study.definition_of(study.in_effect(session))
    found = trends_of(session, definition, filter(is_trended, definition.tests.values()))
    return {"definition": definition, "trends": found.values(), "limit": limit_words, "alert": alert_words}


def trend_of(session: Session, test_key: str, lot_number: str = "") -> Trend:
    """Return the trend of a test by the specification of a lot, else by the one in effect; raises NotFound."""
    lot = lot_numbered(session, lot_number) if lot_number else None
    definition = study.definition_of(lot.study_definition if lot else study.in_effect(session))
    test = definition.tests.get(test_key)
    if test is None or not is_trended(test):
        raise NotFound("The specification has no test “{test}” that is reported in numbers.", test=test_key)
    return trends_of(session, definition, [test], lot)[test_key]


def trend_page(session: Session, test_key: str, lot_number: str = "") -> Mapping[str, Any]:
    """Return the page of a test's trend: picture, table, and what mean and sigma stand on."""
    trend = trend_of(session, test_key, lot_number)
    chart = trend.chart
    return {
        "trend": trend,
        "picture": picture_of(chart, trend.test, trend.asked),
        "lines": trend_lines(chart)[::-1],
        "limit": limit_words(trend.test),
        "alert": alert_words(trend.test),
        "basis": (BASIS_WORDS[chart.basis], {"count": chart.counted, "least": LEAST_LOTS}),
        "rule_words": RULE_WORDS,
    }


def trend_lines(chart: Chart) -> list[TrendLine]:
    """Return the table beside the picture, the lot tested first at its head."""
    return [_line(chart, *each) for each in zip(chart.points, chart.broken, strict=True)]


def _line(chart: Chart, point: Point, rules: Sequence[int]) -> TrendLine:
    mean = f"{point.qualifier}{written(point.value, chart.places)}"
    value = point.reported[0] if len(point.reported) == 1 else mean
    return TrendLine(point, value, {number: RULE_WORDS[number] for number in rules})


def trends_of(
    session: Session, definition: Definition, tests: Iterable[ReleaseTest], lot: Lot | None = None
) -> dict[str, Trend]:
    """Return the trend of each of these tests by key, in one statement however many tests and lots there are."""
    by_key = {test.key: test for test in tests}
    rows: dict[str, list[Row[Any]]] = {key: [] for key in by_key}
    for row in session.execute(_newest(list(by_key), lot)):
        rows[row.test].append(row)
    return {key: _trend(test, definition.version, rows[key], lot) for key, test in by_key.items()}


def _trend(test: ReleaseTest, specification: str, rows: Sequence[Row[Any]], lot: Lot | None) -> Trend:
    results = [_measured(each) for each in rows]
    return Trend(
        test=test,
        specification=specification,
        asked=lot.number if lot else "",
        chart=chart_of(points_of(results, test.unit)),
        lots=rows[0].lots if rows else 0,
        newer_lots=min((each.place for each in rows), default=1) - 1,
        lots_in_another_unit=lots_in_another_unit(results, test.unit),
    )


def _measured(row: Row[Any]) -> Measured:
    return Measured(
        lot=row.lot,
        reported=row.reported,
        qualifier=row.qualifier,
        number=row.number,
        unit=row.unit,
        tested_at=row.tested_at,
        is_reviewed=row.status == "reviewed",
    )


_VALID: Final = and_(Result.number.is_not(None), Result.status.in_(VALID_STATES))


def _newest(keys: Sequence[str], lot: Lot | None) -> Select[*tuple[Any, ...]]:
    """Find the results of the lots tested last by each test; where this lot is older, of those up to it."""
    ranked = _ranked(keys)
    place_of_lot = func.max(case((ranked.c.lot_id == (lot.id if lot else None), ranked.c.place), else_=1))
    wanted = select(ranked, place_of_lot.over(partition_by=ranked.c.test).label("asked")).subquery("wanted")
    start = case((wanted.c.asked > MOST_LOTS, wanted.c.asked), else_=1)
    return (
        select(
            Lot.number.label("lot"),
            Result.test,
            Result.reported,
            Result.qualifier,
            Result.number,
            Result.unit,
            Result.tested_at,
            Result.status,
            wanted.c.lots,
            wanted.c.place,
        )
        .join(wanted, and_(wanted.c.lot_id == Result.lot_id, wanted.c.test == Result.test))
        .join(Lot, Lot.id == Result.lot_id)
        .where(_VALID, wanted.c.place.between(start, start + MOST_LOTS - 1))
        .order_by(Result.lot_id, Result.replicate)
    )


def _ranked(keys: Sequence[str]) -> Subquery:
    """Number the lots of each test, the one tested last first, and count them."""
    newest_first = (func.min(Result.tested_at).desc(), Result.lot_id.desc())
    return (
        select(
            Result.lot_id,
            Result.test,
            func.row_number().over(partition_by=Result.test, order_by=newest_first).label("place"),
            func.count().over(partition_by=Result.test).label("lots"),
        )
        .where(Result.test.in_(keys), _VALID)
        .group_by(Result.lot_id, Result.test)
        .subquery("ranked")
    )


@dataclass(frozen=True)
class TrendPoint:
    """One lot of a trend, as a program reads it."""

    lot: str
    value: str
    qualifier: str
    reported: Sequence[str]
    tested_at: datetime
    is_reviewed: bool
    rules_broken: Sequence[int]


@dataclass(frozen=True)
class TrendData:
    """A trend as a program reads it; numbers are exact texts."""

    trend: Trend
    centre: str | None
    sigma: str | None
    points: Sequence[TrendPoint]


def trend_data(session: Session, test_key: str, lot_number: str = "") -> TrendData:
    """Return the trend of a test for a program, oldest lot first."""
    trend = trend_of(session, test_key, lot_number)
    chart = trend.chart
    points = [
        TrendPoint(each.lot, plain(each.value), each.qualifier, each.reported, each.tested_at, each.is_reviewed, rules)
        for each, rules in zip(chart.points, chart.broken, strict=True)
    ]
    return TrendData(trend, _exact(chart.centre), _exact(chart.sigma), points)


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
