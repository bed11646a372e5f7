"""As many labels come off each roll as are printed, or somebody says where the rest is (21 CFR 211.125(c))."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.clients import SignIn
from support.refusals import refused
from support.stages import LOT, OTHER_LOT
from support.worlds import World

from cotrack.foundation.errors import InvalidInput, NotFound, ReasonMissing
from cotrack.labelling.service import papers, printing
from cotrack.manufacture.rules.filling import LOOKED_AT
from cotrack.manufacture.rules.rolls import RollFacts, against_explaining, against_rolls
from cotrack.manufacture.service import batch_sheet, clearances, closing, filling, lots
from cotrack.manufacture.service.reconciliation import label_account
from cotrack.manufacture.service.rolls import explain_roll, rolls_of
from cotrack.release.service import dispositions

BAG = f"{LOT}-001"
ROLL = RollFacts(1, 0, "FILL-1", "R-117", put_in=500, left=490, printed=10)


@pytest.mark.parametrize(
    ("roll", "codes"),
    [
        (ROLL, []),
        (replace(ROLL, left=None, printed=0), []),
        (replace(ROLL, left=489), ["roll_differs"]),
        (replace(ROLL, left=491), ["roll_differs"]),
        (replace(ROLL, left=489, explained=1), []),
        (replace(ROLL, left=488, explained=1), ["roll_differs"]),
    ],
    ids=["agrees", "on the printer", "one is missing", "one too many", "explained", "explained for another difference"],
)
def test_a_roll_keeps_its_lot_open_unless_what_came_off_was_printed_or_the_difference_is_explained(
    roll: RollFacts, codes: list[str]
) -> None:
    assert [each.code for each in against_rolls(LOT, [roll])] == codes


def test_nothing_is_explained_about_a_roll_that_agrees_or_is_explained() -> None:
    assert [each.code for each in against_explaining(ROLL)] == ["roll_agrees"]
    assert [each.code for each in against_explaining(replace(ROLL, left=489, explained=1))] == ["roll_explained"]
    assert against_explaining(replace(ROLL, left=489)) == []


def labelled(world: World, *, left: int) -> int:
    """Label one bag with two labels from a roll of 500, and count what is left; return the clearance."""
    world.journey.lot(LOT)
    world.journey.line_cleared(LOT)
    world.journey.labelled_unit(LOT)
    found = world.read(lambda session: clearances.at_station(session, "FILL-1"))
    assert found is not None
    leave: Any = partial(clearances.leave_line, clearance_id=found.id, looked_at=LOOKED_AT, labels=left)
    world.do("zhao.l", leave)
    world.do("feng.t", partial(clearances.end_line, clearance_id=found.id, looked_at=LOOKED_AT))
    return int(found.id)


def rolls(world: World, number: str = LOT) -> list[tuple[str, int | None, int, int]]:
    found = world.read(
        lambda session: rolls_of(session, lots.lot_numbered(session, number).id, world.runtime.ground.site)
    )
    return [(each.roll, each.used, each.printed, each.difference) for each in found]


def test_a_roll_counts_every_label_that_came_out_spoiled_and_replaced_ones_too(world: World) -> None:
    world.journey.lot(LOT)
    world.journey.labelled_unit(LOT)
    world.journey.unit_label(BAG, "bag", reason="smudged")
    assert rolls(world) == [("R-117", None, 3, 0)]


def test_a_label_that_was_never_printed_is_not_made_void_as_spoiled_and_counts_for_no_roll(world: World) -> None:
    world.journey.lot(LOT)
    world.journey.labelled_unit(LOT)
    asked = world.do("zhao.l", lambda work: filling.request_label(work, BAG, kind="bag", reason="smudged")).id
    for paper in ("spoiled", "in_hand"):
        with pytest.raises(InvalidInput):
            world.do("zhao.l", lambda work, paper=paper: papers.make_void(work, asked, reason="jam", paper=paper))
    world.do("zhao.l", lambda work: papers.make_void(work, asked, reason="not needed"))
    assert rolls(world) == [("R-117", None, 2, 0)]


def test_a_label_that_was_sent_to_another_printer_came_off_no_roll_of_the_station(world: World) -> None:
    world.journey.lot(LOT)
    world.journey.labelled_unit(LOT)
    asked = world.do("zhao.l", lambda work: filling.request_label(work, BAG, kind="bag", reason="smudged")).id
    world.do("zhao.l", lambda work: printing._take_label(work, asked, "P-FILL", {}))
    assert world.runtime.ground.site.stations["FILL-1"].printer != "P-FILL"
    assert rolls(world) == [("R-117", None, 2, 0)]


def test_each_label_counts_for_the_roll_that_was_on_the_printer_then(world: World) -> None:
    world.journey.lot(LOT)
    world.journey.labelled_unit(LOT)
    found = world.read(lambda session: clearances.at_station(session, "FILL-1"))
    assert found is not None
    world.clock.pass_by(minutes=1)
    world.do("zhao.l", lambda work: clearances.change_roll(work, found.id, labels_left=497, roll="R-2", labels=50))
    world.clock.pass_by(minutes=1)
    world.journey.unit_label(BAG, "tag", reason="torn")
    assert rolls(world) == [("R-117", 3, 2, 1), ("R-2", None, 1, 0)]


def test_a_label_of_another_lot_counts_for_the_roll_it_came_off(world: World) -> None:
    world.journey.finished_lot(OTHER_LOT)
    world.clock.pass_by(minutes=1)
    world.journey.lot(LOT)
    world.journey.line_cleared(LOT)
    world.clock.pass_by(minutes=1)
    world.journey.unit_label(f"{OTHER_LOT}-001", "tag", reason="lost")
    assert rolls(world) == [("R-117", None, 1, 0)]


def test_the_sheet_of_a_batch_record_comes_off_no_roll(world: World) -> None:
    world.journey.lot(LOT)
    world.journey.labelled_unit(LOT)
    world.clock.pass_by(minutes=1)
    asked = world.do("zhao.l", lambda work: batch_sheet.request_batch_sheet(work, LOT)).id
    printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), asked)
    assert rolls(world) == [("R-117", None, 2, 0)]
    account = world.read(lambda session: label_account(session, world.runtime.ground.site, LOT))
    assert account.fields["rolls"] == [["FILL-1", "R-117", "500", "–", "–", "2", "–", "–"]], (
        "what is left is not counted"
    )


def test_a_lot_is_not_closed_while_a_roll_differs_and_nobody_said_why(world: World) -> None:
    clearance = labelled(world, left=495)
    world.do("zhao.l", lambda work: lots.finish_lot(work, LOT))
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    world.do("qian.m", lambda work: filling.destroy_unit(work, BAG, reason="rejected"))
    with refused("roll_differs"):
        world.sign("qian.m", lambda work: closing.close_lot(work, LOT))
    with pytest.raises(ReasonMissing):
        world.do("zhao.l", lambda work: explain_roll(work, clearance, 0, reason=" "))
    with pytest.raises(NotFound):
        world.do("zhao.l", lambda work: explain_roll(work, clearance, 1, reason="torn off"))
    world.do("zhao.l", lambda work: explain_roll(work, clearance, 0, reason="3 fed through by hand"))
    with refused("roll_explained"):
        world.do("zhao.l", lambda work: explain_roll(work, clearance, 0, reason="again"))
    account = world.read(lambda session: label_account(session, world.runtime.ground.site, LOT))
    assert account.fields["rolls"] == [["FILL-1", "R-117", "500", "495", "5", "2", "+3", "3 fed through by hand"]]
    assert world.sign("qian.m", lambda work: closing.close_lot(work, LOT)).status == "closed"


def test_the_text_that_closes_a_lot_tells_every_roll_and_its_difference(world: World) -> None:
    clearance = labelled(world, left=495)
    world.do("zhao.l", lambda work: explain_roll(work, clearance, 0, reason="3 fed through by hand"))
    found = world.read(lambda session: rolls_of(session, lots.lot_numbered(session, LOT).id, world.runtime.ground.site))
    told = closing.account_text(world.read(lambda session: lots.lot_numbered(session, LOT)), {}, found)
    assert "roll / 标签卷 R-117 (FILL-1): 5 came off / 用去, 2 printed / 印出, difference / 差异 +3" in told
    assert "3 fed through by hand" in told


def test_a_technician_explains_a_roll_on_the_lots_page(world: World, person: SignIn) -> None:
    clearance = labelled(world, left=495)
    technician = person("zhao.l")
    asked = f"/lots/{LOT}/rolls/{clearance}/0/explain"
    assert asked in technician.get(f"/lots/{LOT}").get_data(as_text=True)
    assert asked not in person("qian.m").get(f"/lots/{LOT}").get_data(as_text=True)
    assert technician.get(asked).status_code == 200
    sent = technician.send("POST", asked, form={"reason": "3 fed through by hand"}, key="explain")
    assert sent.status_code == 303
    shown = technician.get(f"/lots/{LOT}").get_data(as_text=True)
    assert "+3: 3 fed through by hand" in shown
    assert asked not in shown


def test_a_program_reads_rolls_and_explains_a_difference(world: World, person: SignIn) -> None:
    clearance = labelled(world, left=495)
    technician = person("zhao.l")
    (roll,) = technician.get(f"/api/v1/lots/{LOT}/rolls").get_json()
    assert (roll["used"], roll["printed"], roll["difference"], roll["is_settled"]) == (5, 2, 3, False)
    sent = technician.post(f"/api/v1/clearances/{clearance}/rolls/0/explanations", {"reason": "fed through"})
    assert (sent.status_code, sent.get_json()["difference"]) == (201, 3)


@pytest.mark.parametrize(("position", "difference", "reason"), [(-1, 3, "torn"), (0, 0, "torn"), (0, 3, "")])
def test_the_database_keeps_no_explanation_of_nothing(
    world: World, position: int, difference: int, reason: str
) -> None:
    clearance = labelled(world, left=495)
    values = "(clearance_id, position, difference, reason, explained_at, explained_by_id)"
    with (
        world.runtime.ground.sessions.engine.connect() as connection,
        pytest.raises(IntegrityError, match=r"differs|explained"),
    ):
        connection.execution_options(cotrack_migration=True).execute(
            text(
                f"INSERT INTO roll_explanation {values} SELECT :c, :p, :d, :r, cleared_at, cleared_by_id"
                " FROM line_clearance WHERE id = :c"
            ),
            {"c": clearance, "p": position, "d": difference, "r": reason},
        )
