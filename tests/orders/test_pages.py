"""The pages of orders: what stands against one before anybody signs, the text to sign, the volume from each bag."""

from support.clients import SignIn
from support.clinic import measured_today
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.demonstration.players import PASSWORD

PATH = f"/participants/{HER}/order"
TODAY = {"cells_per_kg": "2000000", "planned_on": "2026-11-23"}


def test_stale_organ_function_and_weight_stand_on_the_page_and_stop_the_button_until_they_are_new(
    world: World, person: SignIn
) -> None:
    enrolled(world, HER)
    world.clock.pass_by(days=20)
    page = person("dr.gao").get(PATH).get_data(as_text=True)
    assert "organ function confirmed more than 2 weeks before" in page
    assert "The weight is of 2026-11-23; it must be of the last 7 days." in page
    assert "disabled>Go on to sign</button>" in page
    measured_today(world)
    page = person("dr.gao").get(PATH).get_data(as_text=True)
    assert "disabled>Go on to sign</button>" not in page
    assert "123.000 ×10⁶" in page


def test_the_text_on_the_panel_is_the_one_that_is_signed(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    panel = person("dr.gao").send("POST", PATH, form=TODAY).get_data(as_text=True)
    text = panel.partition('class="signing-text" tabindex="0">')[2].partition("</div>")[0]
    assert "= 123.000 ×10^6" in text
    signed = person("dr.gao").sign(PATH, **TODAY)
    assert (signed.status_code, signed.headers["Location"]) == (303, f"/orders/{HER}-01")
    assert world.journey.order(f"{HER}-01").signature.text == text


def test_a_text_that_changed_meanwhile_is_shown_again_as_it_is_now(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    physician = person("dr.gao")
    shown = physician.send("POST", PATH, form=TODAY).get_data(as_text=True)
    sha256 = shown.partition('name="text_sha256" value="')[2].partition('"')[0]
    world.journey.measured(HER, {"weight_kg": "75.0"})
    form = {**TODAY, "password": PASSWORD, "meaning": "ordered", "text_sha256": sha256}
    answer = physician.send("POST", PATH, form=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "What you were shown has changed meanwhile" in page
    assert "= 150.000 ×10^6" in page
    assert PASSWORD not in page


def test_a_refused_order_keeps_what_was_typed(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    answer = person("dr.gao").send("POST", PATH, form={"cells_per_kg": "3000000", "planned_on": "2026-11-24"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "3,000,000 cells per kg is no dose step of the study (2,000,000)." in page
    assert 'value="3000000"' in page
    assert 'value="2026-11-24"' in page


def test_the_page_of_allocation_shows_each_bag_with_its_volume_before_it_is_set_aside(
    world: World, person: SignIn
) -> None:
    world.journey.released_lot(LOT, bags=2)
    enrolled(world, HER)
    world.journey.measured(HER, {"weight_kg": "120.0"})
    path = f"/orders/{world.journey.ordered(HER)}/allocate"
    page = person("li.c").get(path).get_data(as_text=True)
    assert ["30.0 mL" in page, "19.8 mL" in page, "240.2 ×10⁶" in page] == [True, True, True]
    assert person("li.c").send("POST", path, key="once").status_code == 303
    assert person("li.c").send("POST", path, key="once").status_code == 303
    shown = person("li.c").get(f"/orders/{HER}-01").get_data(as_text=True)
    assert "19.8 mL" in shown


def test_an_order_that_no_bag_serves_is_told_so_on_its_page(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    path = f"/orders/{world.journey.ordered(HER)}/allocate"
    assert "No released bag is in store for this order." in person("li.c").get(path).get_data(as_text=True)
    answer = person("li.c").send("POST", path)
    assert answer.status_code == 409


def test_cancelling_asks_for_a_reason_and_says_that_it_is_done(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    path = f"/orders/{world.journey.ordered(HER)}/cancel"
    assert person("dr.gao").send("POST", path, form={"reason": ""}).status_code == 422
    done = person("dr.gao").send("POST", path, form={"reason": "fever"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/orders/{HER}-01")
    assert "cancelled" in person("dr.gao").get(f"/orders/{HER}-01").get_data(as_text=True)
