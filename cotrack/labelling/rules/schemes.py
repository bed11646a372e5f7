"""The schemes of codes that a scan may be of: the site's own first, then those of other people (docs/codes.md).

A further scheme (ISBT 128, GS1 Digital Link, bands by GSRN) is one more frozen object in the list that the service
puts together: how a scan of it is recognised, and what it says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cotrack.labelling.rules.codes import PREFIX, Code, Environment, Misread, Verify, clean_scan, read_code
from cotrack.labelling.rules.gs1 import Split, faults_of, looks_like_gs1
from cotrack.labelling.rules.keyed import Keyed, looks_keyed, read_keyed
from cotrack.labelling.rules.symbology import content_of, symbology_of

OWN: Final = "cotrack"
KEYED: Final = "keyed"
GS1: Final = "gs1"


@dataclass(frozen=True)
class Foreign:
    """A well-formed code of another scheme: it says something, and stands for no label of ours."""

    scheme: str


Read = Code | Keyed | Foreign | Misread


@dataclass(frozen=True)
class Scheme:
    """One scheme: whether a scan claims to be of it (content, symbology identifier), and what it then says.

    `read` is given the string as it came, is pure, and never raises.
    """

    name: str
    recognises: Callable[[str, str], bool]
    read: Callable[[str], Read]


def own_scheme(environment: Environment, verify: Verify) -> Scheme:
    """Return the site's own scheme: signed label codes (surface.md §5)."""

    def recognises(content: str, _: str) -> bool:
        return clean_scan(content).startswith(PREFIX)

    return Scheme(OWN, recognises, lambda text: read_code(text, environment=environment, verify=verify))


def keyed_scheme() -> Scheme:
    """Return what is typed in the place of a scan: a number of ours and its boxed character."""
    return Scheme(KEYED, looks_keyed, lambda text: read_keyed(content_of(text)) or Misread("unknown_code"))


def gs1_scheme(split: Split) -> Scheme:
    """Return GS1 element strings, divided by a parser that knows GS1's dictionary."""

    def read(text: str) -> Read:
        return Misread("damaged_code", GS1) if faults_of(content_of(text), split) else Foreign(GS1)

    return Scheme(GS1, looks_like_gs1, read)


def read_scan(text: str, schemes: Sequence[Scheme]) -> Read:
    """Return what a scanned or typed string says, by the first scheme that recognises it; never raises."""
    if not clean_scan(text):
        return Misread("not_scanned")
    content, symbology = content_of(text), symbology_of(text)
    found = next((each for each in schemes if each.recognises(content, symbology)), None)
    return found.read(text) if found else Misread("unknown_code")
