"""What an investigation of a failed result says to its acts, and to its lot (domain.md §3.3 rules 4 and 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Words
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import Reported, Standing, judge_one

UNDER_WAY = frozenset({"phase_1", "phase_2"})
STOPPING = UNDER_WAY | {"oos_confirmed"}
"""Where an investigation stands against every release: not concluded, or confirmed for good."""
FAILED = frozenset({Standing.OUT_OF_SPECIFICATION, Standing.UNDECIDABLE})


@dataclass(frozen=True)
class InvestigationFacts:
    """One investigation of a test of a lot, as far as it has come.

    `authors` made or entered one of its failed results, `writers` wrote its report or its plan, each version of them.
    `done` counts the retests since the plan was approved,
    `answered` those of them that count, `unreviewed` some of these; `failed` counts whatever failed since, whether it
    says that it is a retest or not. `not_by` names who does not test again, as the laboratory writes them.
    """

    number: str
    lot: str
    test: Words
    status: str
    authors: frozenset[str] = field(default_factory=frozenset)
    outcome: str = ""
    writers: frozenset[str] = field(default_factory=frozenset)
    retests: int | None = None
    sample: str = ""
    not_by: str = ""
    is_plan_approved: bool = False
    done: int = 0
    answered: int = 0
    failed: int = 0
    unreviewed: int = 0

    @property
    def subject(self) -> str:
        """The investigation as a thing."""
        return f"investigation:{self.number}"


def has_failed(test: ReleaseTest, reported: Reported) -> bool:
    """Whether a result is out of specification, or cannot be held against the limit: an investigation follows."""
    return judge_one(test, reported) in FAILED


def against_investigations(investigations: Sequence[InvestigationFacts]) -> list[Blocker]:
    """Return a reason for each investigation that keeps its lot from every release: under way, or confirmed.

    What was confirmed is never undone by passing retests (FDA, Investigating OOS Test Results, 2022, section IV).
    """
    return [reason for each in investigations for reason in _against_release(each)]


def _against_release(each: InvestigationFacts) -> list[Blocker]:
    details = {"test": each.test, "number": each.number}
    if each.status in UNDER_WAY:
        words = N_("{test}: investigation {number} is not concluded.")
        return [Blocker("investigation_open", words, details, solve=each.subject)]
    if each.status == "oos_confirmed":
        words = N_("{test}: investigation {number} confirmed the result out of specification. No retest undoes it.")
        return [Blocker("oos_confirmed", words, details, solve=each.subject)]
    return []


def against_making_invalid(lot: str, behind: InvestigationFacts | None) -> list[Blocker]:
    """Return what keeps a failed result valid: its investigation found neither the laboratory's error nor a cause."""
    if behind is None:
        words = N_("No investigation has this result yet: open one at the lot. Only what it finds makes it invalid.")
        return [Blocker("investigation_missing", words, solve=f"lot:{lot}")]
    return _against_release(behind)


def against_report(facts: InvestigationFacts, username: str) -> list[Blocker]:
    """Return why a person does not report a laboratory investigation, or plan retests: they made the result."""
    if username.casefold() not in facts.authors:
        return []
    words = N_("You made or entered a result that is investigated: another analyst writes this.")
    return [Blocker("same_person", words)]


def against_ending_phase_1(facts: InvestigationFacts, outcome: str, username: str) -> list[Blocker]:
    """Return what speaks against ending phase 1 with this outcome: the laboratory reported none, or the other."""
    reasons = _against_signer(facts, username)
    if not facts.outcome:
        words = N_("The laboratory has not reported its own investigation yet.")
        reasons.append(Blocker("report_missing", words, solve=facts.subject))
    elif facts.outcome != outcome:
        words = N_("The laboratory reported the other outcome: an analyst reports again, or you sign the other step.")
        reasons.append(Blocker("reported_otherwise", words, solve=facts.subject))
    return reasons


def against_plan(facts: InvestigationFacts, username: str) -> list[Blocker]:
    """Return what speaks against writing a plan of retests: once approved it is never changed."""
    reasons = against_report(facts, username)
    if facts.is_plan_approved:
        words = N_("The retest plan is approved: it is never changed.")
        reasons.append(Blocker("plan_approved", words, solve=facts.subject))
    return reasons


def against_plan_approval(facts: InvestigationFacts, username: str) -> list[Blocker]:
    """Return what speaks against approving the plan of retests: it has at least one, or nothing comes of it."""
    reasons = _against_signer(facts, username)
    if facts.is_plan_approved:
        words = N_("The retest plan is approved: it is never changed.")
        reasons.append(Blocker("plan_approved", words, solve=facts.subject))
    elif facts.retests is None:
        reasons.append(Blocker("plan_missing", "No retest plan is written yet.", solve=facts.subject))
    elif facts.retests < 1:
        reasons.append(_without_retest(facts))
    return reasons


def _without_retest(facts: InvestigationFacts) -> Blocker:
    words = N_("The plan has no retest: after phase 2 a result is refuted by a retest at least, or it is confirmed.")
    return Blocker("plan_without_retest", words, solve=facts.subject)


def against_confirming(facts: InvestigationFacts, username: str) -> list[Blocker]:
    """Return what speaks against the conclusion that the result stands: it waits for no retest."""
    return _against_signer(facts, username)


def against_refuting(facts: InvestigationFacts, username: str) -> list[Blocker]:
    """Return what speaks against the conclusion that the result does not stand: each retest is there and passed.

    A cause alone refutes nothing after phase 1, which found no error of the laboratory: one retest is planned at least
    (FDA, Investigating OOS Test Results, 2022, section IV). A failed one is never averaged with those that passed
    (§3.3 rule 5).
    """
    reasons = _against_signer(facts, username)
    if not facts.is_plan_approved or facts.retests is None:
        words = N_("No retest plan is approved yet: without one the result is only confirmed.")
        return [*reasons, Blocker("plan_not_approved", words, solve=facts.subject)]
    if facts.retests < 1:
        reasons.append(_without_retest(facts))
    if facts.answered < facts.retests:
        words = N_("{done} of {planned} planned retests are there and count.")
        details = {"done": facts.answered, "planned": facts.retests}
        reasons.append(Blocker("retests_missing", words, details, solve=f"lot:{facts.lot}"))
    if facts.unreviewed:
        words = N_("{count} retests are not reviewed by a second person yet.")
        reasons.append(Blocker("result_unreviewed", words, {"count": facts.unreviewed}, solve=f"lot:{facts.lot}"))
    if facts.failed:
        words = N_("A retest failed as well: a pass is never averaged with a fail, the result is confirmed.")
        reasons.append(Blocker("retest_failed", words, solve=facts.subject))
    return reasons


def _against_signer(facts: InvestigationFacts, username: str) -> list[Blocker]:
    """Nobody signs as QA what they made, reported or planned themselves."""
    who = username.casefold()
    if who in facts.authors:
        words = N_("You made or entered a result that is investigated: another person signs.")
        return [Blocker("same_person", words)]
    if who in facts.writers:
        words = N_("You reported this investigation or planned its retests: another person signs.")
        return [Blocker("same_person", words)]
    return []
