"""The release record of a lot: everything that a decision rested on, as paper (21 CFR 211.188, 211.194; Annex 16)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.access.models import Person
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.site import Site
from cotrack.foundation.words import Words
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.inputs import InputLine, holds_ever_over, lines_of_inputs
from cotrack.manufacture.service.reconciliation import account_lines
from cotrack.quality.models import Deviation, DeviationAction, Hold
from cotrack.release.models import Investigation, Result, ResultImport, TrailReview
from cotrack.release.rules.lots import TestStanding
from cotrack.release.service.case import ReleaseCase
from cotrack.release.service.certificate import (
    EVENTS,
    Decided,
    invalidated_lines,
    lot_lines,
    reported,
    signatures_under,
)
from cotrack.release.service.trail_reviews import newest_review
from cotrack.study.rules.specification import limit_words

NAME = "release-record"
Line = list[str]


def release_record(session: Session, site: Site, case: ReleaseCase, decided: Decided) -> Document:
    """Return what the release record of a lot says under this decision."""
    lot, telling = case.lot, _Telling(session, site)
    stored, deviations = case.results, list(reversed(case.deviations))
    inputs = lines_of_inputs(session, case.inputs, case.facts.sources)
    fields = {
        **lot_lines(case, site),
        "decision": decided.decision,
        "reason": decided.reason,
        "against": [[each.code, each.sentence] for each in decided.against],
        "attempts": telling.attempts(lot),
        "tests": [_test(each) for each in case.facts.standings],
        "results": telling.results(case.facts.standings, stored),
        "invalidated": [line for each in case.facts.standings for line in invalidated_lines(each, stored, site)],
        "investigations": [telling.investigation(*each) for each in reversed(case.investigation_lines)],
        "deviations": [telling.deviation(each) for each in deviations],
        "actions": telling.actions(deviations),
        "holds": [telling.hold(each) for each in reversed(holds_ever_over(session, lot))],
        "trail": telling.trail(newest_review(session, lot.id)),
        "accounts": account_lines(session, lot),
        "inputs": [telling.source(each) for each in inputs],
        "statement": decided.signature.text.splitlines(),
        "signatures": [signature_lines(each, site) for each in signatures_under(session, case, decided)],
    }
    return Document(NAME, f"lot:{lot.number}", EVENTS, fields)


def _test(each: TestStanding) -> Line:
    """Return a line: test, limit, how many results count and how many do not, verdict, reviewed."""
    counts = f"{len(each.results)} / {len(each.invalidated)}"
    reviewed = "yes" if each.is_reviewed and each.results else "no"
    return [both(each.test.name), limit_words(each.test), counts, each.standing.value, reviewed]


class _Telling:
    """Says rows as paper does: with names for people and the site's time for instants."""

    def __init__(self, session: Session, site: Site) -> None:
        self._session = session
        self._site = site
        rows = session.execute(select(Person.id, Person.printed_name))
        self._names: Mapping[int, str] = dict(rows.all())

    def _when(self, instant: datetime | None) -> str:
        return site_words(instant, self._site.zone) if instant else "–"

    def _who(self, person_id: int | None) -> str:
        return self._names.get(person_id, "–") if person_id is not None else "–"

    def attempts(self, lot: Lot) -> list[Line]:
        """Return each decision that was refused before this one: when, to whom, what, and every reason against it."""
        statement = select(AuditRecord).where(
            AuditRecord.subject == f"lot:{lot.number}",
            AuditRecord.event.in_(EVENTS),
            AuditRecord.outcome == "refused",
        )
        return [self._attempt(row) for row in self._session.scalars(statement.order_by(AuditRecord.id))]

    def _attempt(self, row: AuditRecord) -> Line:
        said = json.loads(row.body)
        reasons = "\n".join(each["detail"] for each in said.get("blockers", ()))
        return [self._when(row.at), said["printed_name"], row.event.partition(".")[2], reasons or "–"]

    def results(self, standings: Sequence[TestStanding], stored: Sequence[Result]) -> list[Line]:
        """Return each result: test, sample, method, reported, when and by whom tested, whence, by whom reviewed."""
        files = self._files(stored)
        return [
            [
                f"{both(each.test.name)} #{result.replicate}",
                f"{result.sample} · {result.method}",
                f"{reported(result)} {result.unit}".rstrip(),
                f"{self._when(result.tested_at)} · {result.analyst} · {result.instrument or '–'}",
                self._origin(result, files),
                self._review(result),
            ]
            for each in standings
            for result in stored
            if result.test == each.test.key
        ]

    def _files(self, stored: Sequence[Result]) -> Mapping[int, ResultImport]:
        ids = {each.import_id for each in stored if each.import_id is not None}
        found = self._session.scalars(select(ResultImport).where(ResultImport.id.in_(ids)))
        return {each.id: each for each in found}

    def _origin(self, result: Result, files: Mapping[int, ResultImport]) -> str:
        """Say where a result came from: a file, by the first letters of its hash, or who typed it: two people, or one.

        One types it where the study says that the test is not critical.
        """
        by = self._who(result.recorded_by_id)
        if result.import_id is not None:
            file = files[result.import_id]
            return f"{file.file_name} ({file.file_sha256[:12]}) · {by}"
        if result.typed_once_by_id is not None:
            return f"单人录入 typed once · {by}"
        return f"{self._who(result.first_entered_by_id)} + {by}"

    def _review(self, result: Result) -> str:
        signature = result.review_signature
        return f"{signature.printed_name} {self._when(signature.signed_at)}" if signature else "–"

    def investigation(self, name: Words, each: Investigation) -> Line:
        """Return a line: number, test, how it ended, what was thought and found, its plan of retests, by whom."""
        found = " · ".join(filter(None, (each.hypothesis, each.plan_hypothesis, each.conclusion, each.cause)))
        planned = f"{each.retests} × {each.retest_sample or '–'}; 不得由 not by {each.retest_not_by or '–'}"
        plan = planned if each.retests is not None else "–"
        by = ", ".join(
            dict.fromkeys(self._who(person) for person in (each.reported_by_id, each.planned_by_id) if person)
        )
        return [each.number, both(name), each.status, found or "–", plan, by or "–"]

    def deviation(self, each: Deviation) -> Line:
        """Return a line: number, class, state, what QA found, opened and closed by whom and when."""
        found = " · ".join(filter(None, (each.description, each.cause, each.impact)))
        closed = each.closure_signature
        ended = f" → {closed.printed_name} {self._when(closed.signed_at)}" if closed else ""
        opened = f"{self._who(each.opened_by_id)} {self._when(each.opened_at)}{ended}"
        return [each.number, each.classification or "–", each.status, found, opened]

    def actions(self, deviations: Iterable[Deviation]) -> list[Line]:
        """Return a line for each action: after which deviation, its kind, what, owner and day, state, outcome."""
        statement = (
            select(DeviationAction)
            .options(joinedload(DeviationAction.owner), joinedload(DeviationAction.deviation))
            .where(DeviationAction.deviation_id.in_([each.id for each in deviations]))
        )
        return [
            [
                each.deviation.number,
                each.kind,
                each.description,
                f"{each.owner.printed_name} {each.due_on.isoformat()}",
                each.status,
                each.outcome or "–",
            ]
            for each in self._session.scalars(statement.order_by(DeviationAction.id))
        ]

    def hold(self, each: Hold) -> Line:
        """Return a line: state, on what, why, placed and lifted by whom and when, why lifted."""
        placed = f"{self._who(each.placed_by_id)} {self._when(each.placed_at)}"
        lifted = f"{self._who(each.lifted_by_id)} {self._when(each.lifted_at)}" if each.lifted_at else "–"
        return [each.status, each.subject.partition(":")[2], each.reason, placed, lifted, each.lift_reason or "–"]

    def trail(self, review: TrailReview | None) -> list[Line]:
        """Return the newest review of the trail: by whom, when, how many records, up to which."""
        if review is None:
            return []
        by = review.signature.printed_name
        return [[by, self._when(review.reviewed_at), str(review.records), str(review.last_record_id)]]

    def source(self, each: InputLine) -> Line:
        """Return a line: what went in, from what it comes, how much, its last day of use, used by whom and when."""
        used = each.made.bank or each.made.material
        if used is None:
            raise LookupError(f"lot input {each.made.id} names no source")
        origins = [source.number for source, _ in each.chain[1:]]
        return [
            used.__lifecycle__.noun,
            f"{used.number} {used.name}",
            " ← ".join(origins) or "–",
            used.status,
            f"{each.made.vials} ×" if each.made.vials else each.made.amount,
            used.expires_on.isoformat(),
            f"{each.used_by} {self._when(each.made.used_at)}",
        ]
