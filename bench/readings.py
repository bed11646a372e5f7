"""`python -m bench.readings`: how many photographs of labels are read, within the measure and beyond it.

Prints one JSON object a line, and writes `docs/label-reading.md` with its picture. Rates depend on no machine.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from support.readings.decoders import FLATTENED, LIBDMTX, ZBAR, ZXING
from support.readings.papers import LANGUAGES, Paper, data_matrix, papers, real_code
from support.readings.shots import (
    FLAT,
    THIN_WRIST,
    THINGS,
    VIAL,
    Shot,
    Thing,
    laid_flat,
    measured_kinds,
    within_the_measure,
)
from support.readings.tallies import Tally, tallied

from bench import reading_page
from bench.rates import Rate

SHOTS = 100
DENSITIES = (203, 600)
SMALL_MODULES_MM = (0.25, 0.34)
SLOW = 10
"""libdmtx takes far longer than the others: it is shown one photograph of so many, and none of things turned away."""
ONE_LOOK = replace(LIBDMTX, changed=None)

Change = Callable[[Shot, float], Shot]

VARIED: dict[str, tuple[Sequence[float], Change]] = {
    "pixels a module": ((2, 3, 4, 5, 6), lambda shot, amount: replace(shot, pixels=amount)),
    "blur in modules": ([each / 10 for each in range(9)], lambda shot, amount: replace(shot, blur=amount)),
    "perspective in percent": (range(0, 30, 5), lambda shot, amount: replace(shot, tilt=amount / 100)),
}
ROUND = ("degrees round the thing", range(0, 70, 10))


def main() -> int:
    """Measure, print and write; return 1 where any decoder read another text than the label's own."""
    asked = _asked()
    rates = []
    for rate in _rates(asked.shots):
        print(json.dumps(asdict(rate)), flush=True)
        rates.append(rate)
    reading_page.write(asked.folder, rates)
    wrong = sum(each.wrong for each in rates)
    if wrong:
        print(f"bench: {wrong} wrong texts were read", file=sys.stderr)
    return int(wrong > 0)


def _rates(shots: int) -> Iterator[Rate]:
    yield from _within_the_measure(shots)
    yield from _beyond_it(shots)


def _within_the_measure(shots: int) -> Iterator[Rate]:
    """Measure every kind, languages and densities together, on each thing that it is stuck on."""
    for kind in measured_kinds():
        drawn = [
            each
            for language, dots in product(LANGUAGES, DENSITIES)
            for each in papers(kind, language, real_code(kind, 0), dots)
        ]
        for symbol, thing in product(sorted({each.symbol for each in drawn}), THINGS[kind]):
            yield from _measured(kind, [each for each in drawn if each.symbol == symbol], thing, shots)
    for module_mm, thing in ((SMALL_MODULES_MM[0], FLAT), *((each, VIAL) for each in SMALL_MODULES_MM)):
        yield from _measured(f"a small symbol alone, modules of {module_mm} mm", [_small(module_mm)], thing, shots)


def _beyond_it(shots: int) -> Iterator[Rate]:
    """Vary one amount, everything else staying within the measure."""
    (large,) = papers("bag", "zh", real_code("bag", 0), 600)
    (band,) = papers("wristband", "zh", real_code("wristband", 0), 600)
    for varied, (amounts, change) in VARIED.items():
        for amount in amounts:
            for label, seen in (("bag", large), ("a small symbol alone", _small())):
                yield from _measured(label, [seen], FLAT, shots, way=(varied, amount, change))
    varied, amounts = ROUND
    for amount in amounts:
        for label, seen, thing in (("wristband", band, THIN_WRIST), ("a small symbol alone", _small(), VIAL)):
            yield from _measured(label, [seen], thing, shots, way=(varied, amount, _turned_away))


def _turned_away(shot: Shot, amount: float) -> Shot:
    return replace(shot, round_turned=amount)


def _small(module_mm: float = SMALL_MODULES_MM[0]) -> Paper:
    return data_matrix(real_code("sample", 0), module_mm)


def _measured(
    label: str,
    drawn: Sequence[Paper],
    thing: Thing,
    shots: int,
    *,
    way: tuple[str, float, Change] = ("", 0.0, lambda shot, _: shot),
) -> Iterator[Rate]:
    """Let the quick decoders look at so many photographs, taken of the prints in turn, and libdmtx at some of them."""
    varied, amount, change = way
    photographs = [(drawn[each % len(drawn)], thing, change(within_the_measure(each), amount)) for each in range(shots)]
    tallies = tallied(photographs, [ZXING, ZBAR])
    if varied != ROUND[0]:
        tallies |= tallied(photographs[::SLOW], [ONE_LOOK])
        if thing is VIAL:
            tallies |= tallied(photographs[::SLOW], [FLATTENED], prepared=laid_flat)
    for tally in tallies.values():
        yield _rate(tally, (label, drawn[0].symbol, thing.name), (varied, amount))


def _rate(tally: Tally, what: tuple[str, str, str], way: tuple[str, float]) -> Rate:
    rounded = [round(each, 1) for each in (tally.percent_at_first, tally.percent)]
    label, symbol, thing = what
    varied, amount = way
    return Rate(label, symbol, thing, tally.decoder, varied, amount, tally.shots, *rounded, wrong=len(tally.wrong))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.readings", description=__doc__)
    parser.add_argument("--shots", type=int, default=SHOTS, help="photographs for each figure")
    parser.add_argument("--folder", type=Path, default=Path("docs"), help="where the page and its picture are written")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
