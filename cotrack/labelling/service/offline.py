"""Label codes away from the site: the public key, and what a code says by it alone (docs/codes.md)."""

from typing import Final, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cotrack.foundation.acting import Ground
from cotrack.foundation.audit.checkpoint import VerifierKey
from cotrack.labelling.rules.codes import Code, Environment, Misread, read_code
from cotrack.labelling.rules.standing import Scan, against_label
from cotrack.labelling.service.scanning import verifier

ENVIRONMENTS: Final = {"P": "production", "T": "training"}


def label_key(ground: Ground) -> VerifierKey:
    """Return the verifier key of the site's label codes, in the form of a trail's (`docs/trail.md`)."""
    public = ground.keys.label.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return VerifierKey(f"{ground.site.trail}/labels", public)


def said_by_key(text: str, key: VerifierKey) -> tuple[str, bool]:
    """Say what a code says and whether this key made it; a code of either environment is told, with its name."""
    verify = verifier(Ed25519PublicKey.from_public_bytes(key.public))
    word = ""
    for environment in get_args(Environment):
        found = read_code(text, environment=environment, verify=verify)
        if isinstance(found, Code):
            name = ENVIRONMENTS[environment]
            return f"genuine: {found.kind.name}, {name}, entity {found.entity}, instance {found.instance}", True
        word = word if found == Misread("wrong_environment") and word else found.code
    (reason,) = against_label(Scan(Misread(word), None), ())
    return f"{reason.sentence} ({reason.code})", False
