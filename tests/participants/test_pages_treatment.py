"""Another physician is offered the takeover, and says why; who treats a participant is not."""

import pytest
from support.clients import Client
from support.stages import HER, OTHER_PHYSICIAN, enrolled
from support.worlds import World

from cotrack.app import create_app

OFFER = f'href="/participants/{HER}/take-over"'


@pytest.fixture
def physicians(world: World) -> tuple[Client, Client]:
    """Who treats her, and another."""
    enrolled(world, HER)
    world.cast.add(OTHER_PHYSICIAN)
    app = create_app(world.runtime)
    return Client(app, "dr.gao"), Client(app, OTHER_PHYSICIAN.username, station="CLINIC-1")


def test_the_treatment_is_taken_over_on_its_page_and_then_offered_back(physicians: tuple[Client, Client]) -> None:
    treating, other = physicians
    assert OFFER not in treating.get(f"/participants/{HER}").get_data(as_text=True)
    assert OFFER in other.get(f"/participants/{HER}").get_data(as_text=True)
    done = other.send("POST", f"/participants/{HER}/take-over", form={"reason": "on call"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/participants/{HER}")
    page = other.get(f"/participants/{HER}").get_data(as_text=True)
    assert "林医生 LIN Yue" in page
    assert OFFER not in page
    assert OFFER in treating.get(f"/participants/{HER}").get_data(as_text=True)


def test_a_program_takes_the_treatment_over(physicians: tuple[Client, Client]) -> None:
    taken = physicians[1].post(f"/api/v1/participants/{HER}/take-over", {"reason": "on call"})
    assert (taken.status_code, taken.get_json()["reason"]) == (201, "on call")
