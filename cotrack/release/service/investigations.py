"""Acts of an investigation: the laboratory's own report, the plan of retests, and what QA signs at each end."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import INVESTIGATION
from cotrack.manufacture.models import Lot
from cotrack.release.models import Investigation
from cotrack.release.rules.investigations import (
    InvestigationFacts,
    against_confirming,
    against_ending_phase_1,
    against_plan,
    against_plan_approval,
    against_refuting,
    against_report,
)
from cotrack.release.service.investigated import (
    investigate,
    investigation_facts,
    investigation_numbered,
    uninvestigated,
)
from cotrack.release.service.results import results_of
from cotrack.study import service as study

CHECKED: Final = {
    "sample": "Sample / 样品",
    "standard": "Standard / 标准品",
    "equipment": "Equipment / 仪器设备",
    "calculation": "Calculation / 计算",
    "technique": "Analyst's technique / 检验员操作",
}


def open_investigation(work: Work, lot_number: str, *, test: str) -> Investigation:
    """Open an investigation by hand, of failed results that were stored before failures were investigated."""
    work.begin(INVESTIGATION, "open", "", subject=f"lot:{lot_number}")
    lot = work.lock(Lot, lot_number)
    if test not in study.definition_of(lot.study_definition).tests:
        raise InvalidInput(fields={"test": [N_("This lot's specification has no such test.")]})
    failed = [each for each in uninvestigated(work.session, lot) if each.test == test]
    if not failed:
        words = N_("No failed result of this test waits for an investigation.")
        work.refuse_if([Blocker("nothing_to_investigate", words, solve=f"lot:{lot_number}")])
    (investigation,) = investigate(work, [(lot, each) for each in failed])
    return investigation


def report(work: Work, number: str, *, hypothesis: str, outcome: str, **checked: str) -> Investigation:
    """Report the laboratory's own investigation: what was thought, what was checked, and whether an error was found.

    An analyst who neither made nor entered one of the results writes it; until QA signs it is written anew.
    """
    investigation, facts = _taken(work, number, "report")
    work.refuse_if(against_report(facts, work.actor.username))
    for name in CHECKED:
        setattr(investigation, f"{name}_checked", checked[name].strip())
    investigation.hypothesis, investigation.outcome = hypothesis.strip(), outcome
    investigation.reported_at, investigation.reported_by_id = work.now, work.person_id
    return investigation


def find_error(work: Work, number: str) -> Investigation:
    """End with the laboratory's own error: QA signs, and the results may be made invalid and repeated."""
    return _end_phase_1(work, number, "find_error", "error_found")


def go_on(work: Work, number: str) -> Investigation:
    """Go on to the full investigation: QA signs that the laboratory found no error of its own."""
    return _end_phase_1(work, number, "go_on", "none_found")


def _end_phase_1(work: Work, number: str, action: str, outcome: str) -> Investigation:
    investigation, facts = _taken(work, number, action)
    work.refuse_if(against_ending_phase_1(facts, outcome, work.actor.username))
    signature = _signed(work, investigation, action, _phase_1_lines(investigation))
    work.move(investigation, action)
    investigation.phase_1_signature_id = signature.id
    return investigation


def plan(work: Work, number: str, *, hypothesis: str, retests: int, sample: str, not_by: str) -> Investigation:
    """Write the plan of the full investigation: hypothesis, how many retests, on which sample, and by whom not."""
    investigation, facts = _taken(work, number, "plan")
    work.refuse_if(against_plan(facts, work.actor.username))
    if retests < 1:
        raise InvalidInput(fields={"retests": [N_("This number is outside what is possible.")]})
    if not sample.startswith(facts.lot):
        raise InvalidInput(fields={"sample": [N_("This sample is not of this lot: its number begins with the lot's.")]})
    investigation.plan_hypothesis, investigation.retests = hypothesis.strip(), retests
    investigation.retest_sample, investigation.retest_not_by = sample.strip(), not_by.strip()
    investigation.planned_at, investigation.planned_by_id = work.now, work.person_id
    return investigation


def approve_plan(work: Work, number: str) -> Investigation:
    """Approve the plan of retests by signature, before any of them (FDA, Investigating OOS Test Results, 2022)."""
    investigation, facts = _taken(work, number, "approve_plan")
    work.refuse_if(against_plan_approval(facts, work.actor.username))
    investigation.plan_signature_id = _signed(work, investigation, "approve_plan", _plan_lines(investigation)).id
    return investigation


def confirm(work: Work, number: str, *, conclusion: str) -> Investigation:
    """Conclude that the result stands: the lot is never released, whatever a retest says."""
    investigation, facts = _taken(work, number, "confirm")
    work.refuse_if(against_confirming(facts, work.actor.username))
    return _concluded(work, investigation, "confirm", conclusion=conclusion)


def refute(work: Work, number: str, *, conclusion: str, cause: str) -> Investigation:
    """Conclude that the result does not stand, for a cause that was found; each planned retest is there and passed."""
    investigation, facts = _taken(work, number, "refute")
    work.refuse_if(against_refuting(facts, work.actor.username))
    return _concluded(work, investigation, "refute", conclusion=conclusion, cause=cause)


def _concluded(
    work: Work, investigation: Investigation, action: str, *, conclusion: str, cause: str = ""
) -> Investigation:
    said = [f"Conclusion / 结论: {conclusion.strip()}", *([f"Cause / 原因: {cause.strip()}"] if cause else [])]
    lines = [*_phase_1_lines(investigation), *_plan_lines(investigation), *_retest_lines(work.session, investigation)]
    signature = _signed(work, investigation, action, [*lines, *said])
    work.move(investigation, action)
    investigation.conclusion, investigation.cause = conclusion.strip(), cause.strip()
    investigation.conclusion_signature_id = signature.id
    return investigation


def reported(session: Session, number: str) -> dict[str, str]:
    """Return what was reported of an investigation before, for the fields of the form."""
    found = investigation_numbered(session, number)
    checked = {name: getattr(found, f"{name}_checked") for name in CHECKED}
    return {"hypothesis": found.hypothesis, "outcome": found.outcome, **checked}


def planned(session: Session, number: str) -> dict[str, str]:
    """Return the plan as it is written, for the fields of the form; at first who tested does not test again."""
    found = investigation_numbered(session, number)
    testers = ", ".join(dict.fromkeys(each.result.analyst for each in found.investigated))
    return {
        "hypothesis": found.plan_hypothesis,
        "retests": "" if found.retests is None else str(found.retests),
        "sample": found.retest_sample,
        "not_by": found.retest_not_by or testers,
    }


def _taken(work: Work, number: str, action: str) -> tuple[Investigation, InvestigationFacts]:
    """Begin an act on an investigation; its lot is locked first, so that no result is stored meanwhile."""
    work.begin(INVESTIGATION, action, number)
    lot = select(Lot.number).join(Investigation, Investigation.lot_id == Lot.id).where(Investigation.number == number)
    found = work.session.scalar(lot)
    if found is None:
        raise NotFound("There is no investigation {number}.", number=number)
    work.lock(Lot, found)
    work.lock(Investigation, number)
    investigation = investigation_numbered(work.session, number)
    work.expect(investigation, action)
    (facts,) = investigation_facts(work.session, [investigation])
    return investigation, facts


_OUTCOMES: Final = {
    "": "–",
    "error_found": "a laboratory error was found / 发现实验室差错",
    "none_found": "no laboratory error was found / 未发现实验室差错",
}
_STATEMENTS: Final = {
    "find_error": "The laboratory's own error explains these results. / 实验室自身差错可解释上述结果。",
    "go_on": "No laboratory error was found; the full investigation begins. / 未发现实验室差错，进入全面调查。",
    "approve_plan": "I approve this retest plan before any retest. / 本人在复检前批准本复检方案。",
    "confirm": "The results are confirmed; the lot is not released. / 超标结果成立，该批次不得放行。",
    "refute": "The results are not confirmed, for the cause named. / 因所述原因，超标结果不成立。",
}


def _signed(work: Work, investigation: Investigation, action: str, lines: Sequence[str]) -> Signature:
    lot = investigation.lot
    test = study.definition_of(lot.study_definition).tests[investigation.test]
    head = [
        f"Investigation / 超标调查 {investigation.number}",
        f"Lot / 批次 {lot.number}",
        f"Test / 检验项目 {test.name['en']} / {test.name['zh']}",
        *(
            f"{each.result.sample} #{each.result.replicate}: {each.result.reported} {each.result.unit}".rstrip()
            + f"  {each.result.analyst}"
            for each in investigation.investigated
        ),
    ]
    return work.sign(INVESTIGATION[action].meaning, "\n".join([*head, *lines, _STATEMENTS[action]]))


def _phase_1_lines(investigation: Investigation) -> list[str]:
    return [
        f"Hypothesis / 假设: {investigation.hypothesis}",
        *(f"{words}: {getattr(investigation, f'{name}_checked')}" for name, words in CHECKED.items()),
        f"Outcome / 结果: {_OUTCOMES[investigation.outcome]}",
    ]


def _plan_lines(investigation: Investigation) -> list[str]:
    if investigation.retests is None:
        return []
    return [
        f"Hypothesis / 假设: {investigation.plan_hypothesis}",
        f"Retests / 复检次数: {investigation.retests}",
        f"Sample / 样品: {investigation.retest_sample or '–'}",
        f"Not by / 不得由其检验: {investigation.retest_not_by}",
    ]


def _retest_lines(session: Session, investigation: Investigation) -> list[str]:
    mine = {each.result_id for each in investigation.investigated}
    return [
        f"Retest / 复检 {each.sample} #{each.replicate}: {each.reported} {each.unit}".rstrip() + f"  {each.analyst}"
        for each in results_of(session, investigation.lot_id)
        if each.retest_of_id in mine
    ]
