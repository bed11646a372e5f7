"""What rows of a file, or a typed result, test again, and whether a plan approved beforehand allows that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.release.models import Result
from cotrack.release.rules.authors import KnownPerson
from cotrack.release.rules.further import may_be_retested
from cotrack.release.rules.investigations import InvestigationFacts, has_failed
from cotrack.release.rules.lots import ResultFacts
from cotrack.release.rules.retests import Retest, RetestRefusal, against_retest
from cotrack.release.service.investigated import facts_of_results
from cotrack.release.service.result_files import RETEST, ReadResult
from cotrack.study.rules.definition import ReleaseTest

Key = tuple[int, str, int]
"""Lot, test and replicate."""
Stored = Mapping[Key, Sequence[tuple[Result, ResultFacts]]]
"""The rows of each replicate, oldest first."""

_COLUMNS: Final = {"retest": RETEST, "sample": "Sample ID", "analyst": "Analyst"}


class Retests:
    """The retests among rows that are read together: each counts against the plan of its investigation."""

    def __init__(self, session: Session, stored: Stored, tests: Mapping[int, Mapping[str, ReleaseTest]]) -> None:
        """Begin with what is stored and the tests of its lots; investigations are read where a row asks for them."""
        self._session = session
        self._tests = tests
        self._stored = stored
        self._new: dict[str, int] = {}

    def of(self, read: ReadResult, *, is_correction: bool) -> tuple[int | None, list[Blocker]]:
        """Return the stored result that a row tests again, and every fault that speaks against it."""
        if read.retests is not None:
            old = self._stored.get((read.lot.id, read.test.key, read.retests), ())
            if not old or not may_be_retested(read.test, old[-1][1]):
                words = N_(
                    "Line {line}, column {column}: no. {value} is not stored, or gives no ground for a retest: "
                    "it passed."
                )
                return None, [read.row.fault(RETEST, words)]
            return old[-1][0].id, [] if is_correction else self._against(read, *old[-1])
        if is_correction or has_failed(read.test, read.reported):
            return None, []
        ground = self._failed.get((read.lot.id, read.test.key))
        return None, self._against(read, *ground) if ground else []

    @cached_property
    def _failed(self) -> dict[tuple[int, str], tuple[Result, ResultFacts]]:
        """The stored result of each test that failed and counts: a further pass beside it is a retest."""
        found: dict[tuple[int, str], tuple[Result, ResultFacts]] = {}
        for (lot_id, test, _), rows in self._stored.items():
            result, facts = rows[-1]
            if facts.is_valid and has_failed(self._tests[lot_id][test], facts.reported):
                found.setdefault((lot_id, test), (result, facts))
        return found

    def _against(self, read: ReadResult, ground: Result, facts: ResultFacts) -> list[Blocker]:
        behind = self._investigations.get(ground.id)
        number = behind.number if behind else ""
        retest = Retest(
            test=read.test.name,
            sample=read.row["Sample ID"],
            analyst=read.row["Analyst"],
            is_again=read.retests is not None,
            is_ground_valid=facts.is_valid,
            earlier=self._new.get(number, 0),
        )
        found = against_retest(retest, behind, self._people, read.lot.number)
        self._new[number] = retest.earlier + 1
        return [_fault(read, each) for each in found]

    @cached_property
    def _investigations(self) -> dict[int, InvestigationFacts]:
        return facts_of_results(self._session, {lot_id for lot_id, _, _ in self._stored})

    @cached_property
    def _people(self) -> list[KnownPerson]:
        rows = self._session.execute(select(Person.username, Person.printed_name)).all()
        return [KnownPerson(row.username, row.printed_name) for row in rows]


def _fault(read: ReadResult, refusal: RetestRefusal) -> Blocker:
    fault = read.row.fault(_COLUMNS[refusal.cell], refusal.in_file, **refusal.details)
    return replace(fault, code=refusal.code, solve=refusal.solve)
