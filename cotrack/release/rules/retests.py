"""Whether a failed result may be tested again: only by a plan that QA approved before (domain.md §3.3 rules 4, 5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Words
from cotrack.release.rules.authors import KnownPerson, people_meant
from cotrack.release.rules.investigations import InvestigationFacts

Cell = Literal["retest", "sample", "analyst"]
"""Which cell of a row, or field of a form, a refusal stands at."""


@dataclass(frozen=True)
class Retest:
    """A row that tests a stored result again, or seems to: `again` is false where it does not say so.

    `earlier` counts the retests of the same investigation in the rows before it.
    """

    test: Words
    sample: str
    analyst: str
    is_again: bool
    is_ground_valid: bool
    earlier: int = 0


@dataclass(frozen=True)
class RetestRefusal:
    """Why a row is no retest that may be stored, and in which cell it says so."""

    code: str
    cell: Cell
    details: Mapping[str, object]
    solve: str = ""

    @property
    def in_file(self) -> str:
        """The sentence for a row of a file."""
        return _IN_FILE[self.code]


def as_typed(fault: Blocker) -> Blocker:
    """Return a row's refusal as it is told to who types a result; every other fault as it is."""
    return replace(fault, detail=_TYPED[fault.code]) if fault.code in _TYPED else fault


def against_retest(
    retest: Retest, behind: InvestigationFacts | None, people: Sequence[KnownPerson], lot: str
) -> list[RetestRefusal]:
    """Return every reason against testing a result again; `behind` is the investigation of the result.

    Without a plan only what was made invalid for the laboratory's own error is repeated: it gave no answer.
    """
    details: dict[str, object] = {"test": retest.test}
    if not retest.is_ground_valid and (behind is None or behind.status == "error_found"):
        return []
    if behind is None:
        return [RetestRefusal("retest_uninvestigated", "retest", details, f"lot:{lot}")]
    details |= {"number": behind.number, "sample": behind.sample, "planned": behind.retests or 0}
    code = _by_standing(retest, behind)
    if code:
        return [RetestRefusal(code, "retest", details, behind.subject)]
    found = []
    if behind.sample and retest.sample != behind.sample:
        found.append(RetestRefusal("retest_other_sample", "sample", details, behind.subject))
    if _is_excluded(retest.analyst, behind.not_by, people):
        found.append(RetestRefusal("retest_by_excluded", "analyst", details, behind.subject))
    return found


def _by_standing(retest: Retest, behind: InvestigationFacts) -> str:
    """Return why the investigation has no room for a further retest, empty where it has."""
    if not retest.is_again:
        return "retest_undeclared"
    if behind.status == "oos_confirmed":
        return "retest_after_confirmation"
    if not behind.is_plan_approved:
        return "retest_not_planned"
    return "retest_too_many" if behind.done + retest.earlier >= (behind.retests or 0) else ""


def _is_excluded(analyst: str, not_by: str, people: Sequence[KnownPerson]) -> bool:
    """Whether an analyst's cell means, or may mean, one of those whom the plan excludes."""
    meant = people_meant(analyst, people)
    return any(
        name.casefold() == analyst.strip().casefold() or meant & people_meant(name, people)
        for name in filter(None, map(str.strip, re.split(r"[,;，；、]", not_by)))
    )


_IN_FILE: Final = {
    "retest_uninvestigated": N_(
        "Line {line}, column {column}: the result of {test} failed, and nobody investigates it. Open an investigation "
        "at the lot; it is tested again only by a plan that quality assurance approved before."
    ),
    "retest_undeclared": N_(
        "Line {line}, column {column}: a result of {test} failed and is under investigation {number}. A retest says "
        "which replicate it tests again; any other further pass waits until the investigation ended."
    ),
    "retest_not_planned": N_(
        "Line {line}, column {column}: investigation {number} has no approved retest plan. Nothing is tested again "
        "before quality assurance approved one."
    ),
    "retest_after_confirmation": N_(
        "Line {line}, column {column}: investigation {number} confirmed the result of {test}. No retest undoes it."
    ),
    "retest_too_many": N_(
        "Line {line}, column {column}: the plan of investigation {number} has {planned} retests, and no more is stored."
    ),
    "retest_other_sample": N_(
        "Line {line}, column {column}: “{value}” is another sample than {sample}, which the plan of investigation "
        "{number} names."
    ),
    "retest_by_excluded": N_(
        "Line {line}, column {column}: by the plan of investigation {number}, “{value}” does not test again."
    ),
}
_TYPED: Final = {
    "retest_uninvestigated": N_(
        "The result of {test} failed, and nobody investigates it. Open an investigation at the lot; it is tested again "
        "only by a plan that quality assurance approved before."
    ),
    "retest_undeclared": N_(
        "A result of {test} failed and is under investigation {number}. A retest says which replicate it tests again; "
        "any other further pass waits until the investigation ended."
    ),
    "retest_not_planned": N_(
        "Investigation {number} has no approved retest plan. Nothing is tested again before quality assurance approved "
        "one."
    ),
    "retest_after_confirmation": N_("Investigation {number} confirmed the result of {test}. No retest undoes it."),
    "retest_too_many": N_("The plan of investigation {number} has {planned} retests, and no more is stored."),
    "retest_other_sample": N_("The plan of investigation {number} names sample {sample}: this is another one."),
    "retest_by_excluded": N_("By the plan of investigation {number}, this analyst does not test again."),
}
