"""Lists that may be long: searched, filtered in the address, sorted, paged by key, counted, and handed out as CSV."""

import base64
import csv
import io
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cotrack.foundation import written
from cotrack.foundation.db.columns import INSTANT_TEXT, ExactDecimal, UtcInstant, is_plain, trail_text
from cotrack.foundation.web.schemas import MOST_ID

PAGE_SIZE = 50
MOST_CSV_ROWS = 100_000
DAYS = ("from", "to")

Cell = Callable[[Any], Any]
Sortable = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True)
class Column:
    """One column: its title, how a row fills it, by what it sorts, and how it is shown."""

    key: str
    title: str
    value: Cell
    sort: Sortable | None = None
    kind: str = "text"


@dataclass(frozen=True)
class Filter:
    """One choice above a list: the column that is to hold the chosen word, or a condition for each word."""

    name: str
    title: str
    options: tuple[str, ...]
    column: Sortable | None = None
    conditions: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)

    def narrow(self, option: str) -> ColumnElement[bool]:
        """Return the condition of one choice."""
        return self.conditions[option] if self.column is None else self.column == option


@dataclass(frozen=True)
class Listing:
    """A list: what it selects, its columns, what is searched, and its sort to begin with (`-key` is descending)."""

    name: str
    title: str
    statement: Select[*tuple[Any, ...]]
    columns: Sequence[Column]
    id_column: Sortable
    search: Sequence[Sortable] = ()
    filters: Sequence[Filter] = ()
    sort: str = ""
    day: Sortable | None = None
    """The instant by whose day of the site the list may be cut."""

    @property
    def is_searchable(self) -> bool:
        """Whether there is anything to search in."""
        return bool(self.search)


@dataclass(frozen=True)
class Page:
    """One page of a list, as asked for."""

    listing: Listing
    rows: Sequence[Any]
    count: int
    query: str
    sort: str
    chosen: Mapping[str, str]
    next_key: str
    is_later: bool
    path: str = ""

    @property
    def sorted_by(self) -> str:
        """The key of the column that the rows are sorted by."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.sort.startswith("-")

    def _url(self, **changes: str) -> str:
        asked = {"q": self.query, "sort": self.sort, **self.chosen, **changes}
        return f"{self.path}?{urlencode({name: value for name, value in asked.items() if value})}"

    def sort_url(self, key: str) -> str:
        """Return the address of the list sorted by a column; a second time the other way round."""
        return self._url(sort=f"-{key}" if self.sort == key else key)

    @property
    def next_url(self) -> str:
        """The address of the next page, empty on the last."""
        return self._url(after=self.next_key) if self.next_key else ""

    @property
    def first_url(self) -> str:
        """The address of the first page."""
        return self._url()

    @property
    def csv_url(self) -> str:
        """The address of the whole list as CSV."""
        return self._url(format="csv")


def between_days(listing: Listing, asked: Mapping[str, str], zone: ZoneInfo) -> Listing:
    """Cut a list to the days of the site that an address asks for (`from` and `to`, both included)."""
    statement = listing.statement
    first, last = (written.day(asked.get(name, "")) for name in DAYS)
    if listing.day is not None and first is not None:
        statement = statement.where(listing.day >= datetime.combine(first, time(), zone))
    if listing.day is not None and last is not None:
        statement = statement.where(listing.day < datetime.combine(last + timedelta(days=1), time(), zone))
    return replace(listing, statement=statement)


def page_of(listing: Listing, session: Session, asked: Mapping[str, str], *, path: str, size: int = PAGE_SIZE) -> Page:
    """Return the page that an address asks for; what it does not know is left out, not an error."""
    query = "".join(each for each in unicodedata.normalize("NFC", asked.get("q", "")) if each.isprintable()).strip()
    chosen = {each.name: asked[each.name] for each in listing.filters if asked.get(each.name) in each.options}
    if listing.day is not None:
        chosen |= {name: asked[name] for name in DAYS if written.day(asked.get(name, "")) is not None}
    sort = asked.get("sort", "")
    by_key = {each.key: each for each in listing.columns if each.sort is not None}
    if sort.removeprefix("-") not in by_key:
        sort = listing.sort
    narrowed = _narrowed(listing, query, chosen)
    count = int(session.scalar(select(func.count()).select_from(narrowed.order_by(None).subquery())) or 0)
    statement = _after(listing, narrowed, by_key, sort=sort, after=asked.get("after", ""))
    rows = session.execute(statement.limit(size + 1)).all()
    next_key = _key(rows[size - 1]) if len(rows) > size else ""
    return Page(listing, rows[:size], count, query, sort, chosen, next_key, bool(asked.get("after")), path)


def _narrowed(listing: Listing, query: str, chosen: Mapping[str, str]) -> Select[*tuple[Any, ...]]:
    statement = listing.statement
    for word in query.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        statement = statement.where(or_(*(column.ilike(pattern, escape="\\") for column in listing.search)))
    for each in listing.filters:
        if each.name in chosen:
            statement = statement.where(each.narrow(chosen[each.name]))
    return statement


def _after(
    listing: Listing, statement: Select[*tuple[Any, ...]], by_key: Mapping[str, Column], *, sort: str, after: str
) -> Select[*tuple[Any, ...]]:
    column: Any = by_key[sort.removeprefix("-")].sort
    is_descending = sort.startswith("-")
    value, row_id = _read_key(after, column) if after else (None, 0)
    if value is not None:
        same_value = and_(column == value, listing.id_column < row_id if is_descending else listing.id_column > row_id)
        statement = statement.where(or_(column < value if is_descending else column > value, same_value))
    order = (column.desc(), listing.id_column.desc()) if is_descending else (column.asc(), listing.id_column.asc())
    return statement.add_columns(column.label("sort_value"), listing.id_column.label("sort_id")).order_by(*order)


def _key(row: Any) -> str:
    value = trail_text(row.sort_value)
    return base64.urlsafe_b64encode(json.dumps([value, row.sort_id]).encode()).decode()


def _read_key(after: str, column: Any) -> tuple[Any, int]:
    """Return the value and id that a page ended with; the beginning where the address holds nonsense."""
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(after))
        return _sort_value(value, column.type), _whole(row_id)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return None, 0


def _sort_value(value: Any, kind: Any) -> Any:
    """Return what a page ended with as its column takes it; raises ValueError for what the column never held."""
    if isinstance(kind, Integer):
        return _whole(value)
    if not isinstance(value, str) or not is_plain(value):
        raise ValueError(f"{value!r} is no text")
    if isinstance(kind, UtcInstant):
        return datetime.strptime(value, INSTANT_TEXT).replace(tzinfo=UTC)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return kind.exact(Decimal(value)) if isinstance(kind, ExactDecimal) else value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= MOST_ID:
        raise ValueError(f"{value!r} is no number of a row")
    return value


def csv_of(listing: Listing, session: Session, asked: Mapping[str, str]) -> str:
    """Return the whole list as CSV, as searched and filtered; values as the trail writes them."""
    page = page_of(listing, session, {**asked, "after": ""}, path="", size=MOST_CSV_ROWS)
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([each.key for each in listing.columns])
    for row in page.rows:
        writer.writerow([_plain(each.value(row)) for each in listing.columns])
    return file.getvalue()


def _plain(value: Any) -> Any:
    """Return a cell as plain text; one that a spreadsheet would take as a formula is disarmed."""
    text = trail_text(value)
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@")) else text
