"""Tables of labelled things and of every label that was ever asked for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.lifecycles import LABEL_INSTANCE

KIND_NAMES = ("bag", "tag", "wristband", "sample")
"""The kinds of `rules.kinds`, again: models hold no rules, and a test compares the two."""

PAPERS = ("spoiled", "destroyed", "returned", "in_hand")
"""What may have become of the paper of a label that never went on its thing: `rules.reconciliation`, again."""

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
