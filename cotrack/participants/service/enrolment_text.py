"""The very text that a physician signs at an enrolment: each criterion with its answer, and what is judged later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from cotrack.foundation.words import Words
from cotrack.participants.rules import before_dose_only, judged_again
from cotrack.study.rules.definition import Criterion, Definition
from cotrack.study.rules.eligibility import Finding, Outcome, Verdict

ANSWERS: Final = {
    "yes": Words("yes", "是"),
    "no": Words("no", "否"),
    "none": Words("none", "无"),
    "active": Words("active", "活动性"),
    "irradiated": Words("irradiated", "已放疗"),
    "negative": Words("negative", "阴性"),
    "positive": Words("positive", "阳性"),
}
"""The fixed answers of criteria in both languages; days, numbers and free texts stand as they were written."""


STATEMENT: Final = (
    "Every inclusion criterion that counts at enrolment is met, and no exclusion criterion applies. / "
    "符合入组时判定的全部入选标准，无任何排除标准。"
)


@dataclass(frozen=True)
class EnrolmentCase:
    """Everything that the text says. `known` holds the newest value by field, and the age in place of a birth date."""

    subject_number: str
    definition: Definition
    arm: str
    today: date
    verdict: Verdict
    known: Mapping[str, str]


def enrolment_text(case: EnrolmentCase) -> str:
    """Return the text: every criterion that counts today with its answer, then those judged before a dose."""
    definition, name = case.definition, case.definition.arms[case.arm].name
    return "\n".join(
        [
            f"Participant / 受试者 {case.subject_number}",
            f"Study / 方案 {definition.code} {definition.version}, {name['en']} / {name['zh']}",
            f"Day of enrolment / 入组日期 {case.today.isoformat()}",
            STATEMENT,
            *(line for criterion in definition.criteria for line in _answers(case, criterion)),
            "Not judged today, but before each dose: / 今日不判定，每次给药前判定：",
            *(_line(each, each.text) for each in before_dose_only(definition)),
            f"Judged again before each dose / 每次给药前再次判定: {_keys(judged_again(definition))}",
        ]
    )


def _answers(case: EnrolmentCase, criterion: Criterion) -> list[str]:
    """Return what was answered to a criterion; nothing where it counts before a dose only."""
    findings = [each for each in case.verdict.findings if each.criterion == criterion.key]
    met = [each for each in findings if each.outcome is Outcome.MET]
    if met:
        return [line for finding in met for line in _answered(case, criterion, finding)]
    if findings:
        return [_line(criterion, Words("does not apply", "不适用"))]
    return [] if criterion.rules else [_line(criterion, Words("nothing to answer", "无须回答"))]


def _answered(case: EnrolmentCase, criterion: Criterion, finding: Finding) -> list[str]:
    rule, value = finding.rule, case.known.get(finding.rule.field)
    if rule.kind == "age":
        return [_line(criterion, Words(f"{value} years", f"{value} 岁"))]
    if rule.unless is None:
        return [_line(criterion, rule.ask, _answer(value))]
    # The question asks for the excuse; what was found beside it stands under the criterion's own words.
    excuse = case.known.get(rule.unless.field)
    found = [] if value is None else [_line(criterion, criterion.text, _answer(value))]
    return [*found, *([] if excuse is None else [_line(criterion, rule.ask, _answer(excuse))])]


def _answer(value: str | None) -> Words:
    return Words("none known", "无") if value is None else ANSWERS.get(value, Words(value, value))


def _line(criterion: Criterion, *parts: Words) -> str:
    return f"{criterion.key} " + " / ".join(" ".join(part[language] for part in parts) for language in ("en", "zh"))


def _keys(criteria: Iterable[Criterion]) -> str:
    return " ".join(each.key for each in criteria) or "–"
