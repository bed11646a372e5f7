"""Search and scan-to-page: every kind of code leads to its thing, and any other is told why it leads nowhere."""

import pytest
from support.forged import altered
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World

from cotrack.desk.service.search import Found, find
from cotrack.labelling.rules.codes import make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service import papers
from cotrack.labelling.service.scanning import key_id
from cotrack.manufacture.service import filling


def found(world: World, text: str, *, by: str = "zhou.n") -> Found:
    ground, actor = world.runtime.ground, world.cast.actor(by)
    result: Found = world.read(lambda session: find(ground, session, actor, text))
    return result


def why(world: World, text: str, *, by: str = "zhou.n") -> list[str]:
    result = found(world, text, by=by)
    assert result.subjects in ((), [])
    return [each.code for each in result.reasons]


def test_each_kind_of_label_leads_to_its_thing(world: World) -> None:
    bedside = at_the_bedside(world)
    bag, band = f"unit:{bedside.bag}", f"participant:{HER}"
    for subject, kind in ((bag, "bag"), (bag, "tag"), (band, "wristband")):
        code = world.journey.live_code(subject, kind)
        for scanned in (code, f"]Q3{code}", f" {code.lower()}\r\n"):
            assert found(world, scanned) == Found([subject], [])


def test_a_dead_label_leads_to_its_thing_and_is_told_to_be_dead(world: World) -> None:
    bedside = at_the_bedside(world)
    old = world.journey.live_code(f"unit:{bedside.bag}", "bag")
    asked = world.do("zhao.l", lambda work: filling.request_label(work, bedside.bag, kind="bag", reason="smudged")).id
    superseded = found(world, old)
    assert list(superseded.subjects) == [f"unit:{bedside.bag}"]
    assert [each.code for each in superseded.reasons] == ["label_superseded"]
    world.do("zhao.l", lambda work: papers.make_void(work, asked, reason="torn"))
    assert [each.code for each in found(world, world.journey.code(asked)).reasons] == ["label_void"]


def test_a_code_that_leads_nowhere_says_why(world: World) -> None:
    bedside = at_the_bedside(world)
    code, key = world.journey.live_code(f"unit:{bedside.bag}", "bag"), world.runtime.ground.keys.label
    assert why(world, code[:60]) == ["damaged_code"]
    assert why(world, code + code) == ["damaged_code"]
    assert why(world, altered(code)) == ["bad_signature"]
    production = make_code(KINDS["bag"], "P", code[5:15], 1, key_id=key_id(key), sign=key.sign)
    assert why(world, production) == ["wrong_environment"]
    unknown = make_code(KINDS["bag"], "T", "A" * 10, 1, key_id=key_id(key), sign=key.sign)
    assert why(world, unknown) == ["unknown_code"]
    assert why(world, "CT1-SPECIMEN") == ["damaged_code"]
    assert why(world, "4006381333931") == []


def test_a_label_of_what_a_role_does_not_see_says_so_and_not_whose_it_is(world: World) -> None:
    at_the_bedside(world)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    assert why(world, band, by="zhao.l") == ["not_seen"]
    (reason,) = found(world, band, by="zhao.l").reasons
    assert HER not in reason.sentence


def test_a_number_leads_to_its_thing_however_it_is_typed(world: World) -> None:
    bedside = at_the_bedside(world)
    wanted = {LOT: f"lot:{LOT}", bedside.bag: f"unit:{bedside.bag}", HER: f"participant:{HER}"}
    for number, subject in {**wanted, bedside.order: f"order:{bedside.order}"}.items():
        for typed in (number, number.lower(), f"  {number} "):
            assert list(found(world, typed).subjects) == [subject]


def test_a_part_of_a_number_lists_all_that_it_may_mean_and_that_the_person_may_see(world: World) -> None:
    at_the_bedside(world)
    nurse = found(world, "001").subjects
    assert list(nurse) == [f"unit:{LOT}-001", f"participant:{HER}", f"order:{HER}-01"]
    assert list(found(world, "001", by="zhao.l").subjects) == [f"unit:{LOT}-001"]
    assert list(found(world, "001", by="root.a").subjects) == []


@pytest.mark.parametrize("text", ["", " ", "\0", "%", "_", "'", "\ud800", "e\u0301", "王", "x" * 10_000])
def test_nonsense_finds_nothing(world: World, text: str) -> None:
    at_the_bedside(world)
    assert list(found(world, text).subjects) == []
