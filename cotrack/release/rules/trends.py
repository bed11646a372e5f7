"""How a release test runs from lot to lot: Shewhart's chart of individuals, judged by the eight rules of Nelson.

Sources: L. S. Nelson, Journal of Quality Technology 16:237 (1984); ISO 7870-2 (charts of individuals).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cotrack.foundation.words import N_
from cotrack.study.rules.definition import ReleaseTest

VALID_STATES: Final = ("recorded", "reviewed")
"""A result in any other state is no value of its lot."""
LEAST_LOTS: Final = 8
"""From eight values the moving ranges give sigma to a third of itself; from fewer, nothing is judged by it."""
SOUND_LOTS: Final = 20
"""From twenty values sigma is known to a fifth of itself; until then the chart calls itself provisional."""
RANGE_PER_SIGMA: Final = Decimal("1.128")
"""The mean range of two values is so many sigma (d2 for subgroups of two, ISO 7870-2)."""


@dataclass(frozen=True)
class Measured:
    """One valid result of a lot in numbers, as far as a trend depends on it."""

    lot: str
    reported: str
    qualifier: str
    number: Decimal
    unit: str
    tested_at: datetime
    is_reviewed: bool


@dataclass(frozen=True)
class Point:
    """One lot of a trend: the mean of its replicates, each as it was reported, tested first at `tested_at`.

    `qualifier` is `<` or `>` where a replicate is only bounded (`<>` where both are): the value is then a bound.
    """

    lot: str
    value: Decimal
    qualifier: str
    reported: tuple[str, ...]
    tested_at: datetime
    is_reviewed: bool

    @property
    def is_counted(self) -> bool:
        """Whether the value is a number: a bound is drawn, and left out of mean, sigma and rules."""
        return not self.qualifier


class Basis(StrEnum):
    """On what the limits of a chart stand."""

    SOUND = "sound"
    PROVISIONAL = "provisional"
    NO_SPREAD = "no_spread"
    TOO_FEW = "too_few"


BASIS_WORDS: Final[Mapping[Basis, str]] = {
    Basis.SOUND: N_("Centre line and sigma are of {count} lots; sigma is the mean moving range divided by 1.128."),
    Basis.PROVISIONAL: N_(
        "Provisional: centre line and sigma are of {count} lots only; sigma is the mean moving range divided by 1.128."
    ),
    Basis.NO_SPREAD: N_("All {count} values are the same: there is no sigma, and no rule is judged."),
    Basis.TOO_FEW: N_("Too few lots for a sigma: {count} of at least {least}. No rule is judged."),
}


@dataclass(frozen=True)
class Chart:
    """The points of a test in the order of their testing, centre line and sigma, and the rules each point breaks.

    `centre` is None where no point has a number; `sigma` is None where there is no basis to judge by.
    """

    points: tuple[Point, ...]
    broken: tuple[tuple[int, ...], ...]
    centre: Decimal | None
    sigma: Decimal | None
    basis: Basis

    @property
    def counted(self) -> int:
        """How many lots mean and sigma are of."""
        return sum(each.is_counted for each in self.points)

    @property
    def outer(self) -> tuple[Decimal, Decimal] | None:
        """The lines three sigma below and above the centre."""
        if self.centre is None or self.sigma is None:
            return None
        return self.centre - 3 * self.sigma, self.centre + 3 * self.sigma

    @property
    def places(self) -> int:
        """How many places to write after the point: one more than the most exact result has."""
        exponents = [_places(text) for point in self.points for text in point.reported]
        return min(max(exponents, default=0) + 1, 6)


def _places(reported: str) -> int:
    return len(reported.partition(".")[2])


def is_trended(test: ReleaseTest) -> bool:
    """Whether a test has a trend: it is reported in numbers."""
    return test.kind == "number"


def points_of(results: Iterable[Measured], unit: str) -> tuple[Point, ...]:
    """Return one point a lot, in the order in which the lots were first tested; results in another unit are none.

    Replicates are averaged as the specification averages them (domain.md §3.3 rule 5); a later replicate changes the
    value of its lot and never its place.
    """
    by_lot: dict[str, list[Measured]] = {}
    for each in results:
        if each.unit == unit:
            by_lot.setdefault(each.lot, []).append(each)
    return tuple(sorted(map(_point, by_lot.values()), key=lambda each: each.tested_at))


def _point(replicates: Sequence[Measured]) -> Point:
    return Point(
        lot=replicates[0].lot,
        value=_mean([each.number for each in replicates]),
        qualifier="".join(sorted({each.qualifier for each in replicates})),
        reported=tuple(each.reported for each in replicates),
        tested_at=min(each.tested_at for each in replicates),
        is_reviewed=all(each.is_reviewed for each in replicates),
    )


def lots_in_another_unit(results: Iterable[Measured], unit: str) -> list[str]:
    """Return the lots with results in another unit than the test's: they stand on no common scale."""
    return sorted({each.lot for each in results if each.unit != unit})


def chart_of(points: Sequence[Point]) -> Chart:
    """Compute centre line and sigma of the points that count, and which rules each of them breaks (ISO 7870-2).

    Sigma is the mean moving range over 1.128. A bound breaks no rule, and those beside it are judged without it.
    """
    counted = [place for place, each in enumerate(points) if each.is_counted]
    values = [points[place].value for place in counted]
    centre = _mean(values) if values else None
    sigma = sigma_of(values)
    broken: list[tuple[int, ...]] = [() for _ in points]
    if centre is not None and sigma:
        for place, rules in zip(counted, broken_rules(values, centre, sigma), strict=True):
            broken[place] = rules
    return Chart(tuple(points), tuple(broken), centre, sigma or None, _basis(len(values), sigma))


def _basis(count: int, sigma: Decimal | None) -> Basis:
    if sigma is None:
        return Basis.TOO_FEW
    if sigma == 0:
        return Basis.NO_SPREAD
    return Basis.SOUND if count >= SOUND_LOTS else Basis.PROVISIONAL


def sigma_of(values: Sequence[Decimal]) -> Decimal | None:
    """Return the mean range from each value to the next, over 1.128; None where the values are too few."""
    if len(values) < LEAST_LOTS:
        return None
    return _mean([abs(later - earlier) for earlier, later in pairwise(values)]) / RANGE_PER_SIGMA


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def broken_rules(values: Sequence[Decimal], centre: Decimal, sigma: Decimal) -> list[tuple[int, ...]]:
    """Return for each value the numbers of the rules that it breaks together with those before it (Nelson 1984)."""
    zones = [(value - centre) / sigma for value in values]
    return [
        tuple(number for number, is_broken in _IS_BROKEN.items() if is_broken(zones[: place + 1]))
        for place in range(len(zones))
    ]


def _one_beyond_three_sigma(zones: Sequence[Decimal]) -> bool:
    return abs(zones[-1]) > 3


def _nine_on_one_side(zones: Sequence[Decimal]) -> bool:
    last = zones[-9:]
    return len(last) == 9 and (min(last) > 0 or max(last) < 0)


def _six_rising_or_falling(zones: Sequence[Decimal]) -> bool:
    steps = _steps(zones[-6:])
    return len(steps) == 5 and (min(steps) > 0 or max(steps) < 0)


def _fourteen_alternating(zones: Sequence[Decimal]) -> bool:
    steps = _steps(zones[-14:])
    return len(steps) == 13 and all(step * following < 0 for step, following in pairwise(steps))


def _two_of_three_beyond_two_sigma(zones: Sequence[Decimal]) -> bool:
    return _beyond_on_its_side(zones[-3:], 2) >= 2


def _four_of_five_beyond_one_sigma(zones: Sequence[Decimal]) -> bool:
    return _beyond_on_its_side(zones[-5:], 1) >= 4


def _fifteen_within_one_sigma(zones: Sequence[Decimal]) -> bool:
    last = zones[-15:]
    return len(last) == 15 and all(abs(each) <= 1 for each in last)


def _eight_without_one_within_one_sigma(zones: Sequence[Decimal]) -> bool:
    last = zones[-8:]
    return len(last) == 8 and all(abs(each) > 1 for each in last) and min(last) < 0 < max(last)


def _steps(zones: Sequence[Decimal]) -> list[Decimal]:
    return [later - earlier for earlier, later in pairwise(zones)]


def _beyond_on_its_side(zones: Sequence[Decimal], sigmas: int) -> int:
    """Return how many lie beyond so many sigma on the side of the last; 0 where the last itself does not."""
    last = zones[-1]
    if abs(last) <= sigmas:
        return 0
    return sum(abs(each) > sigmas and each * last > 0 for each in zones)


_IS_BROKEN: Final[Mapping[int, Callable[[Sequence[Decimal]], bool]]] = {
    1: _one_beyond_three_sigma,
    2: _nine_on_one_side,
    3: _six_rising_or_falling,
    4: _fourteen_alternating,
    5: _two_of_three_beyond_two_sigma,
    6: _four_of_five_beyond_one_sigma,
    7: _fifteen_within_one_sigma,
    8: _eight_without_one_within_one_sigma,
}

RULE_WORDS: Final[Mapping[int, str]] = {
    1: N_("one value more than 3 sigma from the centre line"),
    2: N_("nine values in a row on the same side of the centre line"),
    3: N_("six values in a row that steadily rise or steadily fall"),
    4: N_("fourteen values in a row that go up and down by turns"),
    5: N_("two of three values in a row more than 2 sigma from the centre line, on the same side"),
    6: N_("four of five values in a row more than 1 sigma from the centre line, on the same side"),
    7: N_("fifteen values in a row within 1 sigma of the centre line"),
    8: N_("eight values in a row more than 1 sigma from the centre line, on both sides of it"),
}
"""What each rule says in plain words. A rule stands at the value that completes its pattern."""


def written(value: Decimal, places: int) -> str:
    """Write a mean or a limit with so many places after the point; what is judged is never rounded."""
    return f"{value:.{places}f}"


def plain(value: Decimal) -> str:
    """Write a number in plain digits, without zeros at its end."""
    return f"{value.normalize():f}"
