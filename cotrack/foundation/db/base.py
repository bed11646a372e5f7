"""The base of all tables: named constraints, columns that know what they held, checks that follow lifecycles."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Date, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column

from cotrack.foundation.db.columns import PlainText, UtcInstant
from cotrack.foundation.state_machine import Lifecycle

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


def column(*arguments: Any, secret: bool = False, **options: Any) -> MappedColumn[Any]:
    """Make a column that keeps its old value on change; a `secret` one stands in the trail as an HMAC only."""
    info = {"secret": True} if secret else {}
    return mapped_column(*arguments, active_history=True, info=info, **options)


class Base(DeclarativeBase):
    """Every table of cotrack. `__key__` names the column that people know a row by."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcInstant, date: Date, str: PlainText}
    __key__: ClassVar[str] = "id"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, active_history=True, sort_order=-1
    )

    @property
    def key(self) -> str:
        """Return what people know this row by, as the trail names it."""
        return str(getattr(self, self.__key__))


class Standing(Base):
    """A row with a status: its lifecycle decides the changes, and its version refuses two writers at once."""

    __abstract__ = True
    __lifecycle__: ClassVar[Lifecycle]

    status: Mapped[str] = column()
    version: Mapped[int] = column()

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let SQLAlchemy count the version and refuse a stale one."""
        return {"version_id_col": cls.__dict__.get("version", cls.version)}


def one_of(name: str, values: Iterable[str]) -> CheckConstraint:
    """Make the named check that a column holds one of these words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{name} IN ({words})", name=name)


APPEND_ONLY = {"append_only": True}
"""Table info of what is never changed once written; triggers refuse it on both databases."""


def is_append_only(table: Table) -> bool:
    """Whether a trigger refuses every change of this table's rows."""
    return bool(table.info.get("append_only"))
