"""What the demonstration tells of today: a lot in each state, a participant and a bag at each step."""

from datetime import date, datetime, timedelta
from functools import partial

from cotrack.bedside.service import checks, infusions, ward
from cotrack.demonstration import files, investigation, making
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.clinic import at_the_ward, enrolled, screening_file
from cotrack.demonstration.laboratory import good_results
from cotrack.demonstration.story import StoryClock
from cotrack.labelling.service import checking
from cotrack.manufacture.service import deviations as concerning
from cotrack.manufacture.service import lots, samples, units
from cotrack.orders.service import supplies
from cotrack.participants.service import bands
from cotrack.quality.service import actions
from cotrack.release.service import entries, expiry_decisions
from cotrack.study.rules.eligibility import add_months

HOSPITAL_BAND = "]d28018123456789012345675"
"""What the hospital's own wristband says to a scanner: a GS1 code of its patient, and none of ours."""
WITH_A_BAND = ("105", "106", "107", "108", "112", "113", "114")


def example_lots(journey: Journey, clock: StoryClock) -> None:
    """The lots of the laboratory's file, bags in store and no result yet: whoever reads the README imports it."""
    for number, made_on in files.LOTS.items():
        moved_on = made_on + files.moved_by(clock.day)
        clock.go_to(days=(clock.day - moved_on).days)
        journey.finished_lot(files.lot_of(number, clock.day), bags=2, made_on=journey.today())


def present_lots(journey: Journey, clock: StoryClock) -> None:
    """Lots of today: released, on hold, near a limit, failed, conditionally released, in review, being filled."""
    clock.go_to(days=34)
    journey.released_lot(clock.lot(29), bags=9, made_on=journey.today())
    clock.go_to(days=30)
    journey.released_lot(clock.lot(30), bags=2, made_on=journey.today())
    clock.go_to(days=28)
    held = clock.lot(30)
    reason = "freezer alarm under investigation"
    journey.cast.do("tang.w", lambda work: lots.hold_lot(work, held, action="place", reason=reason))
    _freezer_deviation(journey, held, clock.day)
    _less_time(journey, held)
    clock.go_to(days=20)
    near = clock.lot(34)
    journey.finished_lot(near, bags=2, made_on=journey.today(), samples=("retention", "sterility"))
    journey.cast.do("zhao.l", lambda work: samples.archive_sample(work, f"{near}-S01"))
    journey.cast.do("zhao.l", lambda work: samples.send_sample(work, f"{near}-S02"))
    failed = clock.lot(38)
    journey.finished_lot(failed, bags=2, made_on=journey.today())
    journey.finished_lot(clock.lot(40), bags=3, made_on=journey.today())
    clock.go_to(days=8)
    conditional = clock.lot(35)
    journey.finished_lot(conditional, bags=2, made_on=journey.today())
    clock.go_to(days=3)
    _conditional_release(journey, conditional, journey.site_time())
    changed = {"Viability": "88.1", "CD105+": "96.2", "Endotoxin": "0.31"}
    journey.results(good_results(near, journey.site_time(), changed=changed))
    journey.review(near)
    investigation.under_way(journey, failed)
    _out_of_specification(journey, clock.lot(40))
    clock.go_to(days=2)
    waiting = clock.lot(36)
    journey.finished_lot(waiting, bags=2, made_on=journey.today(), samples=("retention", "mycoplasma"))
    journey.results(good_results(waiting, journey.site_time(), without=("Sterility", "RCL", "Mycoplasma")))
    _typed_once(journey, waiting)
    clock.go_to(days=1)
    _being_made(journey, clock)


def _being_made(journey: Journey, clock: StoryClock) -> None:
    """A lot in the middle of filling, a bag's label printed and not on it yet; and one in the middle of its steps."""
    filled = journey.lot(clock.lot(37), made_on=journey.today())
    making.made(journey.cast, filled, journey.plan)
    _torn_tag(journey, journey.labelled_unit(filled))
    journey.sample(filled, "retention")
    journey.unit_label(journey.unit(filled), "bag")
    if journey.plan is not None:
        making.under_way(journey.cast, journey.lot(clock.lot(39), made_on=journey.today()), journey.plan)


def _torn_tag(journey: Journey, bag: str) -> None:
    """A tag was torn and printed again; what was left of it is checked, and counts no more."""
    torn = journey.live_code(f"unit:{bag}", "tag")
    journey.scan_back(bag, journey.code(journey.unit_label(bag, "tag", reason="The tag tore at its hole.")))
    journey.cast.do("feng.t", lambda work: checking.check(work, checking.Shown((torn,), (None,))))


def _typed_once(journey: Journey, lot: str) -> None:
    """A result that came by telephone: one analyst typed it, and it waits for another's own reading."""
    typed = {
        "test": "mycoplasma",
        "sample": f"{lot}-MYC",
        "replicate": 1,
        "reported": "not detected",
        "method": "NAT",
        "tested_at": f"{journey.site_time():%Y-%m-%d %H:%M}",
        "analyst": "sun.q",
        "instrument": "QS5-1",
        "retest_of": None,
        "comment": "",
    }
    journey.cast.do("wang.l", lambda work: entries.enter_result(work, lot, **typed))


def _out_of_specification(journey: Journey, lot: str) -> None:
    """A lot with one marker a little low and all else in order: QA has read its trail, nothing of it is released."""
    journey.results(good_results(lot, journey.site_time(), changed={"CD105+": "94.2"}))
    journey.review(lot)
    journey.trail_reviewed(lot)


def _supply_requested(journey: Journey, lot: str) -> None:
    """A dose that no lot in store holds: the physician requested the lot out of specification, and QA evaluates it."""
    hazard = "Rapid progress with respiratory failure expected within days."
    alternatives = "The bags in store hold two thirds of the dose; the next lot is ready in five weeks."
    act = partial(
        supplies.request_supply,
        order_number=journey.ordered("IFN-115"),
        lot=lot,
        hazard=hazard,
        alternatives=alternatives,
    )
    journey.cast.sign("dr.gao", act)


def _freezer_deviation(journey: Journey, lot: str, today: date) -> None:
    """The deviations behind the hold: the lot's, assessed, its correction and a prevention to be done; and a bag's."""
    lifted = "An edge of the bag's label stands off after the alarm; the code still reads."
    journey.cast.do("zhao.l", lambda work: units.open_deviation(work, f"{lot}-002", description=lifted))
    description = "Freezer 1 reached -118 °C during a power cut of 25 minutes."
    opened = journey.cast.do("tang.w", lambda work: lots.open_deviation(work, lot, description=description))
    found = {
        "classification": "major",
        "cause": "The second power line did not take over.",
        "impact": "Bags of this lot were above their storage limit; their viability is being measured.",
        "affected": f"{lot}, {lot}-001, {lot}-002",
    }
    journey.cast.do("tang.w", lambda work: concerning.assess(work, opened.number, **found))
    for kind, owner, days, what in (
        ("correction", "wang.l", 1, "Measure viability of the retained vial and report it to QA."),
        ("prevention", "ma.k", 30, "Have the switch of the second power line tested each quarter."),
    ):
        due_on = today + timedelta(days=days)
        act = partial(actions.plan, number=opened.number, kind=kind, owner=owner, description=what, due_on=due_on)
        journey.cast.do("tang.w", act)


def _less_time(journey: Journey, lot: str) -> None:
    """QA takes time from the held lot until its viability is known: its bags wait for labels with the earlier date."""
    said = {
        "evidence": "After 25 minutes above -135 °C the retained vials of two lots met the specification to month 12.",
        "reference": "STB-DEMO-04",
        "reason": "Freezer alarm: the full shelf life is no longer supported for these bags.",
    }
    last_day = add_months(journey.today() - timedelta(days=2), 12)
    journey.cast.sign("qian.m", lambda work: expiry_decisions.decide_expiry(work, lot, last_day=last_day, **said))


def _conditional_release(journey: Journey, lot: str, tested_at: datetime) -> None:
    journey.results(good_results(lot, tested_at, without=("Sterility", "RCL")))
    journey.review(lot)
    journey.release_conditionally(lot, reason="outstanding: sterility day 14 and RCL", by="tang.w")


def present_participants(journey: Journey, clock: StoryClock) -> None:
    """People of today: in screening, enrolled, with a band printed, put on by one, and confirmed by two."""
    clock.go_to(minutes=60 * 20)
    journey.screened(screening_file(journey, "104", "109", "110", "111", "115", *WITH_A_BAND))
    for number in ("104", "111", "115", *WITH_A_BAND):
        enrolled(journey, number)
    clock.go_to(minutes=60 * 4)
    for number in WITH_A_BAND:
        journey.banded(f"IFN-{number}")
    journey.printed_band("IFN-104")
    code = journey.printed_band("IFN-111")
    journey.cast.do("zhou.n", lambda work: bands.put_on(work, "IFN-111", band_code=code, is_identity_confirmed=True))


def present_bags(journey: Journey, clock: StoryClock) -> None:
    """Bags of today: ordered, allocated, back from the ward, issued, received, thawing, thawed, running."""
    clock.go_to(minutes=180)
    orders = {number: journey.ordered(f"IFN-{number}") for number in WITH_A_BAND}
    bags = {number: journey.allocated(orders[number])[0] for number in WITH_A_BAND[1:]}
    clock.go_to(minutes=120)
    back = bags["107"]
    journey.issued(back)
    journey.cast.do("zhou.n", lambda work: ward.return_unit(work, back, reason="the appointment moved"))
    (bags["107"],) = journey.allocated(orders["107"])
    clock.go_to(minutes=75)
    for number in ("108", "112", "113", "114"):
        at_the_ward(journey, bags[number])
    journey.issued(bags["107"])
    _supply_requested(journey, clock.lot(40))
    clock.go_to(minutes=25)
    for number in ("108", "113"):
        journey.thawed(bags[number])
    journey.cast.do(
        "zhou.n",
        lambda work: checks.check_identity(work, participant_code=HOSPITAL_BAND, unit_code="", station="WARD-3A-1"),
    )
    journey.check("IFN-112", bags["113"], "zhou.n")
    journey.cast.do("wu.n", lambda work: infusions.record_wash(work, bags["108"]))
    clock.go_to(minutes=12)
    journey.started("IFN-108", bags["108"])
    clock.go_to(minutes=6)
    journey.thaw_begun(bags["114"])
