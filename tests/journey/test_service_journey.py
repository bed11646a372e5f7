"""The whole journey through the services."""

from pathlib import Path

from support.journeys import travel
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences


def test_a_lot_travels_from_its_results_to_a_closed_infusion(world: World, examples: Path) -> None:
    travel(world, examples)
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []
