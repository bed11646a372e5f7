"""The table of study definitions: every version that was ever loaded, with its very text."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import Standing, column, one_of
from cotrack.lifecycles import STUDY_DEFINITION


class StudyDefinition(Standing):
    """One version of a study. Its text is what was signed, and never changes."""

    __tablename__ = "study_definition"
    __lifecycle__ = STUDY_DEFINITION
    __key__ = "sha256"
    __table_args__ = (
        UniqueConstraint("sha256"),
        UniqueConstraint("code", "study_version"),
        Index(
            "uq_study_definition_in_effect",
            "code",
            unique=True,
            sqlite_where=text("status = 'in_effect'"),
            postgresql_where=text("status = 'in_effect'"),
        ),
        one_of("status", STUDY_DEFINITION.states),
        CheckConstraint(
            "status = 'draft' OR (quality_signature_id IS NOT NULL AND investigator_signature_id IS NOT NULL)",
            name="signed_before_effect",
        ),
    )

    code: Mapped[str] = column()
    study_version: Mapped[str] = column()
    text: Mapped[str] = column()
    sha256: Mapped[str] = column()
    is_demonstration: Mapped[bool] = column()
    loaded_at: Mapped[datetime] = column()
    effective_at: Mapped[datetime | None] = column()
    quality_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))
    investigator_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    quality_signature: Mapped[Signature | None] = relationship(foreign_keys=[quality_signature_id])
    investigator_signature: Mapped[Signature | None] = relationship(foreign_keys=[investigator_signature_id])
