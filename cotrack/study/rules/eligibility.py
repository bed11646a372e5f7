"""Decides eligibility from what is known of a person, criterion by criterion (trial.txt, inclusion and exclusion)."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cotrack.foundation.words import Words
from cotrack.study.rules.definition import Condition, Criterion, CriterionRule, Definition

FactValue = str | date | Decimal
Facts = Mapping[str, FactValue]
"""What is known of a person, by field; a field that nobody filled in is absent."""


class Outcome(StrEnum):
    """What one rule says of one person; `to_set`: nothing, because the sponsor has not set what it decides by."""

    MET = "met"
    NOT_MET = "not_met"
    TO_ANSWER = "to_answer"
    TO_EXAMINE = "to_examine"
    TO_SET = "to_set"
    NOT_ASKED = "not_asked"


SETTLED = frozenset({Outcome.MET, Outcome.NOT_ASKED})


@dataclass(frozen=True)
class Finding:
    """What one rule of one criterion says, with the words for it in both languages."""

    criterion: str
    rule: CriterionRule
    outcome: Outcome
    words: Words


@dataclass(frozen=True)
class Verdict:
    """What all criteria together say; what speaks against it and what is outstanding is listed."""

    findings: tuple[Finding, ...]

    def of(self, outcome: Outcome) -> list[Finding]:
        """Return the findings of one outcome, in the order of the criteria."""
        return [each for each in self.findings if each.outcome == outcome]

    @property
    def is_eligible(self) -> bool:
        """Whether nothing speaks against it and nothing is outstanding."""
        return all(each.outcome in SETTLED for each in self.findings)

    def sentence(self, language: str) -> str:
        """Say the verdict over what is known: not eligible and why, undecided, eligible (perhaps after something)."""
        not_met = "; ".join(f"{each.criterion} {each.words[language]}" for each in self.of(Outcome.NOT_MET))
        if not_met:
            return f"不合格：{not_met}" if language == "zh" else f"not eligible: {not_met}"
        unset = ", ".join(each.words[language] for each in self.of(Outcome.TO_SET))
        if unset:
            return (
                f"无法判定：申办者尚未设定 {unset}"
                if language == "zh"
                else f"undecided: the sponsor has not set {unset}"
            )
        examinations = ", ".join(each.words[language] for each in self.of(Outcome.TO_EXAMINE))
        if examinations:
            return f"完成{examinations}后合格" if language == "zh" else f"eligible after {examinations}"
        return "合格" if language == "zh" else "eligible"


def judge(definition: Definition, facts: Facts, *, on: date, asks_first_dose: bool) -> Verdict:
    """Judge every criterion as of a day of the site; windows against the first dose count only where asked."""
    return Verdict(
        tuple(
            _finding(criterion, rule, facts, on)
            for criterion in definition.criteria
            for rule in criterion.rules
            if asks_first_dose or rule.on != "first_dose"
        )
    )


def _finding(criterion: Criterion, rule: CriterionRule, facts: Facts, on: date) -> Finding:
    outcome = _outcome(rule, facts, on)
    return Finding(criterion.key, rule, outcome, _words(rule, outcome, facts, on))


def _words(rule: CriterionRule, outcome: Outcome, facts: Facts, on: date) -> Words:
    if outcome in SETTLED:
        return Words("", "")
    if outcome is Outcome.NOT_MET:
        return _filled(rule.fails, _shown(rule, facts, on))
    if outcome is Outcome.TO_SET:
        keys = ", ".join(rule.unset)
        return Words(keys, keys)
    return rule.ask


def _filled(words: Words, value: str) -> Words:
    return Words(words["en"].replace("{value}", value), words["zh"].replace("{value}", value))


def _outcome(rule: CriterionRule, facts: Facts, on: date) -> Outcome:
    applies = _holds(rule.when, facts)
    if applies is None:
        return Outcome.TO_ANSWER
    if not applies:
        return Outcome.NOT_ASKED
    if rule.unset:
        return Outcome.TO_SET
    if rule.field not in facts:
        return _missing(rule)
    if _CHECKS[rule.kind](rule, facts[rule.field], on):
        return Outcome.MET
    return _excused(rule, facts)


def _missing(rule: CriterionRule) -> Outcome:
    if rule.blank_means_none:
        return Outcome.MET
    return Outcome.TO_EXAMINE if rule.kind == "examination" else Outcome.TO_ANSWER


def _excused(rule: CriterionRule, facts: Facts) -> Outcome:
    """A rule that is not met may be excused by another answer, which is asked for where it is not there."""
    if rule.unless is None:
        return Outcome.NOT_MET
    holds = _holds(rule.unless, facts)
    return {None: Outcome.TO_ANSWER, True: Outcome.MET, False: Outcome.NOT_MET}[holds]


def _holds(condition: Condition | None, facts: Facts) -> bool | None:
    """Whether a condition holds; None where nobody knows."""
    if condition is None:
        return True
    value = facts.get(condition.field)
    return None if value is None else value in condition.accepts


def whole_years(born: date, on: date) -> int:
    """Return a person's age in whole years on a day; born on 29 February counts from 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _within(rule: CriterionRule, value: Decimal | int) -> bool:
    return (
        (rule.least is None or value >= rule.least)
        and (rule.most is None or value <= rule.most)
        and (rule.more_than is None or value > rule.more_than)
    )


def _day(value: FactValue) -> date:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is not a day")
    return value


def _is_age_within(rule: CriterionRule, value: FactValue, on: date) -> bool:
    return _within(rule, whole_years(_day(value), on))


def _is_accepted(rule: CriterionRule, value: FactValue, on: date) -> bool:  # noqa: ARG001 (one shape for all kinds)
    return value in rule.accepts


def _is_said(rule: CriterionRule, value: FactValue, on: date) -> bool:  # noqa: ARG001 (one shape for all kinds)
    return bool(value)


def _is_number_within(rule: CriterionRule, value: FactValue, on: date) -> bool:  # noqa: ARG001 (one shape for all kinds)
    return _within(rule, Decimal(str(value)))


def _is_within_days(rule: CriterionRule, value: FactValue, on: date) -> bool:
    """0 ≤ day − then, and inside the limits (product.md, windows)."""
    days = (on - _day(value)).days
    return days >= 0 and _within(rule, days)


def _is_months_ago(rule: CriterionRule, value: FactValue, on: date) -> bool:
    """The day lies at least so many calendar months back; without a number of months it never does."""
    then = _day(value)
    return rule.least is not None and add_months(then, int(rule.least)) <= on


def _is_done(rule: CriterionRule, value: FactValue, on: date) -> bool:  # noqa: ARG001 (one shape for all kinds)
    return _day(value) <= on


_CHECKS: dict[str, Callable[[CriterionRule, FactValue, date], bool]] = {
    "age": _is_age_within,
    "answer": _is_accepted,
    "text": _is_said,
    "number": _is_number_within,
    "days_since": _is_within_days,
    "months_since": _is_months_ago,
    "examination": _is_done,
}


def _shown(rule: CriterionRule, facts: Facts, on: date) -> str:
    value = facts[rule.field]
    return str(whole_years(_day(value), on)) if rule.kind == "age" else str(value)
