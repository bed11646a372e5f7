"""A study takes effect when QA and the principal investigator signed its very text; what was made under it keeps it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.refusals import records, refused
from support.stages import LOT, OTHER_LOT, results_of
from support.studies import PUBLIC, by_investigator, by_quality, in_effect, loaded, newer
from support.worlds import World

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.service import people
from cotrack.foundation.errors import InvalidInput, PermissionDenied, SignatureRefused, TransitionNotAllowed
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.manufacture.service import lots
from cotrack.study import service as study
from cotrack.study.models import StudyDefinition


def definition(world: World, sha256: str) -> StudyDefinition:
    found: StudyDefinition = world.read(lambda session: study.definition_with_hash(session, sha256))
    return found


def test_a_loaded_study_is_a_draft_and_changes_nothing(world: World) -> None:
    before = world.read(study.in_effect).sha256
    sha256 = loaded(world, newer())
    assert definition(world, sha256).status == "draft"
    assert definition(world, sha256).effective_at is None
    assert world.read(study.in_effect).sha256 == before


@pytest.mark.parametrize("order", ["quality first", "investigator first"])
def test_a_draft_takes_effect_with_the_second_signature_in_either_order(world: World, order: str) -> None:
    before = world.read(study.in_effect).sha256
    sha256 = loaded(world, newer())
    steps = [("qian.m", by_quality(sha256)), ("prof.han", by_investigator(sha256))]
    (first, sign_first), (second, sign_second) = steps if order == "quality first" else reversed(steps)
    world.sign(first, sign_first)
    assert definition(world, sha256).status == "draft"
    assert world.read(study.in_effect).sha256 == before
    world.clock.pass_by(hours=1)
    world.sign(second, sign_second)
    assert definition(world, sha256).status == "in_effect"
    assert definition(world, sha256).effective_at == world.clock.now
    assert world.read(study.in_effect).sha256 == sha256
    assert definition(world, before).status == "superseded"


def test_both_sign_the_very_text_that_is_kept(world: World) -> None:
    text = newer()
    sha256 = in_effect(world, text)
    row = definition(world, sha256)
    assert row.text == text
    for signature, name in ((row.quality_signature, "钱梅 QIAN Mei"), (row.investigator_signature, "韩教授 HAN Bo")):
        assert signature is not None
        assert (signature.text, signature.text_sha256) == (text, sha256)
        assert (signature.printed_name, signature.meaning) == (name, "approved")


def test_a_signature_under_another_text_is_not_taken(world: World) -> None:
    sha256, other = loaded(world, newer()), loaded(world, newer(version="3-demonstration"))
    actor = world.cast.actor("qian.m")
    _, shown = rehearse(world.runtime.ground, actor, by_quality(other))
    proof = world.runtime.door.prove(actor, PASSWORD, meaning=shown.meaning, text_sha256=shown.sha256)
    with pytest.raises(SignatureRefused), unit_of_work(world.runtime.ground, actor, proof=proof) as work:
        study.approve_as_quality(work, sha256)
    assert definition(world, sha256).quality_signature is None


def test_one_person_with_both_roles_does_not_sign_twice(world: World) -> None:
    with unit_of_work(world.runtime.ground, SYSTEM) as work:
        people.add_person(
            work,
            world.runtime.passwords,
            username="both",
            printed_name="BOTH Roles",
            roles=("qa_reviewer", "principal_investigator"),
            password=PASSWORD,
            identity_verified_by="test",
            must_change_password=False,
        )
    sha256 = loaded(world, newer())
    world.sign("both", by_quality(sha256))
    with refused("same_person"):
        world.sign("both", by_investigator(sha256))
    assert definition(world, sha256).status == "draft"


def test_a_second_signature_of_the_same_kind_does_not_replace_the_first(world: World) -> None:
    sha256 = loaded(world, newer())
    world.sign("qian.m", by_quality(sha256))
    with refused("signed_already"):
        world.sign("tang.w", by_quality(sha256))
    first = definition(world, sha256).quality_signature
    assert first is not None
    assert first.printed_name == "钱梅 QIAN Mei"


@pytest.mark.parametrize(
    ("username", "sign"),
    [("prof.han", by_quality), ("qian.m", by_investigator), ("root.a", by_quality), ("dr.gao", by_investigator)],
)
def test_nobody_signs_for_a_role_that_they_do_not_hold(
    world: World, username: str, sign: Callable[[str], Callable[[Work], StudyDefinition]]
) -> None:
    sha256 = loaded(world, newer())
    with pytest.raises(PermissionDenied):
        world.sign(username, sign(sha256))


def test_a_version_in_effect_or_superseded_is_not_signed_again(world: World) -> None:
    old = world.read(study.in_effect).sha256
    new = in_effect(world, newer())
    for sha256 in (old, new):
        with pytest.raises(TransitionNotAllowed):
            world.sign("qian.m", by_quality(sha256))


def test_a_superseded_version_stays_bound_to_what_was_made_under_it(world: World) -> None:
    world.journey.finished_lot(LOT)
    stricter = in_effect(
        world,
        newer(('"test.ifna_secretion.least" = 100', '"test.ifna_secretion.least" = 200')),
    )
    world.journey.finished_lot(OTHER_LOT)
    bound = {
        number: world.read(lambda session, each=number: lots.lot_numbered(session, each).study_definition.sha256)
        for number in (LOT, OTHER_LOT)
    }
    assert bound[LOT] != stricter
    assert bound[OTHER_LOT] == stricter
    for number in (LOT, OTHER_LOT):
        world.journey.results(results_of(world, number))
        world.journey.review(number)
    world.journey.release(LOT)
    with refused("out_of_specification", "investigation_open"):
        world.journey.release(OTHER_LOT)


def test_a_demonstration_loads_on_a_training_site_only(world: World) -> None:
    production = replace(world.runtime.ground, is_training=False)
    with refused("demonstration_only"), unit_of_work(production, world.cast.actor("qian.m")) as work:
        study.load(work, newer())
    with unit_of_work(production, world.cast.actor("qian.m")) as work:
        assert study.load(work, PUBLIC).status == "draft"


def test_what_the_sponsor_has_not_set_blocks_use_and_not_loading(world: World) -> None:
    sha256 = in_effect(world, PUBLIC)
    assert definition(world, sha256).status == "in_effect"
    with refused("sponsor_to_set", "sponsor_to_set", "sponsor_to_set") as refusal:
        world.journey.lot(LOT)
    assert [each.parameters["key"] for each in refusal.value.reasons] == [
        "process",
        "product.shelf_life_months",
        "product.stability",
    ]


def test_a_lot_whose_limits_the_sponsor_has_not_set_is_not_released(world: World) -> None:
    gap = ('"test.viability.least" = 85\n"test.viability.alert_least" = 90\n', "")
    in_effect(world, newer(gap))
    world.journey.finished_lot(LOT)
    world.journey.results(results_of(world, LOT))
    world.journey.review(LOT)
    with refused("result_undecidable", "investigation_open", "sponsor_to_set", "sponsor_to_set") as refusal:
        world.journey.release(LOT)
    assert [each.parameters["key"] for each in refusal.value.reasons[2:]] == [
        "test.viability.alert_least",
        "test.viability.least",
    ]


def test_every_fault_of_a_text_is_named_with_its_key_and_nothing_is_kept(world: World) -> None:
    text = newer(
        ("planned_participants = 40", "planned_participants = 0"), ("infusions_least = 1", "infusions_least = 5")
    )
    with pytest.raises(InvalidInput) as refusal:
        loaded(world, text)
    said = [each.sentence for each in refusal.value.reasons]
    assert [each.partition(":")[0] for each in said] == ["study.planned_participants", "schedule.infusions_least"]
    assert len(world.read(study.all_definitions)) == 1
    assert [each["detail"] for each in records(world, outcome="refused")[-1]["blockers"]] == said


@pytest.mark.parametrize("changes", [(), (("planned_participants = 40", "planned_participants = 41"),)])
def test_a_version_is_loaded_once_and_never_with_another_text(
    world: World, changes: tuple[tuple[str, str], ...]
) -> None:
    loaded(world, newer())
    with refused("version_taken"):
        loaded(world, newer(*changes))


def test_a_second_study_does_not_take_effect_beside_the_first(world: World) -> None:
    other = newer().replace('code = "MSC-IFNA"', 'code = "OTHER-1"')
    sha256 = loaded(world, other)
    with refused("other_study_in_effect"):
        world.sign("qian.m", by_quality(sha256))


def test_the_trail_keeps_the_load_both_signatures_and_what_followed(world: World) -> None:
    sha256 = in_effect(world, newer())
    events = [each["event"] for each in records(world, subject=f"study_definition:{sha256}")]
    assert events == [
        "study_definition.load",
        "study_definition.approve_quality",
        "study_definition.approve_investigator",
    ]
    changed = {(each["column"], each["new"]) for each in records(world)[-1]["changes"]}
    assert {("status", "in_effect"), ("status", "superseded")} <= changed
