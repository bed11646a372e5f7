"""What may go wrong between us and a printer: certain that nothing came out, or nobody knows."""

from cotrack.foundation.errors import CotrackError
from cotrack.foundation.words import N_


class PrinterNotReached(CotrackError):
    """The printer did not take the label; it is doubtful whether anything was printed."""

    kind = "printer-not-reached"
    title = N_("The printer did not answer")
    status = 503


class PrinterNotReady(CotrackError):
    """The printer takes nothing now, and it is certain that nothing of the label reached it."""

    kind = "printer-not-ready"
    title = N_("The printer takes nothing now: nothing was printed")
    status = 503
