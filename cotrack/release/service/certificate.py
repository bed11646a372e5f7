"""The certificate of a lot: each test with limit and result, what is outstanding, who decided (domain.md §3.3.8)."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.lifecycles import LOT
from cotrack.manufacture.service.lots import lot_numbered
from cotrack.quality.models import Deviation
from cotrack.quality.service.deviations import deviations_of
from cotrack.quality.service.holds import holds_of
from cotrack.release.models import DECISIONS, Result
from cotrack.release.rules.lots import TestStanding
from cotrack.release.service.dispositions import ReleaseCase, dispositions_of, release_case
from cotrack.release.service.results import results_of
from cotrack.release.service.trail_reviews import newest_review
from cotrack.study.rules.specification import limit_words

EVENTS: Final = tuple(LOT.event(each) for each in DECISIONS)


def certificate(session: Session, site: Site, number: str) -> Document:
    """Return what the certificate of a lot says; raises NotFound where nothing is decided about the lot yet."""
    lot = lot_numbered(session, number)
    decisions = dispositions_of(session, lot.id)
    if not decisions:
        raise NotFound("Nothing is decided about lot {lot} yet: its certificate comes with the decision.", lot=number)
    case, stored = release_case(session, lot, site), results_of(session, lot.id)
    held, deviations = holds_of(session, f"lot:{number}"), deviations_of(session, f"lot:{number}")
    fields = {
        **_facts(case, site),
        "decision": decisions[0].decision,
        "reason": decisions[0].reason,
        "tests": [_test(each, stored, site) for each in case.facts.standings],
        "invalidated": [line for each in case.facts.standings for line in _invalidated(each, stored, site)],
        "outstanding": [both(case.definition.tests[key].name) for key in decisions[0].outstanding_tests.split()],
        "holds": [[each.status, each.reason, site_words(each.placed_at, site.zone)] for each in held],
        "deviations": [_deviation(each) for each in reversed(deviations)],
        "signatures": _signatures(
            [
                *_reviews(session, lot.id, stored),
                *(each.invalidation.signature for each in stored if each.invalidation),
                *(each.closure_signature for each in deviations if each.closure_signature),
                *(each.signature for each in decisions),
            ],
            site,
        ),
    }
    return Document("certificate", f"lot:{number}", EVENTS, fields)


def _facts(case: ReleaseCase, site: Site) -> dict[str, str]:
    product, lot = case.definition.product, case.lot
    bags = [unit.number for unit in lot.units if unit.kind == "bag"]
    return {
        "study": f"{case.definition.registration or '–'} · {both(case.definition.title)}",
        "product": both(product.name),
        "lot": lot.number,
        "bags": f"{bags[0]} – {bags[-1]} ({len(bags)})" if bags else "–",
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
        _once(result.method for result in mine),
        limit_words(each.test),
        " · ".join(_reported(result) for result in mine) or "–",
        each.test.unit,
        _once(site_words(result.tested_at, site.zone)[:10] for result in mine),
        _once(result.analyst for result in mine),
        each.standing.value,
    ]


def _deviation(each: Deviation) -> list[str]:
    """Return a line of the table: number, class, state, what happened with cause and impact as far as QA found them."""
    found = [each.description, each.cause, each.impact]
    return [each.number, each.classification or "–", each.status, " · ".join(filter(None, found))]


def _reported(result: Result) -> str:
    """Write a result with what it is to the others: invalid, a correction, a retest."""
    said = (
        (result.status == "invalidated", "无效 invalid"),
        (result.corrects_id, "更正 corrected"),
        (result.retest_of_id, "复检 retest"),
    )
    words = ", ".join(word for is_so, word in said if is_so)
    return f"{result.reported} ({words})" if words else result.reported


def _invalidated(each: TestStanding, stored: Sequence[Result], site: Site) -> list[list[str]]:
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


def _signatures(signed: Sequence[Signature], site: Site) -> list[list[str]]:
    return [signature_lines(each, site) for each in sorted(signed, key=lambda each: each.signed_at)]
