"""Shapes of sign-in and of people."""

from marshmallow import Schema, fields, validate

from cotrack.foundation.web.schemas import LONGEST_SECRET, Choice, In, Instant, ReasonIn, Words, refuse_half_characters
from cotrack.foundation.words import N_
from cotrack.policy import ROLES

GRANTABLE = tuple(role for role in ROLES if role != "system")


class SecretWords(fields.String):
    """A password as it was typed; it never leaves."""

    default_error_messages = {"required": N_("Enter a value."), "null": N_("Enter a value.")}  # noqa: RUF012 (marshmallow's way)

    def __init__(self, label: str = "") -> None:
        """Be required and never dumped; `label` names it on its page."""
        too_long = validate.Length(max=LONGEST_SECRET, error=N_("This is too long."))
        named = {"label": label} if label else {}
        super().__init__(required=True, load_only=True, validate=[refuse_half_characters, too_long], metadata=named)


class SignInIn(In):
    """User name and password, and at which station."""

    username = Words(required=True)
    password = SecretWords()
    station = Words(load_default="")


class TokenOut(Schema):
    """The token of a program, shown once."""

    token = fields.String(attribute="secret")
    expires_at = Instant()


class PersonIn(In):
    """A new person."""

    username = Words(required=True, metadata={"label": N_("User name")})
    printed_name = Words(required=True, metadata={"label": N_("Name as it is printed under signatures")})
    identity_verified_by = Words(required=True, metadata={"label": N_("Who verified the identity, and how")})
    roles = fields.List(
        Choice(GRANTABLE),
        required=True,
        error_messages={"required": N_("Choose one of these.")},
        metadata={"label": N_("Roles")},
    )
    new_password = SecretWords(N_("First password"))


class RoleIn(In):
    """A role to give or take, and why."""

    role = Choice(GRANTABLE, required=True, metadata={"label": N_("Role")})
    reason = Words(required=True, metadata={"label": N_("Reason")})


class ResetIn(ReasonIn):
    """A new password set by an administrator."""

    new_password = SecretWords(N_("New password"))


class PasswordIn(In):
    """A person's own change of password."""

    current_password = SecretWords(N_("Present password"))
    new_password = SecretWords(N_("New password"))


class PersonOut(Schema):
    """A person as colleagues see them."""

    username = fields.String()
    printed_name = fields.String()
    roles = fields.List(fields.String(), attribute="role_names")
    is_active = fields.Boolean()
    identity_verified_by = fields.String()
    created_at = Instant()
