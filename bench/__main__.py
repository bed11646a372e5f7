"""`python -m bench`: prints one JSON object a line (surface.md §6)."""

import argparse
import sys
from collections.abc import Iterator

from bench import identity_checks, labels, trail
from bench.clients import NoMatch
from bench.figures import Line
from bench.sites import DATABASES, site_on

SECONDS = 8.0
LABELS = 100


def main() -> int:
    """Measure what was asked for; return 1 where an answer was not the one that was to be measured."""
    asked = _asked()
    try:
        for database in asked.database or DATABASES:
            for line in _lines(database, asked):
                print(line.text(), flush=True)
    except NoMatch as fault:
        print(f"bench: a check was no match: {fault}", file=sys.stderr)
        return 1
    return 0


def _lines(database: str, asked: argparse.Namespace) -> Iterator[Line]:
    """Labels come first: their bags fill the tables before the checks are measured."""
    with site_on(database) as site:
        yield from labels.lines(site, asked.seconds, asked.labels)
        yield from trail.lines(site, asked.seconds)
        yield from identity_checks.lines(site, asked.seconds)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time for each figure and for each floor")
    parser.add_argument("--labels", type=int, default=LABELS, help="how many labels on end")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one; may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
