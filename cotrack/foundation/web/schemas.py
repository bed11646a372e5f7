"""The fields that every form and JSON body is made of: strict in shape, plain in their complaints."""

import unicodedata
from base64 import b64decode
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from cotrack.foundation import written
from cotrack.foundation.words import N_

LONGEST_LINE = 200
MOST_ID = 2**63 - 1
LONGEST_SECRET = 1_000

_MISSING: dict[str, Any] = {"required": N_("Enter a value."), "null": N_("Enter a value.")}
_NO_NUMBER = dict.fromkeys(("invalid", "special"), N_("Enter a number, such as 61.5."))


class In(Schema):
    """What comes in: a field nobody asked for is refused, and a text is composed and free of control characters."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 (marshmallow's way)
        "unknown": N_("This field is not known here."),
        "type": N_("Send an object with fields."),
    }

    @post_load
    def _read_unnamed(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Read each field that only the study knows, where a form lets it through, as a line of text."""
        named = {each.attribute or name for name, each in self.load_fields.items()}
        faults: dict[str, list[str]] = {}
        for name in loaded.keys() - named:
            try:
                loaded[name] = Words().deserialize(loaded[name])
            except ValidationError as fault:
                faults[name] = [str(each) for each in fault.messages]
        if faults:
            raise ValidationError(dict(faults))
        return loaded


class Words(fields.String):
    """One line of text, trimmed; a line break in it could pass for the next line of what is signed."""

    default_error_messages = {**_MISSING, "invalid": N_("Enter text.")}  # noqa: RUF012 (marshmallow's way)

    def __init__(self, *, longest: int = LONGEST_LINE, **options: Any) -> None:
        """Take the longest length allowed."""
        super().__init__(validate=validate.Length(max=longest, error=N_("This is too long.")), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        text: str = super()._deserialize(value, attr, data, **options)
        text = unicodedata.normalize("NFC", text)
        if not self._is_allowed(text):
            raise ValidationError(N_("This holds characters that cannot be kept."))
        text = text.strip()
        if not text and self.required:
            raise self.make_error("required")
        return text

    def _is_allowed(self, text: str) -> bool:
        return written.is_one_line(text)


def plain_line(text: str) -> str:
    """Return what somebody typed as one line, without what cannot be kept: for where no form would ask anew."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(each for each in composed if each.isprintable()).strip()


class Lines(Words):
    """Several lines of text, signed by themselves alone: nothing of ours stands beside them."""

    def _is_allowed(self, text: str) -> bool:
        return not any(unicodedata.category(each) in {"Cc", "Cs"} and each not in "\n\t\r" for each in text)


def refuse_half_characters(text: str) -> None:
    """Refuse half of a character, which JSON can write and nothing can keep, hash or send."""
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise ValidationError(N_("This holds characters that cannot be kept."))


class FileText(fields.String):
    """The text of a file, kept as it came; its meaning is judged by the reader of such files."""

    default_error_messages = {**_MISSING, "invalid": N_("Enter text.")}  # noqa: RUF012 (marshmallow's way)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        text: str = super()._deserialize(value, attr, data, **options)
        refuse_half_characters(text)
        return text


class ScannedCode(fields.String):
    """A scanned string, kept byte for byte as it came; its meaning is judged by the rules of codes."""

    default_error_messages = {**_MISSING, "invalid": N_("Scan a code.")}  # noqa: RUF012 (marshmallow's way)

    def __init__(self, **options: Any) -> None:
        """Take anything up to the longest line."""
        super().__init__(validate=validate.Length(max=LONGEST_LINE * 2, error=N_("This is too long.")), **options)


class FileBytes(fields.String):
    """The bytes of a file in base64."""

    default_error_messages = {"invalid": N_("Send the file in base64.")}  # noqa: RUF012 (marshmallow's way)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        try:
            return b64decode(text, validate=True)
        except ValueError:
            raise self.make_error("invalid") from None


class Quantity(fields.Decimal):
    """A decimal number, exact, within limits."""

    default_error_messages = {**_MISSING, **_NO_NUMBER}  # noqa: RUF012 (marshmallow's way)

    def __init__(self, *, places: int, least: str, most: str, **options: Any) -> None:
        """Take `places` after the point and the inclusive limits."""
        self.places_allowed = places
        limits = validate.Range(Decimal(least), Decimal(most), error=N_("This number is outside what is possible."))
        super().__init__(allow_nan=False, validate=limits, as_string=True, **options)

    def _validated(self, value: Any) -> Any:
        if written.number(str(value)) is None:
            raise self.make_error("invalid")
        number = super()._validated(value)
        if number != round(number, self.places_allowed):
            raise ValidationError(N_("This number has too many places after the point."))
        return number


class Whole(fields.Integer):
    """A whole number within limits."""

    default_error_messages = {**_MISSING, "invalid": N_("Enter a whole number.")}  # noqa: RUF012 (marshmallow's way)

    def __init__(self, *, least: int, most: int, **options: Any) -> None:
        """Take the inclusive limits."""
        limits = validate.Range(least, most, error=N_("This number is outside what is possible."))
        super().__init__(strict=False, validate=limits, **options)

    def _validated(self, value: Any) -> int:
        if written.whole(str(value)) is None:
            raise self.make_error("invalid")
        return super()._validated(value)


def _day(text: str) -> date:
    found = written.day(text)
    if found is None:
        raise ValueError(f"{text!r} is no day")
    return found


class Day(fields.Date):
    """A calendar day of the site."""

    DESERIALIZATION_FUNCS = {"iso": _day}  # noqa: RUF012 (marshmallow's way)
    default_error_messages = {**_MISSING, "invalid": N_("Enter a date, such as 2026-11-22.")}  # noqa: RUF012 (marshmallow's way)


class Instant(fields.AwareDateTime):
    """An instant; it leaves with its offset (RFC 3339)."""

    default_error_messages = {**_MISSING, "invalid": N_("Enter a time with its zone.")}  # noqa: RUF012 (marshmallow's way)


class Choice(fields.String):
    """One of a few words."""

    default_error_messages = {**_MISSING, "invalid": N_("Choose one of these.")}  # noqa: RUF012 (marshmallow's way)

    def __init__(self, choices: Any, **options: Any) -> None:
        """Take the words allowed."""
        self.choices = tuple(choices)
        super().__init__(validate=validate.OneOf(self.choices, error=N_("Choose one of these.")), **options)


class ReasonIn(In):
    """Why."""

    reason = Words(
        required=True, metadata={"label": N_("Reason"), "hint": N_("It stands in the trail with your name.")}
    )


class NothingIn(In):
    """An act that asks nothing."""


class ScanIn(In):
    """A scanned label."""

    code = ScannedCode(required=True, metadata={"label": N_("Scan the label"), "kind": "scan"})


class SignatureIn(In):
    """A signature as it is sent: the password again, what signing means, and the hash of the text that was shown."""

    password = fields.String(required=True, error_messages=_MISSING, load_only=True)
    meaning = Words(load_default="")
    text_sha256 = Words(load_default="")


class SignatureField(fields.Nested):
    """The signature of a signed act."""

    default_error_messages = {**_MISSING, "type": N_("Send an object with fields.")}  # noqa: RUF012 (marshmallow's way)

    def __init__(self) -> None:
        """Be required."""
        super().__init__(SignatureIn, required=True)


class SignatureOut(Schema):
    """A signature as it is shown (21 CFR 11.50)."""

    printed_name = fields.String()
    role = fields.String()
    meaning = fields.String()
    signed_at = Instant()
    zone = fields.String()
    text_sha256 = fields.String()
