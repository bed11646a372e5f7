"""The outside of the trail: addresses that keep its signed heads for us."""

from urllib.error import URLError
from urllib.request import Request, urlopen

from cotrack.foundation.errors import WitnessNotReached

SEND_SECONDS = 10


def send_checkpoint(url: str, note: str) -> None:
    """POST a signed head to an address outside; raises WitnessNotReached."""
    request = Request(url, note.encode(), {"Content-Type": "text/plain; charset=utf-8"}, method="POST")  # noqa: S310 (site.toml allows http and https alone)
    try:
        with urlopen(request, timeout=SEND_SECONDS):  # noqa: S310 (as above)
            return
    except (URLError, OSError) as fault:
        raise WitnessNotReached("{url} did not take the checkpoint: {fault}.", url=url, fault=fault) from fault
