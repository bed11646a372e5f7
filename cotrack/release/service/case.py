"""Everything that decides about a lot, gathered once: results, deviations, investigations, sources, its trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from cotrack.foundation.acting import Actor
from cotrack.foundation.site import Site
from cotrack.foundation.words import Words
from cotrack.manufacture.models import Lot, LotInput
from cotrack.manufacture.service.deviations import deviations_under, open_among
from cotrack.manufacture.service.inputs import holds_over, inputs_of, sources_behind
from cotrack.manufacture.service.lots import producers
from cotrack.manufacture.service.process import lot_steps
from cotrack.quality.models import Deviation
from cotrack.release.models import Investigation, Result
from cotrack.release.rules.lots import (
    Decider,
    LotFacts,
    ResultFacts,
    TestStanding,
    outstanding,
    standings,
)
from cotrack.release.rules.viable import viable_million_per_ml
from cotrack.release.service.investigated import investigation_facts, investigations_of
from cotrack.release.service.results import result_facts, results_of
from cotrack.release.service.trail_reviews import records_about, trail_standing
from cotrack.release.service.unsettled import typists_of, unsettled_of
from cotrack.study import service as study
from cotrack.study.rules.definition import Definition, ReleaseTest


@dataclass(frozen=True)
class LotResults:
    """Every result of a lot, and the same as the rules see them."""

    rows: Sequence[Result]
    facts: Sequence[ResultFacts]


@dataclass(frozen=True)
class ReleaseCase:
    """A lot with everything that decides about it, and the rows behind it, so that papers and pages read them once.

    `about` says which records of the trail are the lot's.
    """

    lot: Lot
    definition: Definition
    facts: LotFacts
    results: Sequence[Result]
    deviations: Sequence[Deviation]
    investigations: Sequence[Investigation]
    inputs: Sequence[LotInput]
    about: ColumnElement[bool]

    @property
    def investigation_lines(self) -> list[tuple[Words, Investigation]]:
        """Every investigation of the lot, newest first, each with the names of its test."""
        return [(self.definition.tests[each.test].name, each) for each in self.investigations]


def release_case(session: Session, lot: Lot, site: Site, known: LotResults | None = None) -> ReleaseCase:
    """Gather everything that decides about a lot; `known` are its results, where the caller has read them."""
    definition = study.definition_of(lot.study_definition)
    found = lot_results(session, lot) if known is None else known
    deviations = deviations_under(session, lot)
    investigations, inputs = investigations_of(session, lot.id), inputs_of(session, lot.id)
    sources = tuple(sources_behind(session, inputs))
    about = records_about(session, lot, sources)
    facts = LotFacts(
        number=lot.number,
        expires_at=lot.expires_at,
        standings=standings(definition, found.facts),
        holds=tuple(holds_over(session, [f"lot:{lot.number}"])),
        deviations=tuple(open_among(deviations)),
        producer_ids=producers(session, lot),
        trail=trail_standing(session, lot, site, about),
        sources=sources,
        steps=lot_steps(session, lot),
        unsettled=unsettled_of(session, lot),
        typist_ids=typists_of(session, lot.id),
        investigations=tuple(investigation_facts(session, investigations)),
    )
    return ReleaseCase(lot, definition, facts, found.rows, deviations, investigations, inputs, about)


def decider(actor: Actor) -> Decider:
    """Return who would sign, as the rules see them."""
    return Decider(actor.person_id, actor.username)


def outstanding_tests(session: Session, lot: Lot) -> list[ReleaseTest]:
    """Return the tests of a lot's specification that are outstanding now."""
    return outstanding(lot_standings(session, lot))


def lot_standings(session: Session, lot: Lot) -> tuple[TestStanding, ...]:
    """Return how each test of a lot stands now."""
    return standings(study.definition_of(lot.study_definition), lot_results(session, lot).facts)


def lot_results(session: Session, lot: Lot) -> LotResults:
    """Return every result of a lot, in the order of their recording."""
    rows = results_of(session, lot.id)
    return LotResults(rows, result_facts(session, rows))


def viable_cells(session: Session, lot_id: int) -> Decimal | None:
    """Return a lot's viable cells in millions per mL, from its reviewed counts; None where there is none."""
    return viable_million_per_ml(result_facts(session, results_of(session, lot_id)))
