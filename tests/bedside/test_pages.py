"""The bedside's pages: one question at a time, one verdict, and no answer that an older page could spoil."""

import re
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select
from support.clients import Client, SignIn
from support.refusals import records
from support.stages import HER, HIM, LOT, Bedside, at_the_bedside, at_the_ward, enrolled
from support.worlds import World

from cotrack.bedside.models import Sitting
from cotrack.bedside.service import infusions, sittings
from cotrack.manufacture.service import lots


def page(client: Client, path: str = "/bedside") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def sent(client: Client, path: str, shown: str, **form: str) -> str:
    """Send the form of a page that was shown; return where it leads."""
    hidden = dict(re.findall(r'name="(form_key|asked)" value="([^"]*)"', shown))
    answer = client.send("POST", path, form={**hidden, **form})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def codes_of(bedside: Bedside, *, participant: str = HER) -> tuple[str, str]:
    journey = bedside.world.journey
    return journey.live_code(f"participant:{participant}", "wristband"), journey.live_code(f"unit:{bedside.bag}", "bag")


def asked_for_the_bag(client: Client, band: str) -> str:
    """Scan a band, and let the person confirm who they are; return the page that asks for the bag."""
    assert sent(client, "/bedside/scan", page(client), code=band) == "/bedside"
    assert sent(client, "/bedside/identity", page(client), answer="confirmed") == "/bedside"
    return page(client)


def checked(bedside: Bedside, client: Client, *, participant: str = HER) -> str:
    """Go through the three questions; return the page of the verdict."""
    band, bag = codes_of(bedside, participant=participant)
    return page(client, sent(client, "/bedside/scan", asked_for_the_bag(client, band), code=bag))


def test_three_questions_lead_to_a_match_and_the_second_persons_to_the_start(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first = checked(bedside, person("zhou.n"))
    assert ">MATCH<" in first
    assert "Start the infusion" not in first
    second = checked(bedside, person("wu.n"))
    assert ">YES<" in second
    pair = dict(re.findall(r'name="(first_check|second_check)" value="(\d+)"', second))
    started = person("wu.n").send("POST", "/bedside/start", form=pair, key="start")
    assert (started.status_code, started.headers["Location"]) == (303, "/infusions/1")
    assert "Give 25.5 mL" in page(person("wu.n"), "/infusions/1")


def test_a_wrong_bag_stops_with_its_reason_what_to_do_and_whom_to_call(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    verdict = checked(bedside, person("zhou.n"), participant=HIM)
    assert 'data-verdict="stop"' in verdict
    assert "This bag is for another patient." in verdict
    assert "Do not connect anything." in verdict
    assert "8-1101" in verdict
    assert "Scan again" in verdict


def test_a_band_that_fails_stops_before_any_bag_is_asked_for(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse = person("zhou.n")
    _, bag = codes_of(bedside)
    verdict = page(nurse, sent(nurse, "/bedside/scan", page(nurse), code=bag))
    assert "This is another kind of label than asked for here." in verdict
    assert "Scan the band on the wrist" in page(nurse)


def test_a_patient_who_denies_name_or_birth_date_stops_the_check(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse = person("zhou.n")
    sent(nurse, "/bedside/scan", page(nurse), code=codes_of(bedside)[0])
    verdict = page(nurse, sent(nurse, "/bedside/identity", page(nurse), answer="denied"))
    assert "The patient did not confirm name and birth date." in verdict


def test_a_scan_sent_twice_makes_one_check_and_leads_to_its_verdict_twice(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    shown, before = asked_for_the_bag(nurse, band), len(records(world, event="identity_check.make"))
    first = sent(nurse, "/bedside/scan", shown, code=bag)
    assert sent(nurse, "/bedside/scan", shown, code=bag) == first
    assert len(records(world, event="identity_check.make")) == before + 1
    assert ">MATCH<" in page(nurse, first)


@pytest.mark.parametrize("since", ["another band", "two minutes"])
def test_the_same_bag_scanned_into_an_old_page_is_no_match_again(world: World, person: SignIn, since: str) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    shown = asked_for_the_bag(nurse, band)
    first = sent(nurse, "/bedside/scan", shown, code=bag)
    if since == "another band":
        other, _ = codes_of(bedside, participant=HIM)
        sent(nurse, "/bedside/scan", page(nurse), code=other)
    else:
        world.clock.pass_by(minutes=2)
    before = len(records(world, event="identity_check.make"))
    again = sent(nurse, "/bedside/scan", shown, code=bag)
    assert again != first
    assert 'data-verdict="stop"' in page(nurse, again)
    assert len(records(world, event="identity_check.make")) == before + 1


def test_a_band_with_a_stray_mark_behind_it_is_taken_like_any_other(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    sent(nurse, "/bedside/scan", page(nurse), code=f"{band}\x00")
    sent(nurse, "/bedside/identity", page(nurse), answer="confirmed")
    assert ">MATCH<" in page(nurse, sent(nurse, "/bedside/scan", page(nurse), code=bag))


def test_a_bag_whose_thaw_is_not_recorded_as_finished_says_so(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    world.journey.thaw_begun(bedside.bag)
    shown = checked(bedside, person("zhou.n"))
    assert "The thaw is not recorded as finished" in shown


def test_another_scan_into_a_page_that_made_its_check_is_a_check_of_its_own_and_stops(
    world: World, person: SignIn
) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    shown = asked_for_the_bag(nurse, band)
    first = sent(nurse, "/bedside/scan", shown, code=bag)
    assert f"Bag {bedside.bag}" in page(nurse, first)
    other = world.journey.live_code(f"unit:{LOT}-002", "bag")
    second = sent(nurse, "/bedside/scan", shown, code=other)
    assert second != first
    assert ">STOP<" in page(nurse, second)
    assert ">STOP<" in page(nurse, first)


def test_an_older_page_answers_no_other_question_than_its_own(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    who = page(nurse)
    sent(nurse, "/bedside/scan", who, code=band)
    before = len(records(world, event="identity_check.make"))
    assert sent(nurse, "/bedside/scan", who, code=bag) == "/bedside"
    assert "what is your name" in page(nurse)
    assert len(records(world, event="identity_check.make")) == before


def test_an_answer_counts_for_the_band_that_its_page_asked_about_and_no_other(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    his_band, _ = codes_of(bedside, participant=HIM)
    sent(nurse, "/bedside/scan", page(nurse), code=his_band)
    asks_about_him = page(nurse)
    # Another tab of the same sign-in begins anew, with her band.
    nurse.send("POST", "/bedside/again")
    sent(nurse, "/bedside/scan", page(nurse), code=band)
    sent(nurse, "/bedside/identity", asks_about_him, answer="confirmed")
    assert "what is your name" in page(nurse)
    sent(nurse, "/bedside/identity", page(nurse), answer="confirmed")
    asks_for_her_bag = page(nurse)
    nurse.send("POST", "/bedside/again")
    sent(nurse, "/bedside/scan", page(nurse), code=his_band)
    sent(nurse, "/bedside/identity", page(nurse), answer="confirmed")
    before = len(records(world, event="identity_check.make"))
    assert sent(nurse, "/bedside/scan", asks_for_her_bag, code=bag) == "/bedside"
    assert len(records(world, event="identity_check.make")) == before


def test_an_answer_that_comes_after_another_band_was_scanned_is_not_kept(world: World) -> None:
    bedside = at_the_bedside(world)
    ground, nurse = world.runtime.ground, replace(world.cast.actor("zhou.n"), session_id=7)
    (band, _), (his_band, _) = codes_of(bedside), codes_of(bedside, participant=HIM)
    sittings.keep_band(ground, nurse, his_band)
    asked = sittings.progress(ground, nurse)
    sittings.keep_band(ground, nurse, band)
    sittings.keep_answer(ground, nurse, "confirmed", sitting=asked.sitting)
    assert sittings.progress(ground, nurse).question == "identity"


def test_the_first_two_scans_of_a_sign_in_at_once_both_count(world: World) -> None:
    ground, nurse = world.runtime.ground, replace(world.cast.actor("zhou.n"), session_id=7)
    with ground.sessions.outside_trail() as session:
        session.add(Sitting(session_id=7, opened_at=world.clock.now, band_scan="first", identity_answer=""))
        session.flush()
        other = threading.Thread(target=sittings.keep_band, args=(ground, nurse, "second"))
        other.start()
        other.join(0.4)
        assert other.is_alive()
    other.join(15)
    assert sittings.progress(ground, nurse).band_scan == "second"


def test_what_was_scanned_is_forgotten_after_a_day(world: World) -> None:
    ground, nurse = world.runtime.ground, replace(world.cast.actor("zhou.n"), session_id=7)
    sittings.keep_band(ground, nurse, "first")
    world.clock.pass_by(days=1, seconds=1)
    sittings.keep_band(ground, replace(nurse, session_id=8), "second")
    kept = world.read(lambda session: session.scalars(select(Sitting.band_scan)).all())
    assert kept == ["second"]


def test_a_band_scanned_too_long_ago_is_asked_for_again(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse, (band, bag) = person("zhou.n"), codes_of(bedside)
    sent(nurse, "/bedside/scan", page(nurse), code=band)
    sent(nurse, "/bedside/identity", page(nurse), answer="confirmed")
    asks_for_the_bag = page(nurse)
    world.clock.pass_by(minutes=10)
    assert "Scan the bag" in page(nurse)
    world.clock.pass_by(seconds=1)
    assert "Scan the band on the wrist" in page(nurse)
    assert sent(nurse, "/bedside/scan", asks_for_the_bag, code=bag) == "/bedside"


def test_after_a_mismatch_no_page_says_yes_until_both_have_scanned_again(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first = bedside.check("zhou.n")
    checked(bedside, person("wu.n"), participant=HIM)
    voided = page(person("zhou.n"), f"/bedside/checks/{first.id}")
    assert 'data-verdict="stop"' in voided
    assert "A later check was a mismatch: both people scan again." in voided
    assert ">MATCH<" in checked(bedside, person("wu.n"))
    assert ">YES<" in checked(bedside, person("zhou.n"))


def test_a_match_whose_time_is_over_no_longer_says_yes(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    bedside.check("zhou.n")
    second = bedside.check("wu.n")
    assert ">YES<" in page(person("wu.n"), f"/bedside/checks/{second.id}")
    world.clock.pass_by(minutes=11)
    assert "A check is too old: scan again." in page(person("wu.n"), f"/bedside/checks/{second.id}")


def test_a_start_that_is_refused_says_stop_why_and_whom_to_call(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    first, second = bedside.check("zhou.n"), bedside.check("wu.n")
    world.do("qian.m", lambda work: lots.hold_lot(work, LOT, action="recall", reason="growth"))
    pair = {"first_check": str(first.id), "second_check": str(second.id)}
    answer = person("wu.n").send("POST", "/bedside/start", form=pair)
    assert answer.status_code == 409
    stopped = answer.get_data(as_text=True)
    assert f"{LOT} is recalled: growth" in stopped
    assert "8-2202" in stopped


def test_a_page_of_checks_says_whose_turn_it_is(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    now = 'class="now" aria-current="step">'
    assert f"{now}1 Who?" in page(person("zhou.n"))
    bedside.check("zhou.n")
    assert f"{now}3 Second person: who?" in page(person("wu.n"))
    assert f"{now}1 Who?" in page(person("zhou.n"))
    bedside.check("zhou.n", participant=HIM)
    assert f"{now}1 Who?" in page(person("wu.n")), "the mismatch voided the first person's match"


def test_begin_again_forgets_what_was_scanned(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    nurse = person("zhou.n")
    sent(nurse, "/bedside/scan", page(nurse), code=codes_of(bedside)[0])
    assert "what is your name" in page(nurse)
    nurse.send("POST", "/bedside/again")
    assert "Scan the band on the wrist" in page(nurse)


def test_a_station_that_is_no_bedside_is_told_so(world: World, person: SignIn) -> None:
    at_the_bedside(world)
    app = person("zhou.n").app
    assert "This is no bedside station" in page(Client(app, "zhou.n", station="CLINIC-1"))


def test_the_check_before_the_thaw_shows_its_verdict_and_starts_from_two(world: World, person: SignIn) -> None:
    bedside = at_the_ward(world)
    path, (_, bag) = f"/orders/{bedside.order}/thaw-check", codes_of(bedside)
    form = {"unit_code": bag, "attached_code": world.journey.live_code(f"unit:{bedside.bag}", "tag")}
    missing = person("zhou.n").send("POST", path, form={**form, "line_ready": "true"})
    assert "Not confirmed: Vital signs were taken" in page(person("zhou.n"), missing.headers["Location"])
    ready = {**form, "line_ready": "true", "vital_signs_ready": "true"}
    for name in ("work", "number"):
        assert person("zhou.n").send("POST", path, form={**form, name: "true"}).status_code == 303
    verdicts = [
        page(person(by), person(by).send("POST", path, form=ready).headers["Location"]) for by in ("zhou.n", "wu.n")
    ]
    assert ["Start the thaw" in each for each in verdicts] == [False, True]
    pair = dict(re.findall(r'name="(first_check|second_check)" value="(\d+)"', verdicts[1]))
    assert person("wu.n").send("POST", "/bedside/thaw", form=pair).headers["Location"] == f"/units/{bedside.bag}"
    assert "thawing" in page(person("wu.n"), f"/units/{bedside.bag}")


def test_a_bag_is_issued_and_received_by_scan_on_pages_that_keep_what_was_typed(world: World, person: SignIn) -> None:
    world.journey.released_lot(LOT)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    code = world.journey.live_code(f"unit:{bag}", "bag")
    form = {"bag_code": code, "ward": "3A", "taken_by": "nobody"}
    answer = person("ma.k").send("POST", f"/units/{bag}/issue", form=form)
    assert answer.status_code == 422
    assert "Nobody of this user name works here." in answer.get_data(as_text=True)
    assert 'value="nobody"' in answer.get_data(as_text=True)
    done = person("ma.k").send("POST", f"/units/{bag}/issue", form={**form, "taken_by": "zhou.n"})
    assert done.status_code == 303
    wrong = person("zhou.n").send("POST", "/bedside/receive", form={"bag_code": "x"})
    assert (wrong.status_code, "This is no code of cotrack." in wrong.get_data(as_text=True)) == (409, True)
    assert (
        person("zhou.n").send("POST", "/bedside/receive", form={"bag_code": code}).headers["Location"]
        == f"/units/{bag}"
    )


def test_an_infusions_end_is_signed_on_its_page_with_both_volumes(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    path, volumes = f"/infusions/{infusion.id}/complete", {"volume_given_ml": "25.5", "volume_left_ml": "4.5"}
    short = person("wu.n").send("POST", path, form={**volumes, "volume_given_ml": "3"})
    assert short.status_code == 409
    assert "record it as stopped early, with the reason" in short.get_data(as_text=True)
    assert 'value="3"' in short.get_data(as_text=True)
    assert person("wu.n").sign(path, **volumes).headers["Location"] == f"/infusions/{infusion.id}"
    shown = page(person("dr.gao"), f"/infusions/{infusion.id}")
    assert ["25.5 mL" in shown, "4.5 mL" in shown, "吴娜 WU Na" in shown] == [True, True, True]
    assert "Stop early" not in shown


def test_a_paused_infusion_offers_to_go_on_or_to_stop(world: World, person: SignIn) -> None:
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    person("wu.n").send("POST", f"/infusions/{infusion.id}/pause", form={"reason": "cough"})
    shown = page(person("wu.n"), f"/infusions/{infusion.id}")
    assert f"/infusions/{infusion.id}/resume" in shown
    assert f"/infusions/{infusion.id}/complete" not in shown
    for_the_physician = page(person("dr.gao"), f"/infusions/{infusion.id}")
    assert f"/infusions/{infusion.id}/resume" not in for_the_physician
    assert f"/infusions/{infusion.id}/stop-early" in for_the_physician
    stopped = person("dr.gao").sign(
        f"/infusions/{infusion.id}/stop-early", volume_given_ml="3.0", volume_left_ml="27.0", reason="rash"
    )
    assert stopped.status_code == 303
    assert world.read(lambda session: infusions.infusion_numbered(session, infusion.id)).unit.status == "stopped_early"
