"""The stages put together: pages, routes, commands, words and constraints of each, in the order of the journey."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import url_for

from cotrack.foundation.access import api as access_api
from cotrack.foundation.access import pages as access_pages
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.web import words
from cotrack.foundation.words import N_
from cotrack.foundation.words_of_program import FOUNDATION_WORDS
from cotrack.lifecycles import LIFECYCLES, STATE_WORDS

PAGES: Final = [access_pages.pages]
APIS: Final = [access_api.api]
COMMANDS: Final = []

WORDS: Final[Mapping[str, str]] = {**STATE_WORDS, **FOUNDATION_WORDS}
CONSTRAINTS: Final[Mapping[str, Blocker]] = {}


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation, shown to whom its permission is granted."""

    endpoint: str
    title: str
    permission: str


NAVIGATION: Final = [
    Entry("access.list_people", N_("People"), "person:read"),
]

_THINGS: Final = {"person": ("access.show_person", "username")}


def thing_url(subject: str) -> str:
    """Return the address of the page of a thing named `noun:id`; empty where it has none."""
    noun, _, key = subject.partition(":")
    if noun not in _THINGS:
        return ""
    endpoint, argument = _THINGS[noun]
    return url_for(endpoint, **{argument: key})


def event_words(event: str) -> str:
    """Say an event of the trail in the reader's words."""
    noun, _, action = event.partition(".")
    lifecycle = LIFECYCLES.get(noun)
    if lifecycle is not None and action in lifecycle.actions:
        return f"{words.term(noun)}: {words.tell(lifecycle[action].title)}"
    return words.term(event)
