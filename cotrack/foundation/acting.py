"""Who acts, on what ground, and with which proof: what every command is given before it begins."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.db import Sessions
from cotrack.foundation.db.changes import Secrets
from cotrack.foundation.keys import Keys
from cotrack.foundation.site import Site
from cotrack.policy import permissions_of


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in person, or `system`, with the roles held now and the station of the sign-in."""

    person_id: int | None
    username: str
    printed_name: str
    roles: tuple[str, ...]
    station: str = ""
    session_id: int | None = None
    request: str = ""

    @property
    def permissions(self) -> frozenset[str]:
        """Everything this person may do now."""
        return permissions_of(self.roles)


@dataclass(frozen=True)
class Proof:
    """A password that was verified a moment ago, outside any transaction, for one signature."""

    person_id: int
    meaning: str
    text_sha256: str = ""


@dataclass(frozen=True)
class SigningText:
    """What a signature would stand under: the very text that is hashed, and what signing it means."""

    meaning: str
    text: str

    @property
    def sha256(self) -> str:
        """The hash that binds the signature to the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Rehearsed(Exception):
    """A rehearsal came as far as the signature: nothing speaks against the act."""

    def __init__(self, signing: SigningText) -> None:
        """Carry what is to be signed."""
        self.signing = signing
        super().__init__(signing.meaning)


@dataclass(frozen=True)
class Ground:
    """What every command stands on in this process."""

    sessions: Sessions
    secrets: Secrets
    site: Site
    keys: Keys
    is_training: bool
    constraints: Mapping[str, Blocker] = field(default_factory=dict)
    labels_folder: Path | None = None
    """Where the site keeps templates of labels of its own."""
