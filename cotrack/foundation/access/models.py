"""Tables of people, roles, sign-ins and signatures."""

import hashlib
from datetime import datetime

import rfc8785
from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, relationship

from cotrack.foundation.db import APPEND_ONLY, Base, column, one_of
from cotrack.foundation.db.columns import instant_text
from cotrack.policy import ROLES

SIGN_IN_KINDS = ("browser", "api")


class Person(Base):
    """Somebody who may sign in. A user name is never given twice, not even after its person has left (11.100(a))."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("username"),)
    __key__ = "username"

    username: Mapped[str] = column()
    printed_name: Mapped[str] = column()
    identity_verified_by: Mapped[str] = column()
    password_hash: Mapped[str] = column(secret=True)
    must_change_password: Mapped[bool] = column()
    is_active: Mapped[bool] = column()
    created_at: Mapped[datetime] = column()

    roles: Mapped[list["PersonRole"]] = relationship(back_populates="person", order_by="PersonRole.id")

    @property
    def role_names(self) -> tuple[str, ...]:
        """The roles held now."""
        return tuple(sorted(each.role for each in self.roles if each.revoked_at is None))


class PersonRole(Base):
    """A role that a person holds, from its grant until it is revoked."""

    __tablename__ = "person_role"
    __table_args__ = (
        one_of("role", ROLES),
        Index(
            "uq_person_role_held",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    role: Mapped[str] = column()
    granted_at: Mapped[datetime] = column()
    revoked_at: Mapped[datetime | None] = column()

    person: Mapped[Person] = relationship(back_populates="roles")


class Signature(Base):
    """A person's signature under one text: printed name, time and meaning (21 CFR 11.50), bound to it (11.70)."""

    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_subject", "subject"), {"info": APPEND_ONLY})

    person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    printed_name: Mapped[str] = column()
    role: Mapped[str] = column()
    meaning: Mapped[str] = column()
    signed_at: Mapped[datetime] = column()
    zone: Mapped[str] = column()
    subject: Mapped[str] = column()
    text: Mapped[str] = column()
    text_sha256: Mapped[str] = column()
    seal: Mapped[str] = column()


def _seal(signature: Signature) -> str:
    bound: dict[str, str | int] = {
        "person": signature.person_id,
        "printed_name": signature.printed_name,
        "role": signature.role,
        "meaning": signature.meaning,
        "signed_at": instant_text(signature.signed_at),
        "zone": signature.zone,
        "subject": signature.subject,
        "text": hashlib.sha256(signature.text.encode()).hexdigest(),
    }
    return hashlib.sha256(rfc8785.dumps({**bound})).hexdigest()


def sealed(signature: Signature) -> Signature:
    """Bind the signature to its text, subject, person, time and meaning, so that a copied one is found."""
    signature.seal = _seal(signature)
    return signature


def is_intact(signature: Signature) -> bool:
    """Whether the signature still stands under the text and subject that were signed."""
    return signature.seal == _seal(signature)


class SignInSession(Base):
    """A sign-in, of a browser or of a program. Only the hash of its secret is kept."""

    __tablename__ = "sign_in_session"
    __table_args__ = (UniqueConstraint("secret_sha256"), one_of("kind", SIGN_IN_KINDS))

    secret_sha256: Mapped[str] = column()
    kind: Mapped[str] = column()
    person_id: Mapped[int] = column(ForeignKey("person.id", ondelete="RESTRICT"))
    station: Mapped[str] = column()
    form_token: Mapped[str] = column()
    started_at: Mapped[datetime] = column()
    seen_at: Mapped[datetime] = column()
    expires_at: Mapped[datetime] = column()
    ended_at: Mapped[datetime | None] = column()

    person: Mapped[Person] = relationship()


INSIDE = " inside"
"""What follows a user name where wrong passwords of who is signed in are counted; no user name holds a blank."""


class SignInCounter(Base):
    """Wrong passwords for one user name since the last right one, and until when the name is locked.

    Those of who is signed in already are counted in a row of their own (`name inside`).
    """

    __tablename__ = "sign_in_counter"
    __table_args__ = (UniqueConstraint("username"),)

    username: Mapped[str] = column()
    failures: Mapped[int] = column()
    locked_until: Mapped[datetime | None] = column()


class IdempotencyKey(Base):
    """The first answer to a request, for whoever repeats it within 72 hours."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("actor", "route", "key"),)

    actor: Mapped[str] = column()
    route: Mapped[str] = column()
    key: Mapped[str] = column()
    body_mark: Mapped[str] = column()
    status: Mapped[int] = column()
    answer: Mapped[str] = column()
    answered_at: Mapped[datetime] = column()


class Upload(Base):
    """A file between its preview and its storing; its bytes are kept for one day."""

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_sha256", "sha256"),)

    sha256: Mapped[str] = column()
    name: Mapped[str] = column()
    content: Mapped[bytes] = column()
    username: Mapped[str] = column()
    uploaded_at: Mapped[datetime] = column()
