"""The check station says what a label is, whose it is by right, and what became of it; and records every check."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from support.pictures import data_matrix, page, qr, sent
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.errors import InvalidInput, PermissionDenied, Refused
from cotrack.labelling.gateways.decoding import PictureNotRead
from cotrack.labelling.rules.codes import Environment, make_code
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service import checking, papers, printing
from cotrack.labelling.service.checking import Checked, Shown, Verdict
from cotrack.labelling.service.scanning import key_id
from cotrack.manufacture.service import filling

OTHER_SITE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def bag(world: World) -> str:
    """A bag with both its labels on."""
    world.journey.lot(LOT)
    return str(world.journey.labelled_unit(LOT))


def shown(world: World, by: str, *, text: str | None = None, picture: bytes | None = None) -> Shown:
    return checking.held_up(world.cast.actor(by), world.settings.var_folder, text, picture)


def check(world: World, text: str, *, by: str = "zhao.l") -> Verdict:
    checked = world.do(by, lambda work: checking.check(work, shown(world, by, text=text)))
    (verdict,) = checked.verdicts
    return verdict


def look(world: World, picture: bytes, *, by: str = "zhao.l") -> Checked:
    held = shown(world, by, picture=picture)
    return world.do(by, lambda work: checking.check(work, held))


def newest(world: World) -> tuple[str, str, dict[str, Any]]:
    """The newest record: its subject, its outcome, and what it says."""
    row = world.read(lambda session: session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc())).first())
    return row.subject, row.outcome, json.loads(row.body)


def words(verdict: Verdict) -> list[str]:
    return [each.code for each in verdict.blockers]


def test_a_current_label_is_told_with_its_thing_and_its_prints(world: World, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    verdict = check(world, code)
    assert (verdict.is_genuine, verdict.counts, verdict.subject) == (True, True, f"unit:{bag}")
    (only,) = verdict.prints
    assert (only.instance, only.status, only.requested_by, only.applied_by) == (1, "applied", *["赵莉 ZHAO Li"] * 2)
    subject, outcome, said = newest(world)
    assert (subject, outcome) == (f"label_instance:{only.id}", "done")
    assert said["details"]["scans"] == [{"code": code, "entered": "scanned", "symbology": ""}]


def test_a_superseded_and_a_void_label_say_by_which_and_why(world: World, bag: str) -> None:
    old = world.journey.live_code(f"unit:{bag}", "bag")
    label = world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag", reason="smudged"))
    printing.hand_out(world.runtime.ground, world.cast.actor("zhao.l"), label.id)
    new = world.journey.code(label.id)
    assert words(check(world, new)) == ["label_incomplete"]
    world.do("zhao.l", lambda work: papers.make_void(work, label.id, reason="torn by the applicator"))
    superseded, void = check(world, old), check(world, new)
    assert (words(superseded), words(void)) == (["label_superseded"], ["label_void"])
    assert superseded.is_genuine
    assert void.is_genuine
    newer, older = superseded.prints
    assert (older.superseded_by, older.void_reason) == (2, "")
    assert (newer.superseded_by, newer.void_reason, newer.reason) == (None, "torn by the applicator", "smudged")
    _, outcome, said = newest(world)
    assert (outcome, said["blockers"][0]["code"]) == ("mismatch", "label_void")


def made(world: World, *, environment: Environment = "T", key: Ed25519PrivateKey | None = None) -> str:
    """A code of a bag that nobody printed here."""
    ours = world.runtime.ground.keys.label
    sign = (key or ours).sign
    return make_code(KINDS["bag"], environment, "ABCDEFGHIJ", 1, key_id=key_id(ours), sign=sign)


def test_what_is_not_ours_is_not_genuine_and_is_recorded_without_its_text(world: World, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    for text, word in (
        (made(world, key=OTHER_SITE), "bad_signature"),
        (made(world, environment="P"), "wrong_environment"),
        (code[:90], "damaged_code"),
        ("4006381333931", "unknown_code"),
        ("", "not_scanned"),
    ):
        verdict = check(world, text)
        assert (words(verdict), verdict.is_genuine, verdict.counts, verdict.prints) == ([word], False, False, ())
        subject, outcome, said = newest(world)
        assert (subject, outcome) == ("label_instance:unknown", "mismatch")
        (scan,) = said["details"]["scans"]
        assert (scan["misread"], scan["length"], "code" in scan) == (word, len(text), False)
        assert not text or text not in json.dumps(said)


def test_a_code_that_our_key_signed_and_nobody_printed_is_not_genuine(world: World) -> None:
    verdict = check(world, made(world))
    assert (words(verdict), verdict.is_genuine) == (["unknown_code"], False)


def test_whose_a_label_is_and_what_became_of_it_is_told_to_those_who_may_read_its_thing(world: World) -> None:
    enrolled(world, HER)
    band = world.journey.live_code(f"participant:{HER}", "wristband")
    nurse, technician = check(world, band, by="zhou.n"), check(world, band, by="zhao.l")
    assert (nurse.subject, len(nurse.prints)) == (f"participant:{HER}", 1)
    assert (technician.subject, technician.prints) == ("", ())
    assert technician.is_genuine
    assert technician.counts


def test_whoever_may_not_check_labels_is_refused_and_nothing_is_read(world: World, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    assert shown(world, "shen.i", picture=sent(qr(code))).texts == ()
    with pytest.raises(PermissionDenied):
        check(world, code, by="shen.i")
    with pytest.raises(PermissionDenied):
        look(world, sent(qr(code)), by="shen.i")
    _, outcome, said = newest(world)
    assert (outcome, said.get("details", {})) == ("refused", {})


def test_every_label_in_a_picture_is_told(world: World, bag: str) -> None:
    label, tag = (world.journey.live_code(f"unit:{bag}", kind) for kind in ("bag", "tag"))
    checked = look(world, sent(page(qr(label), data_matrix(tag), qr("https://example.org"))))
    found = {each.scan.label.kind if each.scan.label else "": each.counts for each in checked.verdicts}
    assert found == {"bag": True, "tag": True, "": False}
    assert not checked.counts
    assert all(each.facts is not None for each in checked.verdicts)
    assert look(world, sent(page(qr(label), data_matrix(tag)))).counts
    subject, _, said = newest(world)
    assert subject == f"picture:{said['details']['picture']['sha256']}"


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        pytest.param(b"nothing", "This is no picture", id="no_picture"),
        pytest.param(sent(qr(""))[:200], "This picture is damaged", id="damaged"),
        pytest.param(sent(page()), "No code was found in this picture.", id="no_code"),
    ],
)
def test_a_picture_that_says_nothing_is_a_recorded_refusal(world: World, picture: bytes, sentence: str) -> None:
    with pytest.raises(PictureNotRead, match=sentence):
        look(world, picture)
    subject, outcome, said = newest(world)
    assert (subject.partition(":")[0], outcome) == ("picture", "refused")
    assert said["blockers"][0]["code"] == "picture_not_read"
    assert said["details"]["picture"]["bytes"] == len(picture)


def test_a_photo_for_a_scan_field_gives_its_one_code_and_is_recorded(world: World, bag: str) -> None:
    label, tag = (world.journey.live_code(f"unit:{bag}", kind) for kind in ("bag", "tag"))

    def photo(picture: bytes) -> str:
        held = shown(world, "zhao.l", picture=picture)
        return str(world.do("zhao.l", lambda work: checking.read_for_field(work, held)))

    assert photo(sent(page(qr(label), qr(label)))) == f"]Q1{label}"
    _, outcome, said = newest(world)
    assert (said["event"], outcome) == ("label_instance.read_picture", "done")
    assert said["details"]["scans"][0]["code"].endswith(label)
    with pytest.raises(InvalidInput, match="several codes"):
        photo(sent(page(qr(label), qr(tag))))
    with pytest.raises(Refused, match="No code was found"):
        photo(sent(page()))


def test_the_folder_of_turns_holds_nothing_of_a_picture(world: World, bag: str) -> None:
    code = world.journey.live_code(f"unit:{bag}", "bag")
    look(world, sent(qr(code)))
    locks = sorted(Path(world.settings.var_folder).glob("decoder-*"))
    assert [each.read_bytes() for each in locks] == [b""]
