"""Tables of labelled things, of every label that was ever asked for, and of signed documents as they went out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.lifecycles import LABEL_INSTANCE

KIND_NAMES = ("bag", "tag", "wristband", "sample")
"""The kinds of `rules.kinds`, again: models hold no rules, and a test compares the two."""

PAPERS = ("spoiled", "destroyed", "returned", "in_hand")
"""What may have become of the paper of a label that never went on its thing: `rules.reconciliation`, again."""

OUTCOMES = ("passed", "failed")
"""How a self-test of a station's scanner may come out."""

LIVE = text("status IN ('intended', 'sending', 'printed', 'applied')")


class LabelEntity(Base):
    """The opaque name under which a thing stands in codes; it says nothing and is never given twice."""

    __tablename__ = "label_entity"
    __table_args__ = (UniqueConstraint("subject"), UniqueConstraint("entity"), {"info": APPEND_ONLY})

    subject: Mapped[str] = column()
    entity: Mapped[str] = column()


class LabelInstance(Standing):
    """One print of one label: numbered, and the only one of its kind that counts for its thing."""

    __tablename__ = "label_instance"
    __lifecycle__ = LABEL_INSTANCE
    __table_args__ = (
        UniqueConstraint("entity_id", "kind", "instance"),
        Index(
            "uq_label_instance_live",
            "entity_id",
            "kind",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index("ix_label_instance_subject", "subject"),
        one_of("status", LABEL_INSTANCE.states),
        one_of("kind", KIND_NAMES),
        one_of("paper", PAPERS),
        CheckConstraint("instance > 0", name="instance_positive"),
        CheckConstraint("status <> 'applied' OR applied_by_id IS NOT NULL", name="applied_by_somebody"),
    )

    entity_id: Mapped[int] = column(ForeignKey("label_entity.id", ondelete="RESTRICT"))
    kind: Mapped[str] = column()
    subject: Mapped[str] = column()
    instance: Mapped[int] = column()
    fields: Mapped[str] = column()
    template_version: Mapped[str] = column()
    station: Mapped[str] = column()
    printer: Mapped[str] = column()
    requested_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    requested_at: Mapped[datetime] = column()
    reason: Mapped[str] = column()
    printed_at: Mapped[datetime | None] = column()
    bytes_sha256: Mapped[str | None] = column()
    applied_at: Mapped[datetime | None] = column()
    applied_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    paper: Mapped[str | None] = column()
    """What became of the paper of a label that counts no more; empty where nothing came out, or nobody was asked."""


class OwedDocument(Base):
    """What a signature promised as paper: written with the signature, in the same record; the PDF follows.

    `fields` is what the document says, as canonical JSON in UTF-8: bytes, so that the trail keeps its hash alone.
    """

    __tablename__ = "owed_document"
    __table_args__ = (
        UniqueConstraint("signature_id", "name"),
        Index("ix_owed_document_subject", "subject", "name"),
        CheckConstraint("name <> ''", name="named"),
        {"info": APPEND_ONLY},
    )

    name: Mapped[str] = column()
    subject: Mapped[str] = column()
    event: Mapped[str] = column()
    fields: Mapped[bytes] = column(LargeBinary)
    signature_id: Mapped[int] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    owed_at: Mapped[datetime] = column()

    kept: Mapped["KeptDocument | None"] = relationship(viewonly=True)
    signature: Mapped[Signature] = relationship(viewonly=True)


class KeptDocument(Base):
    """The bytes of a signed document, once for ever, with all that made them: a re-make of these equals them.

    `around` is what stands in head and foot, as canonical JSON; `note` the checkpoint that is printed; `versions`
    the template, program, typst and fonts.
    """

    __tablename__ = "kept_document"
    __table_args__ = (
        UniqueConstraint("owed_id"),
        CheckConstraint("content_sha256 <> ''", name="hashed"),
        {"info": APPEND_ONLY},
    )

    owed_id: Mapped[int] = column(ForeignKey("owed_document.id", ondelete="RESTRICT"))
    record_id: Mapped[int] = column(ForeignKey("audit_record.id", ondelete="RESTRICT"))
    note: Mapped[str] = column()
    around: Mapped[bytes] = column(LargeBinary)
    versions: Mapped[str] = column()
    made_at: Mapped[datetime] = column()
    content: Mapped[bytes] = column(LargeBinary, deferred=True)
    content_sha256: Mapped[str] = column()


class StationSelfTest(Base):
    """One reading of the self-test sheet at a station: by whom, when, how it came out, and what was wrong.

    What arrived stands nowhere but as an HMAC: somebody may scan a patient's card by mistake. `faults` and `remarks`
    are reasons as JSON text; `symbologies` is what the scanner sent before each code (`]Q1`).
    """

    __tablename__ = "station_self_test"
    __table_args__ = (
        Index("ix_station_self_test_station", "station", "id"),
        one_of("outcome", OUTCOMES),
        CheckConstraint("(outcome = 'passed') = (faults = '[]')", name="passed_without_fault"),
        CheckConstraint("station <> ''", name="somewhere"),
        {"info": APPEND_ONLY},
    )

    station: Mapped[str] = column()
    sheet: Mapped[str] = column()
    outcome: Mapped[str] = column()
    faults: Mapped[str] = column()
    remarks: Mapped[str] = column()
    symbologies: Mapped[str] = column()
    arrived_hmac: Mapped[str] = column()
    slowest_milliseconds: Mapped[int | None] = column()
    tested_at: Mapped[datetime] = column()
    tested_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    tested_by: Mapped[Person] = relationship(viewonly=True)
