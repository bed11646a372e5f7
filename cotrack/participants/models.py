"""Tables of participants, what is known of them, their encrypted identity, and their bands."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.access.models import Signature
from cotrack.foundation.db import APPEND_ONLY, Base, Standing, column, one_of
from cotrack.labelling.models import LabelInstance
from cotrack.lifecycles import BAND, PARTICIPANT
from cotrack.study.models import StudyDefinition

SOURCES = ("screening", "answered", "measured")
ON_A_WRIST = text("status <> 'removed'")


class Participant(Standing):
    """A person in the study, known everywhere by subject number alone."""

    __tablename__ = "participant"
    __lifecycle__ = PARTICIPANT
    __key__ = "subject_number"
    __table_args__ = (
        UniqueConstraint("subject_number"),
        one_of("status", PARTICIPANT.states),
        CheckConstraint(
            "status <> 'enrolled' OR "
            "(enrolled_on IS NOT NULL AND enrolment_signature_id IS NOT NULL AND arm IS NOT NULL)",
            name="enrolled_with_signature",
        ),
    )

    subject_number: Mapped[str] = column()
    site_code: Mapped[str] = column()
    study_definition_id: Mapped[int] = column(ForeignKey("study_definition.id", ondelete="RESTRICT"))
    arm: Mapped[str | None] = column()
    screened_on: Mapped[date] = column()
    screening_file_sha256: Mapped[str] = column()
    enrolled_on: Mapped[date | None] = column()
    enrolment_signature_id: Mapped[int | None] = column(ForeignKey("signature.id", ondelete="RESTRICT"))

    study_definition: Mapped[StudyDefinition] = relationship()
    enrolment_signature: Mapped[Signature | None] = relationship()


class TreatingPhysician(Base):
    """A physician took a participant's treatment over; the newest counts, and before the first whoever enrolled."""

    __tablename__ = "treating_physician"
    __table_args__ = (
        Index("ix_treating_physician_participant", "participant_id", "id"),
        CheckConstraint("reason <> ''", name="reason_given"),
        {"info": APPEND_ONLY},
    )

    participant_id: Mapped[int] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    reason: Mapped[str] = column()
    taken_at: Mapped[datetime] = column()


class Observation(Base):
    """One thing known of a participant on a day: a screening column, a physician's answer, a new measurement.

    The newest of a field counts; none is ever changed. Names, hospital numbers and birth dates are not kept here.
    """

    __tablename__ = "observation"
    __table_args__ = (
        Index("ix_observation_participant", "participant_id", "field", "id"),
        one_of("source", SOURCES),
        {"info": APPEND_ONLY},
    )

    participant_id: Mapped[int] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    field: Mapped[str] = column()
    value: Mapped[str] = column()
    observed_on: Mapped[date] = column()
    source: Mapped[str] = column()
    recorded_at: Mapped[datetime] = column()
    recorded_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class ParticipantIdentity(Base):
    """Name, hospital number and birth date, encrypted; every look at them is recorded."""

    __tablename__ = "participant_identity"
    __table_args__ = (UniqueConstraint("participant_id"),)

    participant_id: Mapped[int] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    sealed: Mapped[str] = column(secret=True)
    changed_at: Mapped[datetime] = column()
    changed_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))


class Band(Standing):
    """A wristband on a wrist: put on by one person, confirmed by another, one at a time."""

    __tablename__ = "band"
    __lifecycle__ = BAND
    __table_args__ = (
        UniqueConstraint("label_id"),
        Index("ix_band_participant_id", "participant_id"),
        Index(
            "uq_band_worn",
            "participant_id",
            unique=True,
            sqlite_where=ON_A_WRIST,
            postgresql_where=ON_A_WRIST,
        ),
        one_of("status", BAND.states),
        CheckConstraint("put_on_by_id <> confirmed_by_id", name="two_people"),
        CheckConstraint("status <> 'confirmed' OR confirmed_by_id IS NOT NULL", name="confirmed_by_somebody"),
    )

    participant_id: Mapped[int] = column(ForeignKey("participant.id", ondelete="RESTRICT"))
    label_id: Mapped[int] = column(ForeignKey("label_instance.id", ondelete="RESTRICT"))
    put_on_by_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    put_on_at: Mapped[datetime] = column()
    confirmed_by_id: Mapped[int | None] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    confirmed_at: Mapped[datetime | None] = column()
    removed_at: Mapped[datetime | None] = column()

    label: Mapped[LabelInstance] = relationship()
    participant: Mapped[Participant] = relationship()
