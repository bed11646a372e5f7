"""The self-test of a station's scanner: what arrived of its sheet, and whether scans count at the station."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker, blockers_text
from cotrack.foundation.errors import NotFound
from cotrack.foundation.site import Site, Station
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.labelling.models import StationSelfTest
from cotrack.labelling.rules.self_test import Arrived, judged
from cotrack.labelling.rules.sheet import SHEET, SYMBOLS
from cotrack.labelling.rules.stations import StationFacts, against_station
from cotrack.labelling.rules.symbology import symbology_of

SOON: Final = timedelta(days=14)
"""How long before its end a self-test is asked for anew."""

PASSED_AT: Final = (
    select(case((StationSelfTest.outcome == "passed", StationSelfTest.tested_at)))
    .where(StationSelfTest.station == bindparam("station"))
    .order_by(StationSelfTest.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""When the newest self-test of a station was passed, empty where it was not: for a statement that is made anyway."""


def take(work: Work, code: str, arrived: Mapping[str, Arrived]) -> StationSelfTest:
    """Judge what arrived of the sheet at one's own station, and keep it; a fault makes the newest test a failed one.

    Raises NotFound for a station that is not registered, Blocked where the actor signed in at another one, because only
    what this keyboard types says anything of it, and where nothing came: a button pressed by mistake closes no station.
    """
    work.record("station.test", f"station:{code}", permission="station:test")
    station_at(work.site, code)
    if work.actor.station != code:
        words = N_("This is another station than {station}: sign in there.")
        work.refuse_if([Blocker("other_station", words, {"station": code})])
    if not any(each.text for each in arrived.values()):
        work.refuse_if([Blocker("not_scanned", "Nothing came yet: scan the codes of the sheet first.")])
    faults, remarks = judged(arrived)
    if faults:
        work.mismatch(faults)
    texts = [arrived[each.name].text if each.name in arrived else "" for each in SYMBOLS]
    taken = [each.milliseconds for each in arrived.values() if each.milliseconds is not None]
    row_id = work.append(
        StationSelfTest,
        station=code,
        sheet=SHEET,
        outcome="failed" if faults else "passed",
        faults=blockers_text(faults),
        remarks=blockers_text(remarks),
        symbologies=" ".join(filter(None, map(symbology_of, texts))),
        arrived_hmac=work.ground.secrets.hidden("\n".join(texts)),
        slowest_milliseconds=max(taken, default=None),
        tested_at=work.now,
        tested_by_id=work.person_id,
    )
    return work.session.get_one(StationSelfTest, row_id)


def station_at(site: Site, code: str) -> Station:
    """Return the registered station of that code; raises NotFound."""
    found = site.station(code)
    if found is None:
        raise NotFound("There is no station {station}: site.toml names those of this site.", station=code)
    return found


def newest_test(session: Session, code: str) -> StationSelfTest | None:
    """Return the newest self-test of a station with who made it; None where it was never tested."""
    statement = select(StationSelfTest).options(joinedload(StationSelfTest.tested_by))
    ordered = statement.where(StationSelfTest.station == code).order_by(StationSelfTest.id.desc())
    return session.scalars(ordered.limit(1)).first()


def self_test_numbered(session: Session, row_id: int) -> StationSelfTest:
    """Return one self-test; raises NotFound."""
    found = session.get(StationSelfTest, row_id, options=[joinedload(StationSelfTest.tested_by)])
    if found is None:
        raise NotFound("There is no such self-test.")
    return found


def facts_of(site: Site, code: str, row: StationSelfTest | None) -> StationFacts:
    """Return what decides about a station, from its newest self-test."""
    is_passed = row is not None and row.outcome == "passed"
    return StationFacts(code, site.self_test_required, site.self_test_days, is_passed, row.tested_at if row else None)


def against_scans_at(session: Session, site: Site, code: str, now: datetime) -> list[Blocker]:
    """Return why no scan counts at a station now, by one statement where the site asks for tests, else by none.

    That a station is not registered is said by who asks for one.
    """
    if not site.self_test_required or site.station(code) is None:
        return []
    return against_station(facts_of(site, code, newest_test(session, code)), now)


def against_scans_here(work: Work) -> list[Blocker]:
    """Return why the actor's scans do not count where they signed in; at no station nothing was ever tested."""
    if work.site.self_test_required and work.site.station(work.actor.station) is None:
        return [Blocker("station_unknown", "Labels are scanned at a station: sign in at one.")]
    return against_scans_at(work.session, work.site, work.actor.station, work.now)


def stands_at(site: Site, passed_at: datetime | None, now: datetime) -> bool:
    """Whether scans count at a station whose newest self-test was passed then (None: it was not)."""
    facts = StationFacts("", site.self_test_required, site.self_test_days, passed_at is not None, passed_at)
    return not against_station(facts, now)


def all_stations(session: Session, site: Site) -> Sequence[tuple[Station, StationSelfTest | None, StationFacts]]:
    """Return every station of the site with its newest self-test and what decides about it."""
    newest = select(func.max(StationSelfTest.id)).group_by(StationSelfTest.station)
    statement = select(StationSelfTest).options(joinedload(StationSelfTest.tested_by))
    found = {row.station: row for row in session.scalars(statement.where(StationSelfTest.id.in_(newest)))}
    return [(each, found.get(code), facts_of(site, code, found.get(code))) for code, each in site.stations.items()]


def due_until(session: Session, site: Site, code: str, now: datetime) -> datetime | None:
    """Return until when the self-test of a station stands, where it is to be made now or soon, else None."""
    if not site.self_test_required or site.station(code) is None:
        return None
    until = facts_of(site, code, newest_test(session, code)).stands_until or now
    return until if until - SOON <= now else None
