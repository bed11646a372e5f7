"""A lot is closed once every label of its bags is accounted for (21 CFR 211.125; reference/domain.md §3.3 rule 9)."""

from support.clients import SignIn
from support.papers import Labels, kept, labels, owed, text_of
from support.process import do_until, lot_in_process
from support.refusals import records, refused
from support.stages import LOT
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.unit_of_work import rehearse
from cotrack.labelling.service import instances, papers
from cotrack.manufacture.service import closing, filling, lots
from cotrack.manufacture.service.reconciliation import label_account
from cotrack.release.service import dispositions

__all__ = ["labels"]

BAG = f"{LOT}-001"


def test_a_lot_with_a_printed_label_in_hand_is_not_closed(world: World) -> None:
    world.journey.finished_lot(LOT)
    # What is printed once the line was left came off no roll of the lot's.
    world.clock.pass_by(minutes=1)
    replaced = world.journey.unit_label(BAG, "bag", reason="torn")
    destroyed = world.journey.unit_label(BAG, "bag", reason="torn again")
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    world.do("qian.m", lambda work: filling.destroy_unit(work, BAG, reason="rejected"))
    assert world.read(lambda session: instances.label_numbered(session, destroyed)).paper == "destroyed"
    with refused("labels_unaccounted"):
        world.sign("qian.m", lambda work: closing.close_lot(work, LOT))
    world.do("qian.m", lambda work: papers.account_for(work, replaced, paper="destroyed"))
    assert world.sign("qian.m", lambda work: closing.close_lot(work, LOT)).status == "closed"


def ready_to_close(world: World) -> None:
    world.journey.finished_lot(LOT)
    world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    world.do("qian.m", lambda work: filling.destroy_unit(work, BAG, reason="rejected"))


def test_the_account_of_a_lots_labels_is_signed_by_whoever_closes_it_and_kept(world: World, person: SignIn) -> None:
    ready_to_close(world)
    assert person("qian.m").sign(f"/lots/{LOT}/close").status_code == 303
    (promised,) = owed(world, f"lot:{LOT}", "label-account")
    made = kept(world, promised.id)
    assert made is not None
    told = text_of(made.content)
    for words in ("Settled: every label is accounted for.", "钱梅 QIAN Mei", "approved"):
        assert words in told, words
    closing_record = next(each for each in records(world) if each["event"] == "lot.close")
    assert made.record_id == closing_record["id"]
    now = world.read(lambda session: label_account(session, world.runtime.ground.site, LOT))
    assert [each[0] for each in now.fields["signatures"]] == ["钱梅 QIAN Mei"]
    page = person("zhao.l").get(f"/lots/{LOT}").get_data(as_text=True)
    paper = page.partition("Signed documents</h2>")[2].partition("</p>")[0]
    assert ">label reconciliation</a>" in paper
    assert "钱梅 QIAN Mei" in paper


def test_what_closes_a_lot_says_how_many_labels_became_what(world: World) -> None:
    ready_to_close(world)
    qa = world.cast.actor("qian.m")
    _, signing = rehearse(world.runtime.ground, qa, lambda work: closing.close_lot(work, LOT))
    assert "bag: 1 printed / 印出 = 1 applied / 已贴 + 0 spoiled / 作废" in signing.text


def test_a_program_closes_a_lot_with_a_signature(world: World, person: SignIn) -> None:
    ready_to_close(world)
    qa = person("qian.m")
    assert qa.post(f"/api/v1/lots/{LOT}/close", {}).status_code == 422
    closed = qa.post(f"/api/v1/lots/{LOT}/close", {"signature": {"password": PASSWORD}})
    assert closed.get_json()["status"] == "closed"


def test_an_account_that_cannot_be_put_on_paper_closes_no_lot(world: World, labels: Labels) -> None:
    ready_to_close(world)
    labels.changed("label-account", lambda text: text + "\n#data.nothing")
    with refused("document_not_made"):
        world.sign("qian.m", lambda work: closing.close_lot(work, LOT))
    labels.mended()
    assert world.sign("qian.m", lambda work: closing.close_lot(work, LOT)).status == "closed"


def test_a_decision_whose_batch_record_cannot_be_put_on_paper_is_not_signed(world: World, labels: Labels) -> None:
    lot_in_process(world)
    do_until(world, "freeze")
    world.journey.labelled_unit(LOT)
    world.journey.filling_finished(LOT)
    labels.changed("batch-record", lambda text: text + "\n#data.nothing")
    with refused("document_not_made"):
        world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth"))
    assert world.read(lambda session: lots.lot_numbered(session, LOT)).status == "quarantine"
    assert owed(world, f"lot:{LOT}", "certificate") == []
    labels.mended()
    assert world.sign("qian.m", lambda work: dispositions.reject(work, LOT, reason="growth")).decision == "reject"
