"""The trend of a test as paper: picture, table, and what mean and sigma stand on (ISO 7870-2, Nelson 1984)."""

from sqlalchemy.orm import Session

from cotrack.foundation.site import Site
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both
from cotrack.release.gateways import picture_of, svg_of
from cotrack.release.rules.trends import LEAST_LOTS
from cotrack.release.service.trends import TrendLine, trend_lines, trend_of
from cotrack.study import service as study
from cotrack.study.rules.specification import alert_words, limit_words

NEWEST_RECORD = ("trail:newest", ())
"""A trend is nobody's act: it says what the trail knows up to its newest record."""


def trend_document(session: Session, site: Site, test_key: str, lot_number: str = "") -> Document:
    """Return what the trend of a test says as paper; raises NotFound for a test that is not reported in numbers."""
    trend, definition = trend_of(session, test_key, lot_number), study.definition_of(study.in_effect(session))
    lines = trend_lines(trend.chart)
    fields = {
        "study": f"{definition.registration or '–'} · {both(definition.title)}",
        "test": both(trend.test.name),
        "specification": f"{definition.code} {trend.specification}",
        "limit": limit_words(trend.test),
        "alert": alert_words(trend.test) or "–",
        "unit": trend.test.unit or "–",
        "asked": trend.asked or "–",
        "shown": f"{len(lines)} / {trend.lots}",
        "basis": trend.chart.basis.value,
        "counts": [str(trend.chart.counted), str(LEAST_LOTS)],
        "picture": svg_of(picture_of(trend.chart, trend.test, trend.asked)) if lines else "",
        "lines": [_line(each, site) for each in reversed(lines)],
        "others": list(trend.lots_in_another_unit),
    }
    return Document("trend", *NEWEST_RECORD, fields)


def _line(each: TrendLine, site: Site) -> list[str]:
    """Return a line: lot, value, its replicates, when tested, rules broken, what else to know."""
    notes = [
        *([] if each.point.is_counted else ["界值，不计入 a bound, left out"]),
        *([] if each.point.is_reviewed else ["未复核 not reviewed yet"]),
    ]
    return [
        each.point.lot,
        each.value,
        " · ".join(each.point.reported) if len(each.point.reported) > 1 else "",
        site_words(each.point.tested_at, site.zone),
        ", ".join(map(str, each.rules)) or "–",
        "; ".join(notes) or "–",
    ]
