"""The band on the wrist: two people, one band at a time, and a new one kills the older."""

from datetime import date

from support.clinic import candidate, file_of, reasons, refusal
from support.stages import HER, HIM, Bedside, at_the_bedside, codes, enrolled
from support.worlds import World

from cotrack.bedside.service.checks import MadeCheck, check_identity
from cotrack.foundation.errors import NotFound, PermissionDenied, ReasonMissing, TransitionNotAllowed
from cotrack.labelling.service import instances
from cotrack.participants.models import Band
from cotrack.participants.service import bands, knowledge


def put_on(world: World, code: str, *, by: str = "zhou.n", number: str = HER, is_right: bool = True) -> list[str]:
    act = lambda work: bands.put_on(work, number, band_code=code, is_identity_confirmed=is_right)  # noqa: E731
    return reasons(world, by, act)


def confirm(world: World, code: str, *, by: str = "wu.n", number: str = HER, is_right: bool = True) -> list[str]:
    act = lambda work: bands.confirm(work, number, band_code=code, is_identity_confirmed=is_right)  # noqa: E731
    return reasons(world, by, act)


def checked(bedside: Bedside, band_code: str) -> MadeCheck:
    """Check the bag against a band that may be an old one."""
    bag = bedside.world.journey.live_code(f"unit:{bedside.bag}", "bag")
    found: MadeCheck = bedside.world.do(
        "zhou.n",
        lambda work: check_identity(work, participant_code=band_code, unit_code=bag, station="WARD-3A-1"),
    )
    return found


def worn(world: World, number: str = HER) -> Band | None:
    participant = world.read(lambda session: knowledge.participant_numbered(session, number))
    found: Band | None = world.read(lambda session: bands.worn_band(session, participant.id))
    return found


def printed(world: World) -> str:
    """Enrol her, take her first band off, and print another."""
    enrolled(world, HER)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="wet"))
    return world.journey.printed_band(HER)


def worn_by_one(world: World) -> str:
    code = printed(world)
    world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    return code


def test_no_single_person_makes_a_band_count_by_scanning_it_back(world: World) -> None:
    code = printed(world)
    label = world.read(lambda session: instances.live_label(session, f"participant:{HER}", "wristband"))
    scans_back = (
        lambda work: instances.scan_back_label(work, label.id, code=code),
        lambda work: instances.scan_back(work, f"participant:{HER}", code),
    )
    assert [reasons(world, "zhou.n", each) for each in scans_back] == [["wrong_kind"]] * 2
    band = world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    assert band.label_id == label.id


def test_two_people_put_a_band_on_and_both_are_kept(world: World) -> None:
    enrolled(world, HER)
    band = worn(world)
    assert band is not None
    assert (band.status, band.label.status) == ("confirmed", "applied")
    people = (world.cast.actor("zhou.n").person_id, world.cast.actor("wu.n").person_id)
    assert (band.put_on_by_id, band.confirmed_by_id) == people


def test_who_put_a_band_on_does_not_confirm_it(world: World) -> None:
    code = worn_by_one(world)
    assert confirm(world, code, by="zhou.n") == ["same_person"]


def test_a_person_who_is_not_the_one_on_the_band_gets_none(world: World) -> None:
    code = printed(world)
    assert put_on(world, code, is_right=False) == ["wrong_patient"]
    world.do("zhou.n", lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True))
    assert confirm(world, code, is_right=False) == ["wrong_patient"]
    assert getattr(worn(world), "status", "") == "put_on"


def test_another_participants_band_is_neither_put_on_nor_confirmed(world: World) -> None:
    code = worn_by_one(world)
    enrolled(world, HIM)
    his = world.journey.live_code(f"participant:{HIM}", "wristband")
    assert put_on(world, his) == ["wrong_patient"]
    assert confirm(world, his) == ["wrong_patient"]
    assert confirm(world, code[:60]) == ["damaged_code"]


def test_a_bag_label_is_no_band(world: World) -> None:
    bedside = at_the_bedside(world)
    bag = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    assert put_on(world, bag) == ["wrong_kind"]


def test_one_band_is_worn_at_a_time(world: World) -> None:
    worn_by_one(world)
    another = world.do("li.c", lambda work: bands.request_band(work, HER, reason="torn")).id
    world.clock.pass_by(minutes=1)
    assert put_on(world, world.journey.code(another)) == ["band_worn"]


def test_a_new_band_kills_the_older_from_the_moment_it_is_asked_for(world: World) -> None:
    bedside = at_the_bedside(world)
    old = world.journey.live_code(f"participant:{HER}", "wristband")
    world.do("li.c", lambda work: bands.request_band(work, HER, reason="unreadable"))
    assert codes(checked(bedside, old)) == ["label_superseded"]
    assert confirm(world, old) == ["label_superseded"]


def test_a_second_band_needs_a_reason(world: World) -> None:
    enrolled(world, HER)
    assert reasons(world, "li.c", lambda work: bands.request_band(work, HER)) == ["reason_missing"]


def test_a_band_that_came_off_counts_never_again(world: World) -> None:
    bedside = at_the_bedside(world)
    old = world.journey.live_code(f"participant:{HER}", "wristband")
    refused = refusal(world, "zhou.n", lambda work: bands.remove(work, HER, reason=""))
    assert isinstance(refused, ReasonMissing)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="swollen wrist"))
    assert put_on(world, old) == ["label_void"]
    assert codes(checked(bedside, old)) == ["label_void"]
    assert isinstance(refusal(world, "zhou.n", lambda work: bands.remove(work, HER, reason="again")), NotFound)


def test_a_band_is_confirmed_once(world: World) -> None:
    enrolled(world, HER)
    code = world.journey.live_code(f"participant:{HER}", "wristband")
    act = lambda work: bands.confirm(work, HER, band_code=code, is_identity_confirmed=True)  # noqa: E731
    assert isinstance(refusal(world, "wu.n", act), TransitionNotAllowed)


def test_only_a_nurse_puts_on_and_a_coordinator_may_confirm(world: World) -> None:
    code = printed(world)
    act = lambda work: bands.put_on(work, HER, band_code=code, is_identity_confirmed=True)  # noqa: E731
    assert isinstance(refusal(world, "li.c", act), PermissionDenied)
    world.do("zhou.n", act)
    world.do("li.c", lambda work: bands.confirm(work, HER, band_code=code, is_identity_confirmed=True))
    assert getattr(worn(world), "status", "") == "confirmed"


def test_a_band_is_printed_only_for_somebody_enrolled_whose_identity_is_whole(world: World) -> None:
    world.journey.screened(file_of(candidate(world)))
    ask = lambda work: bands.request_band(work, HER)  # noqa: E731 (one line)
    assert reasons(world, "li.c", ask) == ["participant_not_eligible", "identity_missing"]
    world.journey.identified(HER, "测试", "H-1", date(1970, 1, 1))
    assert reasons(world, "li.c", ask) == ["participant_not_eligible"]


def test_a_label_that_was_asked_for_and_not_printed_is_put_on_nobody(world: World) -> None:
    enrolled(world, HER)
    world.do("zhou.n", lambda work: bands.remove(work, HER, reason="wet"))
    asked = world.do("li.c", lambda work: bands.request_band(work, HER))
    act = lambda work: bands.put_on(  # noqa: E731 (one line)
        work, HER, band_code=world.journey.code(asked.id), is_identity_confirmed=True
    )
    assert isinstance(refusal(world, "zhou.n", act), TransitionNotAllowed)
    assert world.read(lambda session: instances.label_numbered(session, asked.id)).status == "intended"
