"""The certificate of a lot: each test with limit and result, what is outstanding, who decided (domain.md §3.3.8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.site import Site
from cotrack.foundation.words import Words
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.lifecycles import LOT
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.lots import bags_in_words
from cotrack.quality.models import Deviation
from cotrack.quality.service.holds import holds_of
from cotrack.release.models import DECISIONS, Investigation, Result
from cotrack.release.rules.lots import TestStanding
from cotrack.release.service.case import ReleaseCase
from cotrack.release.service.decided import dispositions_of
from cotrack.release.service.trail_reviews import newest_review
from cotrack.study.rules.definition import ReleaseTest
from cotrack.study.rules.specification import expected, limit_words

EVENTS: Final = tuple(LOT.event(each) for each in DECISIONS)


@dataclass(frozen=True)
class Decided:
    """A decision as its documents say it: known before it is written, so that they can be tried out."""

    decision: str
    reason: str
    outstanding_tests: Sequence[str]
    signature: Signature
    against: Sequence[Blocker] = ()
    """What stands against a full release: nothing under a release, the outstanding tests under a conditional one."""


def certificate(session: Session, site: Site, case: ReleaseCase, decided: Decided) -> Document:
    """Return what the certificate of a lot says under this decision and its signature."""
    lot, stored = case.lot, case.results
    held = holds_of(session, f"lot:{lot.number}")
    fields = {
        **lot_lines(case, site),
        "decision": decided.decision,
        "reason": decided.reason,
        "tests": [_test(each, stored, site) for each in case.facts.standings],
        "invalidated": [line for each in case.facts.standings for line in invalidated_lines(each, stored, site)],
        "outstanding": [_outstanding(case.definition.tests[key], lot) for key in decided.outstanding_tests],
        "holds": [[each.status, each.reason, site_words(each.placed_at, site.zone)] for each in held],
        "deviations": [_deviation(each) for each in reversed(case.deviations)],
        "investigations": [_investigation(name, each) for name, each in reversed(case.investigation_lines)],
        "signatures": [signature_lines(each, site) for each in signatures_under(session, case, decided)],
    }
    return Document("certificate", f"lot:{lot.number}", EVENTS, fields)


def signatures_under(session: Session, case: ReleaseCase, decided: Decided) -> list[Signature]:
    """Return every signature on which a decision stands, and its own, in the order of signing."""
    signed = [
        *_reviews(session, case.lot.id, case.results),
        *(each.invalidation.signature for each in case.results if each.invalidation),
        *(each.closure_signature for each in case.deviations if each.closure_signature),
        *(signature for each in case.investigations for signature in each.signatures),
        *(each.signature for each in dispositions_of(session, case.lot.id) if each.signature is not decided.signature),
        decided.signature,
    ]
    return sorted(signed, key=lambda each: each.signed_at)


def lot_lines(case: ReleaseCase, site: Site) -> dict[str, str]:
    """Return what stands on the first page of each document of a lot's release."""
    product, lot = case.definition.product, case.lot
    return {
        "study": f"{case.definition.registration or '–'} · {both(case.definition.title)}",
        "product": both(product.name),
        "lot": lot.number,
        "bags": bags_in_words(lot),
        "made_on": lot.made_on.isoformat(),
        "expires": site_words(lot.expires_at, site.zone),
        "storage": both(product.storage),
        "specification": f"{case.definition.code} {case.definition.version}",
        "maker": f"{site.maker_zh} {site.maker_en}",
        "law": f"{site.law_zh} {site.law_en}",
    }


def _test(each: TestStanding, stored: Sequence[Result], site: Site) -> list[str]:
    """Return a line of the table: test, method, limit, results, unit, when tested, by whom, verdict."""
    mine = [result for result in stored if result.test == each.test.key]
    return [
        both(each.test.name),
        _method(each.test, mine),
        limit_words(each.test),
        " · ".join(reported(result) for result in mine) or "–",
        each.test.unit,
        _once(site_words(result.tested_at, site.zone)[:10] for result in mine),
        _once(result.analyst for result in mine),
        each.standing.value,
    ]


def _method(test: ReleaseTest, mine: Sequence[Result]) -> str:
    """Return the specification's method, and beside it what the laboratory said of its own that stands not there."""
    said = both(test.method) if test.method.en or test.method.zh else ""
    return _once(filter(None, [said, *(each.method for each in mine if each.method not in said)]))


def _outstanding(test: ReleaseTest, lot: Lot) -> str:
    """Name an outstanding test, and the day on which its result is expected."""
    awaited = expected(test, lot.made_on, lot.made_on)
    return f"{both(test.name)} · 预计 due on {awaited.due_on.isoformat()}" if awaited else both(test.name)


def _deviation(each: Deviation) -> list[str]:
    """Return a line of the table: number, class, state, what happened with cause and impact as far as QA found them."""
    found = [each.description, each.cause, each.impact]
    return [each.number, each.classification or "–", each.status, " · ".join(filter(None, found))]


def _investigation(name: Words, each: Investigation) -> list[str]:
    """Return a line of the table: number, test, how it ended, what was concluded with the cause."""
    return [each.number, both(name), each.status, " · ".join(filter(None, (each.conclusion, each.cause))) or "–"]


def reported(result: Result) -> str:
    """Write a result with what it is to the others: invalid, a correction, a retest."""
    said = (
        (result.status == "invalidated", "无效 invalid"),
        (result.corrects_id, "更正 corrected"),
        (result.retest_of_id, "复检 retest"),
    )
    words = ", ".join(word for is_so, word in said if is_so)
    return f"{result.reported} ({words})" if words else result.reported


def invalidated_lines(each: TestStanding, stored: Sequence[Result], site: Site) -> list[list[str]]:
    """Return a line for each result of a test that was made invalid: result, deviation, why, by whom and when."""
    return [
        [
            f"{both(each.test.name)} #{result.replicate}: {result.reported} {result.unit}".rstrip(),
            made.deviation.number,
            made.reason,
            f"{made.signature.printed_name} {site_words(made.invalidated_at, site.zone)}",
        ]
        for result in stored
        if result.test == each.test.key and (made := result.invalidation)
    ]


def _once(texts: Iterable[str]) -> str:
    """Return texts in their order, each once; a dash where there is none."""
    return ", ".join(dict.fromkeys(texts)) or "–"


def _reviews(session: Session, lot_id: int, stored: Sequence[Result]) -> list[Signature]:
    """Return the signatures under the reviews of results, and under the newest review of the trail."""
    reviews = {each.review_signature.id: each.review_signature for each in stored if each.review_signature}
    trail = newest_review(session, lot_id)
    return [*reviews.values(), *([trail.signature] if trail else [])]
