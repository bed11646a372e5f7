"""The batch record of a lot: each step with what was scanned, measured and verified (21 CFR 211.188, EU GMP 4.20)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cotrack.foundation.access.models import Signature
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site
from cotrack.foundation.written import site_words
from cotrack.labelling.service.documents import Document, both, signature_lines
from cotrack.lifecycles import LINE_CLEARANCE, LOT, STEP
from cotrack.manufacture.models import LineClearance, Lot, StepScan
from cotrack.manufacture.service.deviations import deviations_under
from cotrack.manufacture.service.filling_page import clearance_lines
from cotrack.manufacture.service.inputs import InputLine, input_lines
from cotrack.manufacture.service.lots import bags_in_words, lot_numbered
from cotrack.manufacture.service.process import HiddenScan, StepLine, ValueLine, in_neutral_words, step_lines
from cotrack.manufacture.service.reconciliation import account_lines
from cotrack.manufacture.service.step_page import in_short
from cotrack.manufacture.service.units import SAMPLE_WORDS
from cotrack.quality.models import Deviation
from cotrack.release.models import DECISIONS, ExpiryDecision
from cotrack.release.service.decided import dispositions_of, expiry_decisions_of
from cotrack.release.service.trail_reviews import newest_review
from cotrack.study.service import definition_of

NAME: Final = "batch-record"
EVENTS: Final = (
    *(LOT.event(each) for each in ("make", "finish", "close", "decide_expiry", *DECISIONS)),
    *(STEP.event(each) for each in STEP.actions),
    *(LINE_CLEARANCE.event(each) for each in LINE_CLEARANCE.actions),
)


def batch_record(
    session: Session, site: Site, number: str, *, reads_sources: bool, decided: Signature | None = None
) -> Document:
    """Return what the batch record of a lot says; raises NotFound where its study describes no steps.

    Banks and materials are named to who may read sources alone. `decided` is the signature of a decision that is being
    taken, and stands beside those that are stored.
    """
    lot = lot_numbered(session, number)
    lines = in_neutral_words(step_lines(session, lot), reads_sources=reads_sources)
    if not lines:
        raise NotFound("The study version of lot {lot} describes no steps: it has no batch record here.", lot=number)
    deviations = list(reversed(deviations_under(session, lot)))
    closures = [each.closure_signature for each in deviations if each.closure_signature is not None]
    fields = {
        **_facts(session, lot, site),
        "is_whole": "yes" if all(each.status == "verified" for each in lines) else "no",
        "steps": [_step(each, site) for each in lines],
        "inputs": [_input(each, site) if reads_sources else _HIDDEN for each in input_lines(session, lot.id)],
        "samples": [[each.number, SAMPLE_WORDS[each.kind]] for each in lot.units if each.kind != "bag"],
        "expiries": [_expiry(each, site) for each in reversed(expiry_decisions_of(session, lot.id))],
        "clearances": [_clearance(*each, site) for each in clearance_lines(session, lot.id)],
        "accounts": account_lines(session, lot),
        "deviations": [[each.number, each.classification or "–", each.status, _said(each)] for each in deviations],
        "signatures": _signatures(session, lot, [*closures, *([decided] if decided else [])], site),
    }
    return Document(NAME, f"lot:{number}", EVENTS, fields)


_QA_KNOWS: Final = "具体由 QA 掌握 QA knows which"
_HIDDEN: Final = ["–", _QA_KNOWS, "–", "–", "–"]


def _facts(session: Session, lot: Lot, site: Site) -> dict[str, object]:
    definition, short = definition_of(lot.study_definition), in_short(session, lot)
    process, grown = short["process"], short["growth"]
    return {
        "study": f"{definition.registration or '–'} · {both(definition.title)}",
        "product": both(definition.product.name),
        "lot": lot.number,
        "status": lot.status,
        "process": f"{definition.code} {definition.version}",
        "made_on": lot.made_on.isoformat(),
        "expires": site_words(lot.expires_at, site.zone),
        "maker": f"{site.maker_zh} {site.maker_en}",
        "bags": bags_in_words(lot),
        "doublings": _limited(str(short["doublings"]), process.doublings_most),
        "passage": _limited("–" if grown.passage is None else str(grown.passage), process.passage_most),
    }


def _limited(value: str, most: object) -> str:
    return value if most is None else f"{value} (≤ {most})"


def _step(line: StepLine, site: Site) -> list[object]:
    """Return one step: name, instruction in both languages, status, who did and verified it, its scans, its values."""
    row = line.row
    return [
        both(line.described.name),
        [line.described.instruction["zh"], line.described.instruction["en"]],
        line.status,
        f"{row.performed_by.printed_name}, {_span(line, site)}" if row is not None else "–",
        [f"{each.verified_by.printed_name}, {_at(each.verified_at, site)}" for each in line.verifications],
        [_scan(each, site) for each in line.scans],
        [told for each in line.values for told in _value(each, site)],
    ]


def _span(line: StepLine, site: Site) -> str:
    """Write when a step began and ended, by the server's time."""
    if line.row is None:
        return "–"
    end = _at(line.row.ended_at, site) if line.row.ended_at is not None else "…"
    return f"{_at(line.row.started_at, site)} – {end}"


def _at(instant: datetime, site: Site) -> str:
    return site_words(instant, site.zone)


def _scan(scan: StepScan | HiddenScan, site: Site) -> list[str]:
    """Return a line of a step's scans: kind, number, name, calibration or amount, when."""
    at = _at(scan.scanned_at, site)
    if scan.equipment is not None:
        due = scan.calibration_due_on.isoformat() if scan.calibration_due_on else "–"
        return [scan.need, scan.equipment.number, scan.equipment.name, f"校准有效至 calibrated until {due}", at]
    made = scan.lot_input
    source = (made.bank or made.material) if made is not None else None
    if made is None or source is None:
        return [scan.need, "–", _QA_KNOWS, "–", at]
    amount = f"{made.vials} 支 vials" if made.vials else made.amount
    return [scan.need, source.number, source.name, amount, at]


def _value(line: ValueLine, site: Site) -> list[list[str]]:
    """Return a line for each value of a parameter, the corrected ones first: name, limits, value, verdict, by whom."""
    rows = []
    for each in (*line.earlier, line.value):
        is_current = each is line.value
        verdict = line.standing.value if is_current else "corrected"
        who = f"{each.recorded_by.printed_name}, {_at(each.recorded_at, site)}"
        why = [who, *([f"更正 corrected: {each.reason}"] if each.reason else [])]
        why += [each.deviation.number] if each.deviation else []
        value = f"{each.reported} {line.parameter.unit}".rstrip()
        rows.append([both(line.parameter.name), line.parameter.limits, value, verdict, " · ".join(why)])
    return rows


def _input(line: InputLine, site: Site) -> list[str]:
    """Return a line of what went into the lot: number, name, amount, last day of use, by whom and when."""
    source = line.made.bank or line.made.material
    if source is None:
        return ["–"] * 5
    amount = f"{line.made.vials} 支 vials" if line.made.vials else line.made.amount
    who = f"{line.used_by}, {_at(line.made.used_at, site)}"
    return [source.number, source.name, amount, source.expires_on.isoformat(), who]


def _clearance(row: LineClearance, rolls: Sequence[str], people: Sequence[str], site: Site) -> list[str]:
    """Return a line: station, status, who cleared and checked it before and after filling and when, rolls of labels."""
    before, checked, left, ended = people
    return [
        row.station,
        row.status,
        f"{before} / {checked or '–'}, {_at(row.checked_at or row.cleared_at, site)}",
        f"{left} / {ended or '–'}, {_at(row.ended_at or row.left_at, site)}" if row.left_at else "–",
        ", ".join(rolls),
    ]


def _expiry(each: ExpiryDecision, site: Site) -> list[str]:
    """Return a line of the changes of expiry: from, to, what it stands on, by whom and when (EU GMP Annex 13, 33)."""
    beyond = "超出稳定性数据表 beyond the table" if each.is_beyond_table else ""
    stands_on = " · ".join(filter(None, (each.evidence, each.reference, beyond, each.reason)))
    who = f"{each.signature.printed_name}, {_at(each.decided_at, site)}"
    return [_at(each.previous_expires_at, site), _at(each.new_expires_at, site), stands_on, who]


def _said(deviation: Deviation) -> str:
    return " · ".join(filter(None, [deviation.description, deviation.cause, deviation.impact]))


def _signatures(session: Session, lot: Lot, others: Sequence[Signature], site: Site) -> list[list[str]]:
    """Return who signed anything of the lot that this record tells: review of the trail, decisions, and others."""
    trail = newest_review(session, lot.id)
    reviewed = [trail.signature] if trail is not None else []
    decided = [each.signature for each in dispositions_of(session, lot.id)]
    of_expiry = [each.signature for each in expiry_decisions_of(session, lot.id)]
    signed = {*reviewed, *decided, *of_expiry, *others}
    return [signature_lines(each, site) for each in sorted(signed, key=lambda each: each.signed_at)]
