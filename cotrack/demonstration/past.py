"""What the demonstration tells of the last months: people, study, first lots, first participants."""

from datetime import timedelta
from decimal import Decimal

from cotrack.bedside.service import infusions, ward
from cotrack.demonstration import investigation
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.clinic import at_the_ward, enrolled, infused, ordered_bag, screening_file
from cotrack.demonstration.ingredients import laid_down
from cotrack.demonstration.laboratory import good_results
from cotrack.demonstration.story import StoryClock
from cotrack.foundation.access.service import people
from cotrack.labelling.rules.self_test import Arrived
from cotrack.labelling.rules.sheet import SYMBOLS
from cotrack.labelling.service import self_tests
from cotrack.manufacture.service import closing, filling
from cotrack.participants.service import enrolment
from cotrack.release.service import dispositions
from cotrack.study import service as study
from cotrack.study.rules.reading import SEPARATOR


def people_and_study(journey: Journey, clock: StoryClock) -> None:  # noqa: ARG001 (one shape for all chapters)
    """Everybody, and the study in effect."""
    journey.cast.enter()
    journey.study_takes_effect()


def first_lots(journey: Journey, clock: StoryClock) -> None:
    """A released lot for the first participants, and one that was rejected and its bag destroyed."""
    clock.go_to(days=128)
    laid_down(journey)
    clock.go_to(days=125)
    journey.released_lot(clock.lot(27), bags=4, made_on=journey.today())
    clock.go_to(days=118)
    rejected = clock.lot(28)
    (bag,) = journey.finished_lot(rejected, made_on=journey.today())
    clock.go_to(days=102)
    journey.results(
        good_results(
            rejected, journey.site_time(), changed={"Sterility": "growth: Cutibacterium sp.", "CD105+": "94.1"}
        )
    )
    journey.review(rejected)
    investigation.confirmed(journey, rejected)
    reason = "growth on day 14, CD105 below the limit"
    journey.cast.sign("qian.m", lambda work: dispositions.reject(work, rejected, reason=reason))
    clock.go_to(days=100)
    journey.cast.do("ma.k", lambda work: filling.destroy_unit(work, bag, reason="lot rejected"))


def first_participants(journey: Journey, clock: StoryClock) -> None:
    """Two people: the first gets two doses, the second's was stopped early and they left. Their lot is closed."""
    clock.go_to(days=90)
    journey.screened(screening_file(journey, "101", "102", "103"))
    clock.go_to(days=88)
    first = enrolled(journey, "101")
    journey.banded(first)
    infused(journey, first, ordered_bag(journey, first))
    clock.go_to(days=80)
    second = enrolled(journey, "102")
    journey.banded(second)
    _stopped_early(journey, second)
    clock.go_to(days=70)
    reason = "withdrew consent"
    journey.cast.do("dr.gao", lambda work: enrolment.withdraw(work, second, reason=reason))
    clock.go_to(days=52)
    _scanners_tested_again(journey)
    wasted = ordered_bag(journey, first)
    at_the_ward(journey, wasted)
    journey.thawed(wasted)
    journey.cast.do("wu.n", lambda work: ward.waste_unit(work, wasted, reason="port cracked after the thaw"))
    (bag,) = journey.allocated(journey.order_of(first))
    infused(journey, first, bag)
    clock.go_to(days=45)
    journey.cast.sign("qian.m", lambda work: closing.close_lot(work, clock.lot(27)))


def _scanners_tested_again(journey: Journey) -> None:
    """Every station in use is tested anew; at one CapsLock is on, and nobody has put it right since."""
    cast = journey.cast
    cast.test_scanners([each for each in cast.ground.site.stations if not each.startswith("WARD-5B")])
    inverted = {each.name: Arrived(each.text.swapcase(), milliseconds=1300) for each in SYMBOLS}
    cast.do("wu.n", lambda work: self_tests.take(work, "WARD-3A-2", inverted), station="WARD-3A-2")


def _stopped_early(journey: Journey, subject: str) -> None:
    bag = ordered_bag(journey, subject)
    at_the_ward(journey, bag)
    journey.thawed(bag)
    infusion = journey.started(subject, bag)
    given, left = Decimal("6.0"), Decimal("24.0")
    journey.cast.sign(
        "wu.n",
        lambda work: infusions.stop_early(
            work, infusion.id, volume_given_ml=given, volume_left_ml=left, reason="urticaria after ten minutes"
        ),
    )


def changes_under_way(journey: Journey, clock: StoryClock) -> None:
    """A new colleague without a password of their own; a new version of the study, from a day on; QA signed it."""
    clock.go_to(days=2)
    journey.cast.do(
        "root.a",
        lambda work: people.add_person(
            work,
            journey.cast.runtime.passwords,
            username="gu.x",
            printed_name="顾新 GU Xin",
            roles=("nurse",),
            password="chosen by the administrator",  # noqa: S106 (training sites alone; it must be changed)
            identity_verified_by="identity card, seen by QIAN Mei",
        ),
    )
    text = journey.cast.read(study.in_effect).text.replace('version = "1-demonstration"', 'version = "2-demonstration"')
    day = clock.end.date() + timedelta(days=14)
    text = text.replace(SEPARATOR, f"\n[specification]\neffective_on = {day.isoformat()}\n{SEPARATOR}")
    sha256 = journey.cast.do("tang.w", lambda work: study.load(work, text)).sha256
    journey.cast.sign("qian.m", lambda work: study.approve_as_quality(work, sha256))
