"""Judges laboratory results against the limits of a specification (reference/domain.md §3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from cotrack.foundation import written
from cotrack.study.rules.definition import ReleaseTest


class Standing(StrEnum):
    """Where a result stands against its limits: *near limit* is beyond the alert limit and inside the limit."""

    WITHIN = "within"
    NEAR_LIMIT = "near_limit"
    OUT_OF_SPECIFICATION = "out_of_specification"
    MISSING = "missing"
    UNDECIDABLE = "undecidable"


@dataclass(frozen=True)
class Reported:
    """What a laboratory reported: a number, perhaps only bounded by `<` or `>`, or words."""

    qualifier: str
    number: Decimal | None
    words: str


def read_reported(test: ReleaseTest, text: str) -> Reported | None:
    """Return what the text reports for this test, None where it is neither a number nor one of the test's words."""
    text = text.strip()
    if test.kind == "number":
        return _read_number(text, most=_MOST_OF_UNIT.get(test.unit))
    is_known = text in test.accepts or any(_is_rejecting(text, each) for each in test.rejects)
    return Reported("", None, text) if is_known else None


_MOST_OF_UNIT = {"%": Decimal(100)}
"""934 % is 93.4 % without its point, and would pass every lower limit."""


def _read_number(text: str, *, most: Decimal | None) -> Reported | None:
    qualifier = text[0] if text.startswith(("<", ">")) else ""
    number = written.number(text.removeprefix(qualifier).lstrip())
    if number is None or number.is_signed() or (most is not None and number > most):
        return None
    return Reported(qualifier, number, text)


def _is_rejecting(text: str, word: str) -> bool:
    return text == word or text.startswith((f"{word}:", f"{word} "))


def judge_one(test: ReleaseTest, reported: Reported) -> Standing:
    """Judge one result by itself; within only where the sponsor has set every limit that it could fail."""
    if test.kind == "words":
        return Standing.WITHIN if reported.words in test.accepts else Standing.OUT_OF_SPECIFICATION
    if reported.number is None or not _has_limit(test):
        return Standing.UNDECIDABLE
    standing = (
        _judge_bound(test, reported.qualifier, reported.number)
        if reported.qualifier
        else _judge_number(test, reported.number)
    )
    is_certain = standing is Standing.OUT_OF_SPECIFICATION or not _has_open_limit(test)
    return standing if is_certain else Standing.UNDECIDABLE


def judge_all(test: ReleaseTest, replicates: Sequence[Reported]) -> Standing:
    """Judge all replicates of a test: none may fail, and their mean decides where the study says so.

    A pass is never averaged with a fail: one failing replicate fails the test (reference/domain.md §3.3 rule 5).
    """
    if not replicates:
        return Standing.MISSING
    standings = [judge_one(test, each) for each in replicates]
    for worst in (Standing.OUT_OF_SPECIFICATION, Standing.UNDECIDABLE):
        if worst in standings:
            return worst
    numbers = [each.number for each in replicates if each.number is not None and not each.qualifier]
    if test.replicates == "mean" and len(numbers) == len(replicates):
        return _judge_number(test, sum(numbers, Decimal(0)) / len(numbers))
    return Standing.NEAR_LIMIT if Standing.NEAR_LIMIT in standings else Standing.WITHIN


def _has_limit(test: ReleaseTest) -> bool:
    return any(limit is not None for limit in (test.least, test.most, test.below))


def _has_open_limit(test: ReleaseTest) -> bool:
    return not {f"test.{test.key}.{name}" for name in ("least", "most", "below")}.isdisjoint(test.unset)


def _judge_number(test: ReleaseTest, number: Decimal) -> Standing:
    is_out = (
        (test.least is not None and number < test.least)
        or (test.most is not None and number > test.most)
        or (test.below is not None and number >= test.below)
    )
    if is_out:
        return Standing.OUT_OF_SPECIFICATION
    is_near = (test.alert_least is not None and number < test.alert_least) or (
        test.alert_most is not None and number > test.alert_most
    )
    return Standing.NEAR_LIMIT if is_near else Standing.WITHIN


def _judge_bound(test: ReleaseTest, qualifier: str, bound: Decimal) -> Standing:
    """Judge `<x` or `>x`: within where every number it can stand for is within, out where every one is out."""
    is_upper = qualifier == "<"
    upper = min((limit for limit in (test.most, test.below) if limit is not None), default=None)
    beyond = test.least is not None and bound <= test.least if is_upper else upper is not None and bound >= upper
    if beyond:
        return Standing.OUT_OF_SPECIFICATION
    if is_upper and test.least is None and upper is not None:
        is_inside, alert = bound <= upper, test.alert_most
    elif not is_upper and upper is None and test.least is not None:
        is_inside, alert = bound >= test.least, test.alert_least
    else:
        return Standing.UNDECIDABLE
    if not is_inside:
        return Standing.UNDECIDABLE
    is_calm = alert is None or (bound <= alert if is_upper else bound >= alert)
    return Standing.WITHIN if is_calm else Standing.NEAR_LIMIT


def limit_words(test: ReleaseTest) -> str:
    """Write a test's limit as a certificate does: `≥ 95 %`, `4.0 – 6.0 10^6/mL`, `no growth`."""
    if test.kind == "words":
        return " / ".join(test.accepts)
    limits = (("≥", test.least), ("≤", test.most), ("<", test.below))
    signs = {sign: limit for sign, limit in limits if limit is not None}
    if signs.keys() == {"≥", "≤"}:
        return f"{test.least} – {test.most} {test.unit}"
    words = ", ".join(f"{sign} {limit}" for sign, limit in signs.items())
    return f"{words} {test.unit}" if words else "–"


def alert_words(test: ReleaseTest) -> str:
    """Write a test's alert limit with its unit, empty where it has none."""
    if test.alert_least is not None:
        return f"< {test.alert_least} {test.unit}"
    return f"> {test.alert_most} {test.unit}" if test.alert_most is not None else ""


@dataclass(frozen=True)
class Expected:
    """When a result is expected, as a day of the site, and by how many days it is late."""

    due_on: date
    days_late: int


def expected(test: ReleaseTest, made_on: date, today: date) -> Expected | None:
    """Return when a lot's result of this test is expected, counted in days from the day on which the lot was made.

    None where the specification says nothing of it (reference/domain.md §3.2, "when result is due").
    """
    if test.due_days is None:
        return None
    due_on = made_on + timedelta(days=test.due_days)
    return Expected(due_on, max(0, (today - due_on).days))
