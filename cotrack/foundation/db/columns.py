"""Column types that store exactly what was given, and read the same on SQLite and PostgreSQL."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Numeric, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

INSTANT_TEXT = "%Y-%m-%dT%H:%M:%S.%fZ"


def instant_text(instant: datetime) -> str:
    """Return an aware instant as UTC with microseconds and `Z`: one text form for record, replay and export."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC with microseconds; a naive one is refused."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use PostgreSQL's own type there, and sortable text on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True, precision=6))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse an instant without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must know its zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (its signature)
        """Return the instant in UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        instant: datetime = value
        return instant.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number of fixed scale; a value that would be rounded or does not fit is refused.

    SQLite has no exact decimals, so there the number is kept as a whole number of its smallest step, which compares
    and sums exactly.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        """Take `precision` digits in all, `scale` of them after the point."""
        super().__init__(precision, scale)
        self.digits = precision
        self.places = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use NUMERIC on PostgreSQL and whole steps on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(self.digits, self.places))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse what would be rounded."""
        if value is None:
            return None
        exact = self.exact(value)
        return exact if dialect.name == "postgresql" else int(exact.scaleb(self.places))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the number with all its places."""
        if value is None:
            return None
        return Decimal(value) if dialect.name == "postgresql" else Decimal(value).scaleb(-self.places)

    def exact(self, value: Decimal) -> Decimal:
        """Return a number with all its places; the context refuses digits that are too many, before or after."""
        context = Context(prec=self.digits, traps=[Inexact, InvalidOperation])
        try:
            exact = Decimal(value).quantize(Decimal(1).scaleb(-self.places), context=context)
        except (Inexact, InvalidOperation):
            exact = Decimal("NaN")
        if not exact.is_finite():
            raise ValueError(f"{value} does not fit {self.digits} digits with {self.places} after the point")
        return exact


def is_plain(text: str) -> bool:
    """Whether a text is in Unicode's composed form, without NUL or lone surrogates: the same in every database."""
    if text.isascii():
        return "\0" not in text
    is_whole = not any(unicodedata.category(each) == "Cs" for each in text)
    return is_whole and "\0" not in text and unicodedata.is_normalized("NFC", text)


class PlainText(TypeDecorator[str]):
    """Text in Unicode's composed form without NUL or lone surrogates; anything else is refused at the door."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (its signature)
        """Refuse text that could not be written the same everywhere."""
        if value is not None and not value.isascii():
            value.encode("utf-8")
            if not unicodedata.is_normalized("NFC", value):
                raise ValueError("text must be in Unicode's composed form (NFC)")
        if value is not None and "\0" in value:
            raise ValueError("text must not hold NUL")
        return value


def trail_text(value: object) -> str | bool | int | None:
    """Return a column's value as the trail writes it (surface.md §4): the same text for record, replay and export."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date | Decimal):
        return value.isoformat() if isinstance(value, date) else format(value, "f")
    raise TypeError(f"the trail has no form for {type(value).__name__}")
