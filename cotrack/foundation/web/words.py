"""Turns marked English sentences into the reader's language, with times and numbers as the site writes them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask import current_app, request
from flask_babel import get_locale, gettext
from markupsafe import Markup

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.web.visit import runtime
from cotrack.foundation.words import Term, Words
from cotrack.foundation.written import site_words

LANGUAGES = {"zh": "中文", "en": "English"}
LANGUAGE_COOKIE = "cotrack_language"


def choose_language() -> str:
    """Take the reader's chosen language, else the browser's, else the site's first."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES)) or "zh"


def term(word: str) -> str:
    """Return the reader's word for a state, role, noun or other fixed word of the program."""
    return str(gettext(current_app.config["COTRACK_WORDS"].get(word, word)))


def tell(sentence: str, parameters: Mapping[str, object] | None = None) -> str:
    """Translate a sentence and fill in its parameters."""
    if not sentence:
        return ""
    shown = {name: _shown(value) for name, value in (parameters or {}).items()}
    translated = str(gettext(sentence))
    return translated.format(**shown) if shown else translated


def tell_blocker(blocker: Blocker) -> str:
    """Say one reason against an act."""
    return tell(blocker.detail, blocker.parameters)


def _shown(value: object) -> object:
    if isinstance(value, Term):
        return term(value)
    if isinstance(value, Words):
        return value[str(get_locale() or "zh")]
    if isinstance(value, datetime):
        return site_time_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def site_time_text(instant: datetime) -> str:
    """Write an instant in the site's time with its offset: `2026-11-22 14:05 +08:00`."""
    return site_words(instant, runtime().ground.site.zone)


def site_time(instant: datetime | None) -> Markup:
    """Write an instant for a page: site time, with UTC on hover."""
    if instant is None:
        return Markup("–")
    utc = instant.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S"), site_time_text(instant)
    )


def site_day(day: date | None) -> str:
    """Write a calendar day."""
    return day.isoformat() if day else "–"


def quantity(value: Decimal | int | None, unit: str = "") -> Markup:
    """Write a number with its unit, never one without the other."""
    if value is None:
        return Markup("–")
    number = format(value, "f") if isinstance(value, Decimal) else str(value)
    return Markup('<span class="quantity">{}</span>').format(f"{number} {unit}".strip())


def millions(value: Decimal | int | None) -> str:
    """Write a number of cells in millions, as the clinic reads it: `123.0 ×10⁶`."""
    return "–" if value is None else f"{Decimal(value) / 1_000_000:.1f} ×10⁶"


def site_name() -> str:
    """Return the site's name in the reader's language."""
    site = runtime().ground.site
    return site.name_zh if str(get_locale()) == "zh" else site.name_en


def choices_of(field: Any) -> list[tuple[str, str]]:
    """Return the words of a choice field, for a select."""
    return [(value, term(value)) for value in field.choices]
