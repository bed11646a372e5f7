"""Tables of laboratories, and of how each of them spells its files, version after version."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.lifecycles import FILE_MAPPING

IN_USE = text("status = 'approved'")


class Laboratory(Base):
    """A laboratory that sends results in a file of its own form."""

    __tablename__ = "laboratory"
    __key__ = "code"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("code <> '' AND name_en <> '' AND name_zh <> ''", name="named"),
    )

    code: Mapped[str] = column()
    name_en: Mapped[str] = column()
    name_zh: Mapped[str] = column()
    registered_at: Mapped[datetime] = column()
    registered_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class FileMapping(Standing):
    """One version of a laboratory's mapping: its text never changes, and QA approves it before a file is read by it."""

    __tablename__ = "file_mapping"
    __lifecycle__ = FILE_MAPPING
    __key__ = "number"
    __table_args__ = (
        UniqueConstraint("laboratory_id", "number"),
        Index("uq_file_mapping_approved", "laboratory_id", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),
        one_of("status", FILE_MAPPING.states),
        CheckConstraint("number > 0", name="numbered"),
        CheckConstraint(
            "status NOT IN ('approved', 'superseded') OR approval_signature_id IS NOT NULL",
            name="approved_by_signature",
        ),
        CheckConstraint("status <> 'proposed' OR approval_signature_id IS NULL", name="proposed_without_signature"),
        CheckConstraint("(approved_by_id IS NULL) = (approval_signature_id IS NULL)", name="approved_by_somebody"),
        CheckConstraint("approved_by_id <> proposed_by_id", name="two_people"),
    )

    laboratory_id: Mapped[int] = column(ForeignKey("laboratory.id", ondelete="RESTRICT"))
    number: Mapped[int] = column()
    text: Mapped[str] = column()
    remark: Mapped[str] = column()
    sample_name: Mapped[str] = column()
    """The file on which it was tried before it was proposed; empty where there was none."""
    sample_sha256: Mapped[str] = column()
    sample_rows: Mapped[int | None] = column()
    sample_faults: Mapped[int | None] = column()
    proposed_at: Mapped[datetime] = column()
    proposed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    approval_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    approved_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    laboratory: Mapped[Laboratory] = relationship()
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
    approval_signature: Mapped[Signature | None] = relationship()


class MappedImport(Base):
    """By which version of its laboratory's mapping a stored file was read; a file in our own format has no such row."""

    __tablename__ = "mapped_import"
    __table_args__ = (UniqueConstraint("import_id"), {"info": APPEND_ONLY})

    import_id: Mapped[int] = column(ForeignKey("result_import.id", ondelete="RESTRICT"))
    mapping_id: Mapped[int] = column(ForeignKey("file_mapping.id", ondelete="RESTRICT"))
