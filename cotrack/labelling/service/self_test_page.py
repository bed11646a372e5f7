"""The sheet of the self-test, what its page shows, and how what was sent from it becomes a self-test."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.blockers import Blocker, read_blockers
from cotrack.foundation.idempotency import Answer
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.labelling.gateways.symbols import datamatrix_symbol, qr_symbol
from cotrack.labelling.gateways.typesetting import template, typeset
from cotrack.labelling.rules.self_test import Arrived, against_symbol, beside_each_other
from cotrack.labelling.rules.sheet import SHEET, SYMBOLS
from cotrack.labelling.rules.stations import against_station
from cotrack.labelling.service.instances import TRAINING_WORDS
from cotrack.labelling.service.self_tests import facts_of, newest_test, self_test_numbered, station_at, take

TEMPLATE: Final = "self-test-sheet"
QR_BOX_MM: Final = 36.0
"""As large a module as on the bag label, or a little smaller: the sheet must not be easier to read than a label."""
SQUARE_BOX_MM: Final = 22.0
LONGEST: Final = 600
"""Of what arrives for one symbol: four times the sheet's texts, whatever a scanner repeats."""

TITLES: Final = {each.name: each.title for each in SYMBOLS}

Sent = Mapping[str, Arrived]
"""What arrived, by the name of its symbol."""


def sent_by(texts: Mapping[str, str], typed: Sequence[str]) -> Sent:
    """Return what a form sent: a text for each symbol and, in the same order, how the page says it was typed."""
    told = [*typed, *([""] * len(SYMBOLS))]
    return {
        symbol.name: Arrived.told(texts.get(symbol.name, "")[:LONGEST], how)
        for symbol, how in zip(SYMBOLS, told, strict=False)
    }


def taken(work: Work, code: str, sent: Sent) -> Answer:
    """Take a self-test and answer with its number, so that a repeated request finds the same one."""
    return Answer(303, str(take(work, code, sent).id))


def faults_of(ground: Ground, row_id: int) -> list[Blocker]:
    """Return what was wrong at a self-test; nothing where it was passed."""
    with ground.sessions.reading() as session:
        return read_blockers(self_test_numbered(session, row_id).faults)


def shown(ground: Ground, actor: Actor, code: str, sent: Sent | None = None) -> Mapping[str, Any]:
    """Return what the page of a station shows: its newest test, whether scans count there, and what came just now."""
    now = ground.sessions.clock()
    place = station_at(ground.site, code)
    with ground.sessions.reading() as session:
        row = newest_test(session, code)
        tested_by = row.tested_by.printed_name if row else ""
    facts = facts_of(ground.site, code, row)
    return {
        "place": place,
        "newest": row,
        "tested_by": tested_by,
        "faults": read_blockers(row.faults) if row else [],
        "titles": TITLES,
        "remarks": read_blockers(row.remarks) if row else [],
        "facts": facts,
        "against": against_station(facts, now),
        "is_here": actor.station == code,
        "symbols": SYMBOLS,
        "beside": _beside(sent or {}),
    }


UNEXPLAINED: Final = frozenset({"something_else", "ime_on", "signs_added"})
"""Faults at which what came may be a label or somebody's card: of it only the beginning is shown."""
MOST_SHOWN: Final = 8


def _beside(sent: Sent) -> Mapping[str, tuple[str, str, str]]:
    """Return for each symbol that did not come true what is alike, what should have come then, and what came."""
    found = {}
    for symbol in SYMBOLS:
        arrived = sent.get(symbol.name, Arrived(""))
        faults = {each.code for each in against_symbol(symbol, arrived)} if arrived.text else set()
        alike, expected, came = beside_each_other(symbol.text, arrived.text)
        is_short = len(came) <= MOST_SHOWN or not faults & UNEXPLAINED
        if faults:
            found[symbol.name] = (alike, expected, came if is_short else f"{came[:MOST_SHOWN]}…")
    return found


def sheet_pdf(ground: Ground) -> bytes:
    """Return the sheet to print: three symbols, the same for every station. It names no thing and no person."""
    now, chosen = ground.sessions.clock(), template(TEMPLATE)
    symbols = {each.name: each.text for each in SYMBOLS}
    first, third = qr_symbol(symbols["qr"], QR_BOX_MM), qr_symbol(symbols["signs"], QR_BOX_MM)
    square = datamatrix_symbol(symbols["square"], SQUARE_BOX_MM)
    fields = {
        "site": [ground.site.name_zh, ground.site.name_en],
        "square": list(map(str, square)),
        "signs": list(map(str, third)),
        "small": f"{chosen.version} · {SHEET} · {site_words(now, ground.site.zone)}",
        "training": TRAINING_WORDS if ground.is_training else "",
    }
    svg, side_mm = first
    return typeset(chosen, fields, {"qr": svg, "qr_mm": side_mm}, drawn_at=now)
