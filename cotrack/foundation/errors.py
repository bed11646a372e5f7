"""Every refusal and failure cotrack knows, each with the kind, title and HTTP status of its problem document."""

from collections.abc import Sequence
from typing import ClassVar

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, say


class CotrackError(Exception):
    """The root: what is not named below is an internal error, with nothing inside shown outside."""

    kind: ClassVar[str] = "internal-error"
    title: ClassVar[str] = N_("Something went wrong inside cotrack")
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", **parameters: object) -> None:
        """Keep the sentence and its parameters apart, so that the edge can translate it."""
        self.detail = detail
        self.parameters = parameters
        super().__init__(say(detail, parameters))


class UnrecordedChange(CotrackError):
    """A command changed rows and recorded nothing: a fault in the program; nothing was stored."""

    kind = "unrecorded-change"
    title = N_("A change without a record was stopped")


class Refused(CotrackError):
    """A decision against an act. It is recorded with its reasons once the permission check was reached."""

    kind = "refused"
    title = N_("This may not be done now")
    status = 409

    def __init__(self, detail: str = "", *, blockers: Sequence[Blocker] = (), **parameters: object) -> None:
        """Keep every reason, not only the first."""
        super().__init__(detail, **parameters)
        self.blockers = tuple(blockers)

    @property
    def reasons(self) -> list[Blocker]:
        """Return the reasons as the trail and the problem document list them."""
        return list(self.blockers) or [Blocker(self.kind.replace("-", "_"), self.detail, self.parameters)]


class Blocked(Refused):
    """The rules speak against the act; every reason is listed."""

    kind = "blocked"


class PermissionDenied(Refused):
    """Whoever is not granted is denied (21 CFR 11.10(g))."""

    kind = "permission-denied"
    title = N_("Your role may not do this")
    status = 403


class TransitionNotAllowed(Refused):
    """The thing is in a state from which this action does not start (21 CFR 11.10(f))."""

    kind = "transition-not-allowed"
    title = N_("This step does not follow from where the thing is now")


class ReasonMissing(Refused):
    """The action asks why, and nothing was said (EU GMP Annex 11 draft 12.2)."""

    kind = "reason-missing"
    title = N_("A reason is needed")
    status = 422


class SignatureMissing(Refused):
    """The action is signed, and no signature was given."""

    kind = "signature-missing"
    title = N_("A signature is needed")
    status = 422


class SignatureRefused(Refused):
    """The password is wrong, or the text or meaning signed is not what would be done."""

    kind = "signature-refused"
    title = N_("The signature was not accepted")
    status = 403


class NotFound(Refused):
    """There is no such thing, or none that this person may know of."""

    kind = "not-found"
    title = N_("Not found")
    status = 404


class ChangedMeanwhile(Refused):
    """Somebody else changed the same thing at the same moment; nothing was stored."""

    kind = "changed-meanwhile"
    title = N_("Somebody else changed this at the same moment")


class InvalidInput(Refused):
    """What was sent does not have the shape asked for; faults are listed by field."""

    kind = "invalid-input"
    title = N_("Something you entered needs to be put right")
    status = 422

    def __init__(
        self,
        detail: str = "",
        *,
        fields: dict[str, list[str]] | None = None,
        blockers: Sequence[Blocker] = (),
        **parameters: object,
    ) -> None:
        """Keep the faults by field name."""
        super().__init__(detail, blockers=blockers, **parameters)
        self.fields = fields or {}


class NotSignedIn(CotrackError):
    """No session, or one that has ended."""

    kind = "not-signed-in"
    title = N_("Please sign in")
    status = 401


class SignInRefused(CotrackError):
    """User name and password do not fit, or the account is locked; which of the two is not said."""

    kind = "sign-in-refused"
    title = N_("Sign-in was not accepted")
    status = 401


class FormExpired(CotrackError):
    """A form without the token of its own session (cross-site request forgery)."""

    kind = "form-expired"
    title = N_("This form has expired")
    status = 400


class IdempotencyKeyReused(CotrackError):
    """The same Idempotency-Key came with another request."""

    kind = "idempotency-key-reused"
    title = N_("This Idempotency-Key belongs to another request")
    status = 422


class DatabaseUnavailable(CotrackError):
    """The database is missing, locked, full, older or newer than the program; the detail says what to do."""

    kind = "database-unavailable"
    title = N_("The database cannot be used now")
    status = 503


class SystemNeedMissing(CotrackError):
    """A library, font or key that this machine needs is not there; the detail names the one command to run."""

    kind = "system-need-missing"
    title = N_("Something this machine needs is missing")
    status = 503


class WitnessNotReached(CotrackError):
    """An address outside did not take a checkpoint; the next turn tries again."""

    kind = "witness-not-reached"
    title = N_("A witness of the trail did not answer")
    status = 503
