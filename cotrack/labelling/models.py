"""Tables of labelled things, of every label that was ever asked for, and of signed documents as they went out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Person, Signature
from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.lifecycles import FOREIGN_SCAN, LABEL_INSTANCE, PRINT_JOB

KIND_NAMES = (
    "bag",
    "tag",
    "wristband",
    "sample",
    "tube",
    "vial",
    "batch_sheet",
    "order_sheet",
    "badge",
    "location",
    "box",
    "shipper",
)
"""The kinds of `rules.kinds`, again: models hold no rules, and a test compares the two."""

PAPERS = ("spoiled", "destroyed", "returned", "in_hand")
"""What may have become of the paper of a label that never went on its thing: `rules.reconciliation`, again."""

OUTCOMES = ("sure", "doubtful")
"""What is known of a label that was sent to a printer: `rules.print_jobs`, again."""

SELF_TEST_OUTCOMES = ("passed", "failed")
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


SURE = text("outcome = 'sure'")


class PrintJob(Standing):
    """Labels that were put together for one printer, in their order; each is drawn from its own row alone."""

    __tablename__ = "print_job"
    __lifecycle__ = PRINT_JOB
    __table_args__ = (
        UniqueConstraint("request_key"),
        Index("ix_print_job_status", "status"),
        one_of("status", PRINT_JOB.states),
        CheckConstraint("printer <> ''", name="printer_named"),
        CheckConstraint("status = 'waiting' OR status = 'cancelled' OR sent_at IS NOT NULL", name="sent_at_a_time"),
    )

    printer: Mapped[str] = column()
    station: Mapped[str] = column()
    request_key: Mapped[str | None] = column()
    """Under which it was asked for, person and key: a request that is sent again finds its job."""
    requested_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    requested_at: Mapped[datetime] = column()
    sent_at: Mapped[datetime | None] = column()
    ended_at: Mapped[datetime | None] = column()
    fault: Mapped[str] = column()
    """What the printer or the drawing said last, empty where nothing went wrong."""

    labels: Mapped[list["PrintJobLabel"]] = relationship(viewonly=True, order_by="PrintJobLabel.position")


class PrintJobLabel(Base):
    """One label of a print job, and what is known of its print; a label comes out of one job for sure, once."""

    __tablename__ = "print_job_label"
    __table_args__ = (
        UniqueConstraint("job_id", "label_id"),
        UniqueConstraint("job_id", "position"),
        Index("uq_print_job_label_sure", "label_id", unique=True, sqlite_where=SURE, postgresql_where=SURE),
        Index("ix_print_job_label_label_id", "label_id"),
        one_of("outcome", OUTCOMES),
        CheckConstraint("position > 0", name="position_positive"),
    )

    job_id: Mapped[int] = column(ForeignKey("print_job.id", ondelete="RESTRICT"))
    label_id: Mapped[int] = column(ForeignKey("label_instance.id", ondelete="RESTRICT"))
    position: Mapped[int] = column()
    outcome: Mapped[str | None] = column()


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


class ForeignScan(Standing):
    """A scan of a code that is none of ours: the string encrypted until QA purges it. Outside the trail.

    `hmac` is what the trail holds of the same scan, so that the two are found by each other.
    """

    __tablename__ = "foreign_scan"
    __lifecycle__ = FOREIGN_SCAN
    __table_args__ = (
        Index("ix_foreign_scan_hmac", "hmac"),
        Index("ix_foreign_scan_scanned_at", "scanned_at"),
        one_of("status", FOREIGN_SCAN.states),
        CheckConstraint("(status = 'purged') = (sealed IS NULL)", name="purged_is_gone"),
        CheckConstraint("(status = 'purged') = (purged_by_id IS NOT NULL)", name="purged_by_somebody"),
        CheckConstraint("(purged_at IS NULL) = (purged_by_id IS NULL)", name="purged_at_some_time"),
    )

    event: Mapped[str] = column()
    scanned_at: Mapped[datetime] = column()
    scanned_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    station: Mapped[str] = column()
    symbology: Mapped[str] = column()
    length: Mapped[int] = column()
    hmac: Mapped[str] = column()
    sealed: Mapped[str | None] = column()
    purged_at: Mapped[datetime | None] = column()
    purged_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))

    scanned_by: Mapped[Person] = relationship(foreign_keys=scanned_by_id)
    purged_by: Mapped[Person | None] = relationship(foreign_keys=purged_by_id)


class StationSelfTest(Base):
    """One reading of the self-test sheet at a station: by whom, when, how it came out, and what was wrong.

    What arrived stands nowhere but as an HMAC: somebody may scan a patient's card by mistake. `faults` and `remarks`
    are reasons as JSON text; `symbologies` is what the scanner sent before each code (`]Q1`).
    """

    __tablename__ = "station_self_test"
    __table_args__ = (
        Index("ix_station_self_test_station", "station", "id"),
        one_of("outcome", SELF_TEST_OUTCOMES),
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
