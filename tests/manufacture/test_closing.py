"""A lot is closed once every label of its bags is accounted for (21 CFR 211.125; reference/domain.md §3.3 rule 9)."""

from support.refusals import refused
from support.stages import LOT
from support.worlds import World

from cotrack.labelling.service import instances, papers
from cotrack.manufacture.service import filling, lots
from cotrack.release.service import dispositions

BAG = f"{LOT}-001"


def test_a_lot_with_a_printed_label_in_hand_is_not_closed(world: World) -> None:
    world.journey.finished_lot(LOT)
    replaced = world.journey.unit_label(BAG, "bag", reason="torn")
    destroyed = world.journey.unit_label(BAG, "bag", reason="torn again")
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    world.do("qian.m", lambda work: filling.destroy_unit(work, BAG, reason="rejected"))
    assert world.read(lambda session: instances.label_numbered(session, destroyed)).paper == "destroyed"
    with refused("labels_unaccounted"):
        world.do("qian.m", lambda work: lots.close_lot(work, LOT))
    world.do("qian.m", lambda work: papers.account_for(work, replaced, paper="destroyed"))
    assert world.do("qian.m", lambda work: lots.close_lot(work, LOT)).status == "closed"
