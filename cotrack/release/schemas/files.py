"""Shapes of the files that laboratories send."""

from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from cotrack.foundation.web.schemas import MOST_ID, FileBytes, FileText, In, Whole, Words
from cotrack.foundation.words import N_


class ResultFileIn(In):
    """A file as text, or as its bytes in base64 where it is written in another encoding than UTF-8."""

    file_name = Words(required=True)
    content = FileText(load_default=None)
    content_base64 = FileBytes(load_default=None)
    laboratory = Words(load_default="")
    mapping = Whole(least=1, most=MOST_ID, load_default=None)

    @validates_schema
    def _check_one_content(self, loaded: dict[str, Any], **_: Any) -> None:
        if (loaded["content"] is None) == (loaded["content_base64"] is None):
            raise ValidationError(N_("Enter a value."), "content")

    @post_load
    def _as_bytes(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the one content as bytes."""
        text, content = loaded.pop("content"), loaded.pop("content_base64")
        return {**loaded, "content": text.encode() if content is None else content}


class StoreResultsIn(In):
    """A previewed file to store, by its hash."""

    sha256 = Words(required=True)
    laboratory = Words(load_default="")
    mapping = Whole(least=1, most=MOST_ID, load_default=None)
