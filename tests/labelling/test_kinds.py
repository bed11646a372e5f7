"""Each kind of label on its whole way: asked for by who may, handed out, scanned back on its thing, found, replaced."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.labelled import NEW, Thing, a_tube, a_vial, an_order, of_the_site
from support.refusals import records, refused
from support.sources import DONOR, MASTER, reject
from support.stages import LOT
from support.worlds import World

from cotrack.desk.service import search
from cotrack.desk.service.label_files import SPECIMEN_CODE, Asked, specimen
from cotrack.desk.service.label_kinds import OF_KIND
from cotrack.foundation.access.service import people
from cotrack.foundation.errors import InvalidInput, NotFound, PermissionDenied
from cotrack.foundation.locations import LOCATION_KINDS, STATION, WARD
from cotrack.foundation.work import Work
from cotrack.labelling.gateways.read_back import codes_in_picture, picture_of_pdf
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service import instances, papers, printing, site_labels
from cotrack.labelling.service.site_labels import LOCATION_WORDS, ROLE_WORDS
from cotrack.lifecycles import LABEL_INSTANCE
from cotrack.manufacture.service import samples, vials
from cotrack.orders.service import dosing
from cotrack.policy import ROLES, roles_granting


def asked(world: World, thing: Thing, by: str = "", **options: str) -> LabelInstance:
    ask = OF_KIND[thing.kind].ask
    label: LabelInstance = world.do(by or thing.by, lambda work: ask(work, thing.key, **options))
    return label


def handed_out(world: World, thing: Thing, label_id: int, by: str = "") -> str:
    """Hand a label out and return what a scanner reads from its paper."""
    actor = world.cast.actor(by or thing.by)
    document = printing.hand_out(world.runtime.ground, actor, label_id).document
    assert document is not None
    (code,) = set(codes_in_picture(picture_of_pdf(document)))
    return code


def scanned_back(world: World, thing: Thing, label_id: int, code: str, *, by: str = "") -> LabelInstance:
    act = lambda work: instances.scan_back_label(work, label_id, code=code)  # noqa: E731 (one line)
    label: LabelInstance = world.do(by or thing.by, act)
    return label


def found(world: World, thing: Thing, code: str) -> search.Found:
    """Let the printer of a label scan it on any page."""
    ground, actor = world.runtime.ground, world.cast.actor(thing.by)
    return world.read(lambda session: search.find(ground, session, actor, code))  # type: ignore[no-any-return]


def test_every_kind_is_printed_by_the_command_line_too() -> None:
    assert set(OF_KIND) == set(KINDS)
    assert {*NEW, "bag", "tag", "wristband", "sample"} == set(KINDS)


def test_a_label_knows_words_for_every_place_and_role() -> None:
    assert set(LOCATION_WORDS) == {*LOCATION_KINDS, STATION, WARD}
    assert set(ROLE_WORDS) == set(ROLES) - {"system"}


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("label:print_bag", {"technician"}),
        ("label:print_band", {"coordinator", "nurse"}),
        ("label:print_vial", {"technician"}),
        ("label:print_batch_sheet", {"technician"}),
        ("label:print_order_sheet", {"coordinator", "physician"}),
        ("label:print_badge", {"administrator"}),
        ("label:print_location", {"logistics", "technician"}),
    ],
)
def test_who_may_print_which_kind(permission: str, roles: set[str]) -> None:
    assert set(roles_granting(permission)) == roles
    assert permission in {each.permission for each in KINDS.values()}
    for role in roles:
        assert {"label:print"} <= ROLES[role]


@pytest.mark.parametrize("kind", NEW)
def test_a_label_of_each_kind_is_printed_scanned_back_found_and_dies_when_it_is_replaced(
    world: World, kind: str
) -> None:
    thing = NEW[kind](world)
    label = asked(world, thing)
    assert (label.kind, label.subject, label.status, label.instance) == (kind, thing.subject, "intended", 1)
    code = handed_out(world, thing, label.id)
    assert (code[3], len(code)) == (KINDS[kind].letter, 125)
    scanned_back(world, thing, label.id, code)
    assert found(world, thing, code) == search.Found([thing.subject], [])
    with refused("reason_missing"):
        asked(world, thing)
    second = asked(world, thing, reason="torn")
    assert second.instance == 2
    reasons = found(world, thing, code).reasons
    assert [each.code for each in reasons] == ["label_superseded"]
    events = [each["event"] for each in records(world, subject=thing.subject)]
    assert events[-5:-1] == [f"label_instance.{each}" for each in ("send", "confirm_print", "apply", "request")]


@pytest.mark.parametrize("kind", NEW)
def test_who_may_not_print_a_kind_neither_asks_for_it_nor_hands_it_out_nor_scans_it_back(
    world: World, kind: str
) -> None:
    thing = NEW[kind](world)
    with pytest.raises(PermissionDenied):
        asked(world, thing, by=thing.stranger)
    label = asked(world, thing)
    with pytest.raises(PermissionDenied):
        handed_out(world, thing, label.id, by=thing.stranger)
    code = handed_out(world, thing, label.id)
    with pytest.raises(PermissionDenied):
        scanned_back(world, thing, label.id, code, by=thing.stranger)
    scanned_back(world, thing, label.id, code)


def test_who_prints_badges_puts_no_label_on_a_bag(world: World) -> None:
    world.journey.lot(LOT)
    unit = world.journey.unit(LOT)
    code = world.journey.code(world.journey.unit_label(unit, "bag"))
    with pytest.raises(PermissionDenied):
        world.do("root.a", lambda work: instances.scan_back(work, f"unit:{unit}", code))
    with pytest.raises(PermissionDenied):
        world.do("ma.k", lambda work: instances.scan_back(work, f"unit:{unit}", code))
    world.journey.scan_back(unit, code)


def test_a_label_scanned_back_in_the_place_of_another_is_refused(world: World) -> None:
    sign, box = of_the_site("location", "FILL-1")(world), of_the_site("box", "BOX-0001")(world)
    of_sign, of_box = asked(world, sign).id, asked(world, box).id
    codes = [handed_out(world, sign, of_sign), handed_out(world, box, of_box)]
    with refused("wrong_kind"):
        scanned_back(world, sign, of_sign, codes[1])
    other = of_the_site("location", "FREEZER-1")(world)
    with refused("wrong_label"):
        scanned_back(world, sign, of_sign, handed_out(world, other, asked(world, other).id))
    with pytest.raises(NotFound):
        scanned_back(world, sign, 10**6, codes[0])


def test_a_place_that_the_site_does_not_list_gets_no_label_and_none_a_label_of_another_kind(world: World) -> None:
    with pytest.raises(NotFound):
        asked(world, of_the_site("box", "BOX-9999")(world))
    for kind, code in (("box", "FILL-1"), ("location", "BOX-0001"), ("shipper", "LN2-A")):
        with refused("label_of_other_kind"):
            asked(world, of_the_site(kind, code)(world))


def test_who_has_left_gets_no_badge(world: World) -> None:
    world.do("root.a", lambda work: people.disable_person(work, "zhao.l", reason="left"))
    with refused("person_disabled"):
        asked(world, NEW["badge"](world))


def test_an_order_that_is_not_open_gets_no_sheet(world: World) -> None:
    thing = an_order(world)
    world.do("dr.gao", lambda work: dosing.cancel_order(work, thing.key, reason="unwell"))
    with refused("order_not_valid"):
        asked(world, thing)


def test_an_order_sheet_says_of_what_the_dose_is_a_number(world: World) -> None:
    thing = an_order(world)
    told = world.do("li.c", lambda work: _looked_at(work, thing))
    assert "viable cells/kg × " in told["dose"]


def _looked_at(work: Work, thing: Thing) -> Mapping[str, str]:
    work.begin(LABEL_INSTANCE, "request", "", subject=thing.subject)
    return OF_KIND[thing.kind].fields(work, thing.key)


def test_only_the_vials_that_a_bank_holds_get_a_label_and_none_of_a_rejected_one(world: World) -> None:
    a_vial(world)
    for vial in (0, 4):
        with pytest.raises(InvalidInput):
            world.do("zhao.l", lambda work, each=vial: vials.request_vial_label(work, MASTER, vial=each))
    for number in (f"{MASTER}-V004", f"{MASTER}-V000", f"{MASTER}-V0002", f"{MASTER}-2", "V001", f"{DONOR}-V001"):
        with pytest.raises(NotFound):
            world.read(lambda session, each=number: vials.bank_of_vial(session, each))
    reject(world, "cell_bank", MASTER)
    with refused("bank_rejected"):
        world.do("zhao.l", lambda work: vials.request_vial_label(work, MASTER, vial=1))


def test_a_sample_wears_one_label_whichever_and_goes_on_with_either(world: World) -> None:
    thing = a_tube(world)
    label = asked(world, thing)
    with refused("label_of_other_kind"):
        asked(world, replace(thing, kind="sample"))
    with refused("label_incomplete"):
        world.do("zhao.l", lambda work: samples.send_sample(work, thing.key))
    scanned_back(world, thing, label.id, handed_out(world, thing, label.id))
    world.do("zhao.l", lambda work: samples.send_sample(work, thing.key))
    bag = world.journey.labelled_unit(LOT)
    with refused("label_of_other_kind"):
        asked(world, replace(thing, key=bag))
    world.journey.filling_finished(LOT)


def test_a_badge_names_the_roles_held_now(world: World) -> None:
    world.do("root.a", lambda work: people.revoke_role(work, "feng.t", role="technician", reason="moved"))
    world.do("root.a", lambda work: people.grant_role(work, "feng.t", role="analyst", reason="moved"))
    fields = world.do("root.a", _badge)
    assert (fields["name"], fields["number"]) == ("冯涛 FENG Tao", "feng.t")
    assert fields["roles"] == ROLE_WORDS["analyst"]


def _badge(work: Work) -> dict[str, str]:
    work.record("label_instance.specimen", "person:feng.t", permission="label:print")
    return dict(site_labels.badge_fields(work, people.person_named(work.session, "feng.t")))


@pytest.mark.parametrize("kind", NEW)
def test_a_specimen_of_each_kind_carries_no_valid_code_and_is_no_print(world: World, kind: str) -> None:
    thing = NEW[kind](world)
    ground, actor = world.runtime.ground, world.cast.actor(thing.by)
    document = specimen(ground, actor, Asked(kind, thing.key), output="pdf")
    assert set(codes_in_picture(picture_of_pdf(document))) == {SPECIMEN_CODE}
    assert world.read(lambda session: instances.labels_of(session, thing.subject)) == []


def test_a_spoiled_badge_is_made_void_by_who_prints_it(world: World) -> None:
    thing = NEW["badge"](world)
    label = asked(world, thing)
    code = handed_out(world, thing, label.id)
    world.do("root.a", lambda work: papers.make_void(work, label.id, reason="smeared"))
    assert [each.code for each in found(world, thing, code).reasons] == ["label_void"]
