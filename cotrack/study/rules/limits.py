"""Holds that a rule or a test of a study file says what it decides by, and limits that something can meet."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from cotrack.study.rules.definition import CriterionRule, ReleaseTest
from cotrack.study.rules.file_table import FileTable

_NUMBER_LIMITS: Final = ("least", "most", "more_than")
RULE_LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "age": _NUMBER_LIMITS,
    "answer": ("accepts",),
    "text": (),
    "number": _NUMBER_LIMITS,
    "days_since": _NUMBER_LIMITS,
    "months_since": ("least",),
    "examination": (),
}
"""What a rule of each kind is decided by; a limit that its kind does not read would be obeyed by nobody."""

TEST_LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("least", "most", "below", "alert_least", "alert_most"),
    "words": ("accepts", "rejects"),
}

WRONG_WAY: Final = "are the wrong way round"
NOTHING_MEETS: Final = "leave nothing that meets both"


def check_rule(table: FileTable, rule: CriterionRule) -> None:
    """Note what a rule of a criterion lacks, says in vain, or limits so that nobody meets it."""
    _check_read(table, rule.kind, RULE_LIMITS)
    if rule.kind == "answer" and not table.says("accepts"):
        table.note("accepts", "is missing: an answer needs the words it accepts")
    if rule.kind in {"age", "number"} and not any(map(table.says, _NUMBER_LIMITS)):
        table.note("least", f"is missing: {rule.kind} needs least, most or more_than")
    if rule.kind == "months_since" and not table.says("least"):
        table.note("least", "is missing: months_since needs it")
    if rule.kind == "months_since" and rule.least is not None and rule.least % 1:
        table.note("least", f"is {rule.least}: it must be whole months")
    _check_pairs(
        table,
        (
            ("least", "most", is_above(rule.least, rule.most), WRONG_WAY),
            ("more_than", "most", is_not_below(rule.more_than, rule.most), NOTHING_MEETS),
        ),
    )


def check_test(table: FileTable, test: ReleaseTest) -> None:
    """Note what a test of the specification lacks, says in vain, or limits so that no result meets it."""
    _check_read(table, test.kind, TEST_LIMITS)
    if test.kind == "words" and not table.says("accepts"):
        table.note("accepts", "is missing: a test of words needs the words it accepts")
    if test.kind == "number" and not any(map(table.says, ("least", "most", "below"))):
        table.note("least", "is missing: a test of numbers needs least, most or below")
    upper = test.most if test.most is not None else test.below
    _check_pairs(
        table,
        (
            ("least", "most", is_above(test.least, test.most), WRONG_WAY),
            ("least", "below", is_not_below(test.least, test.below), NOTHING_MEETS),
            ("alert_least", "least", is_above(test.least, test.alert_least), WRONG_WAY),
            ("alert_least", "the limit", is_above(test.alert_least, upper), WRONG_WAY),
            ("alert_least", "alert_most", is_above(test.alert_least, test.alert_most), WRONG_WAY),
            ("alert_most", "least", is_above(test.least, test.alert_most), WRONG_WAY),
            ("alert_most", "the limit", is_above(test.alert_most, upper), WRONG_WAY),
        ),
    )


def _check_read(table: FileTable, kind: str | None, limits: Mapping[str, tuple[str, ...]]) -> None:
    if kind is None:
        return
    for name in {name: None for names in limits.values() for name in names}:
        if table.says(name) and name not in limits[kind]:
            table.note(name, f"is not read where kind is {kind}")


def _check_pairs(table: FileTable, pairs: Iterable[tuple[str, str, bool, str]]) -> None:
    for name, other, is_wrong, words in pairs:
        if is_wrong:
            table.note(name, f"and {other} {words}")


def is_above(low: Decimal | int | None, high: Decimal | int | None) -> bool:
    """Whether a lower limit lies above an upper one; not where either is not said."""
    return low is not None and high is not None and low > high


def is_not_below(low: Decimal | None, high: Decimal | None) -> bool:
    """Whether nothing lies between a lower and an upper limit of which one is not itself allowed."""
    return low is not None and high is not None and low >= high
