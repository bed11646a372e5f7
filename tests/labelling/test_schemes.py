"""Schemes of codes: the site's own, numbers typed from a label, GS1; whose a scan is, and what it is refused with."""

import re
import time
from datetime import date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cotrack.foundation.written import check_digit, has_check_digit
from cotrack.labelling.gateways.gs1 import split
from cotrack.labelling.rules.check_character import ALPHABET, printed_check
from cotrack.labelling.rules.codes import CODE_LENGTH, Code, Misread, clean_scan, make_code
from cotrack.labelling.rules.gs1 import (
    GS,
    Element,
    UnitElements,
    element_string,
    faults_of,
    looks_like_gs1,
    unit_said,
)
from cotrack.labelling.rules.keyed import Keyed, Printed, looks_keyed, meant_by, read_keyed
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.rules.schemes import Foreign, Read, gs1_scheme, keyed_scheme, own_scheme, read_scan
from cotrack.labelling.rules.standing import LabelFacts, Scan, against_keying, against_label
from cotrack.labelling.rules.symbology import content_of, symbology_of
from cotrack.labelling.service.scanning import key_id, verifier

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SCHEMES = (own_scheme("T", verifier(KEY.public_key())), keyed_scheme(), gs1_scheme(split))
BAG = make_code(KINDS["bag"], "T", "7K3Q5M2XPT", 1, key_id=key_id(KEY), sign=KEY.sign)
TAG = make_code(KINDS["tag"], "T", "7K3Q5M2XPT", 1, key_id=key_id(KEY), sign=KEY.sign)
GTIN = "09521234543213"
UNIT = UnitElements(GTIN, "MSC26-0031", "MSC26-0031-001", datetime(2026, 10, 31, 23, 59))  # noqa: DTZ001 (as GS1)
ITEM = f"01{GTIN}"
FORGED = {"damaged_code", "bad_signature", "unknown_code", "wrong_environment", "not_scanned"}


def read(text: str) -> Read:
    return read_scan(text, SCHEMES)


def word(text: str) -> str:
    found = read(text)
    assert isinstance(found, Misread), text
    return found.code


@pytest.mark.parametrize(
    ("text", "symbology", "content"),
    [
        ("]Q1abc", "]Q1", "abc"),
        ("]d2" + ITEM, "]d2", ITEM),
        ("\x02]C110A\x1d21B\r\n", "]C1", "10A\x1d21B"),
        ("\ufeff ]e0A\x03", "]e0", "A"),
        ("\x1d10A", "", "\x1d10A"),
        ("abc", "", "abc"),
        ("]", "", "]"),
        ("", "", ""),
        ("]Q", "", "]Q"),
        ("]Q1", "]Q1", ""),
    ],
)
def test_a_symbology_identifier_is_told_from_the_content(text: str, symbology: str, content: str) -> None:
    assert (symbology_of(text), content_of(text)) == (symbology, content)


@given(place=st.integers(0, CODE_LENGTH - 1), other=st.characters())
@settings(max_examples=200, deadline=None)
def test_a_code_with_any_one_character_changed_is_refused(place: int, other: str) -> None:
    changed = BAG[:place] + other + BAG[place + 1 :]
    if clean_scan(changed) == BAG:
        assert isinstance(read(changed), Code)
    else:
        assert word(changed) in FORGED


@given(place=st.integers(0, CODE_LENGTH - 2))
@settings(max_examples=124, deadline=None)
def test_a_code_with_two_neighbours_swapped_is_refused(place: int) -> None:
    swapped = BAG[:place] + BAG[place + 1] + BAG[place] + BAG[place + 2 :]
    if swapped != BAG:
        assert word(swapped) in FORGED


@given(start=st.integers(0, CODE_LENGTH), end=st.integers(0, CODE_LENGTH))
@settings(max_examples=100, deadline=None)
def test_a_code_that_was_cut_short_is_refused(start: int, end: int) -> None:
    cut = BAG[start:end]
    if cut != BAG:
        assert word(cut) in FORGED


@pytest.mark.parametrize("between", ["", " ", "\r\n", "]Q1", "\t]d1"])
@pytest.mark.parametrize("second", [BAG, TAG], ids=["the same", "another"])
def test_two_codes_in_one_string_are_refused_even_where_both_are_the_same(second: str, between: str) -> None:
    assert word(f"{BAG}{between}{second}") == "damaged_code"


def test_a_code_of_another_site_environment_or_kind_is_refused() -> None:
    other_site = make_code(KINDS["bag"], "T", "7K3Q5M2XPT", 1, key_id=key_id(OTHER_KEY), sign=OTHER_KEY.sign)
    production = make_code(KINDS["bag"], "P", "7K3Q5M2XPT", 1, key_id=key_id(KEY), sign=KEY.sign)
    assert word(other_site) == "bad_signature"
    assert word(production) == "wrong_environment"
    assert word(TAG[:22] + BAG[22:]) == "bad_signature"


@given(text=st.text())
@example(text="]d2\ud800")
@example(text="]d2" + GS * 40)
@example(text="\ufdfa" * 300)
@settings(max_examples=200, deadline=None)
def test_reading_a_scan_never_raises_whatever_it_is(text: str) -> None:
    for each in (text, f"]d2{text}", f"{ITEM}10{text}", f"{GS}{text}"):
        assert isinstance(read(each), Misread | Foreign | Keyed)


def test_a_code_is_checked_in_less_than_three_tenths_of_a_millisecond() -> None:
    made = [make_code(KINDS["bag"], "T", "7K3Q5M2XPT", n, key_id=key_id(KEY), sign=KEY.sign) for n in range(1, 200)]
    taken = []
    for code in made:
        begun = time.perf_counter()
        assert isinstance(read(code), Code)
        taken.append(time.perf_counter() - begun)
    # The fastest tenth: what the check itself costs, whoever else works on this machine.
    assert sorted(taken)[len(taken) // 10] < 0.0003


@pytest.mark.parametrize(
    "number", ["12345678901231", "1234567890128", "123456789012345675", "09521234543213", "4006381333931"]
)
def test_a_gs1_number_with_its_check_digit_passes(number: str) -> None:
    assert has_check_digit(number)


@pytest.mark.parametrize("number", ["12345678901232", "123456789012345670", "", "1", "12a", "1٣"])
def test_a_gs1_number_without_it_does_not(number: str) -> None:
    assert not has_check_digit(number)


def test_the_reference_s_own_check_digit() -> None:
    assert check_digit("0952123454321") == "3"


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (f"{ITEM}10ABC", []),
        (f"{ITEM}10ABC{GS}21XYZ", []),
        (f"{ITEM}1012345{GS}11991225", []),
        (f"{ITEM}17240229", []),
        (f"{ITEM}17200600", []),
        (f"{ITEM}70032610312359", []),
        (f"{ITEM}10A{GS}10A", []),
        ("8018123456789012345675", []),
        (f"1012345{GS}11991225", ["no_item"]),
        ("0112345678901232", ["check_digit"]),
        ("8018123456789012345670", ["check_digit"]),
        (f"179{GS}90217", ["unreadable"]),
        ("17990217", ["no_item"]),
        (f"{ITEM}10AB{GS}10CD", ["twice"]),
        (f"{ITEM}21A{GS}21B", ["twice"]),
        ("21XYZ", ["no_item"]),
        (f"{ITEM}17210229", ["unreadable"]),
        (f"{ITEM}17211300", ["unreadable"]),
        (f"{ITEM}7003261031", ["unreadable"]),
        (f"{ITEM}70032610312360", ["unreadable"]),
        (f"{ITEM}10ABC17261031", ["separator"]),
        (f"{ITEM}21XYZ70032610312359", ["separator"]),
        (f"{ITEM}21X1726103110ABC", ["separator"]),
        (f"{ITEM}7003261031235910ABC", ["separator"]),
        (f"{ITEM}10{'A' * 21}", ["unreadable"]),
        (f"{ITEM}10é", ["unreadable"]),
        ("", ["unreadable"]),
        (f"{GS}{ITEM}", ["unreadable"]),
        (f"{ITEM}{GS}{GS}10A", ["unreadable"]),
    ],
)
def test_an_element_string_holds_or_says_what_is_wrong_with_it(content: str, faults: list[str]) -> None:
    assert faults_of(content, split) == faults


def one(ai: str, value: str) -> list[str]:
    """What the rules alone say of an element, whatever a parser thinks of it."""
    return faults_of(f"{ITEM}{ai}{value}", lambda _: [Element("01", GTIN), Element(ai, value)])


@pytest.mark.parametrize(
    ("ai", "value", "fault"),
    [
        ("17", "210229", "day"),
        ("17", "210001", "day"),
        ("17", "211301", "day"),
        ("17", "210132", "day"),
        ("17", "21013", "day"),
        ("7003", "2102000900", "day"),
        ("7003", "2102012400", "time"),
        ("7003", "2102012360", "time"),
        ("7003", "210201", "time"),
    ],
)
def test_a_day_or_a_time_that_is_none_is_found_without_the_parser(ai: str, value: str, fault: str) -> None:
    assert one(ai, value) == [fault]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert faults_of(f"0112345678901232{GS}21A17261031", split) == ["check_digit", "separator"]


@pytest.mark.parametrize("unit", [UNIT, UnitElements(GTIN, "L1", "L1-1", date(2026, 2, 28))], ids=["timed", "day"])
def test_a_unit_written_in_gs1_reads_back_as_itself(unit: UnitElements) -> None:
    text = element_string(unit, split)
    assert unit_said(text, split) == unit
    assert read(f"]d2{text}") == Foreign("gs1")


def test_the_worked_example_of_a_unit() -> None:
    text = element_string(UNIT, split)
    assert text == f"01{GTIN}70032610312359{GS}10MSC26-0031{GS}21MSC26-0031-001"
    elements = split(text)
    assert elements is not None
    assert "".join(f"({each.ai}){each.value}" for each in elements) == (
        f"(01){GTIN}(7003)2610312359(10)MSC26-0031(21)MSC26-0031-001"
    )


@given(
    lot=st.text("ABCXYZ0123456789-", min_size=1, max_size=20),
    serial=st.text("ABCXYZ0123456789-", min_size=1, max_size=20),
)
@example(lot="A", serial="B17261031")
@settings(max_examples=150, deadline=None)
def test_a_unit_without_its_separators_is_never_read_as_another_unit(lot: str, serial: str) -> None:
    unit = UnitElements(GTIN, lot, serial, UNIT.expires)
    try:
        text = element_string(unit, split)
    except ValueError:
        return
    assert unit_said(text, split) == unit
    assert unit_said(text.replace(GS, ""), split) is None


@pytest.mark.parametrize(
    ("gtin", "lot", "serial"),
    [
        ("09521234543212", "L1", "S1"),
        ("9521234543213", "L1", "S1"),
        (GTIN, "批", "S1"),
        (GTIN, "L1", ""),
        (GTIN, "L1", "S" * 21),
        (GTIN, "L1", "S17261031"),
        (GTIN, f"L{GS}1", "S1"),
    ],
)
def test_what_gs1_cannot_carry_is_not_written(gtin: str, lot: str, serial: str) -> None:
    with pytest.raises(ValueError, match="does not fit a GS1 element string"):
        element_string(UnitElements(gtin, lot, serial, UNIT.expires), split)


def test_an_element_string_that_says_less_than_we_write_names_no_unit() -> None:
    assert unit_said(f"{ITEM}10L1", split) is None
    assert unit_said(f"{ITEM}10L1{GS}21S1", split) is None
    assert unit_said(f"{ITEM}17260200{GS}10L1{GS}21S1", split) == UnitElements(GTIN, "L1", "S1", date(2026, 2, 28))


@pytest.mark.parametrize(
    ("content", "symbology", "expected"),
    [
        ("anything", "]d2", True),
        ("anything", "]Q3", True),
        ("anything", "]C1", True),
        ("anything", "]e0", True),
        (f"{ITEM}10A", "]d1", False),
        (f"{ITEM}10A", "]Q1", False),
        (f"{ITEM}10A", "", True),
        (f"10A{GS}21B", "", True),
        ("4006381333931", "", False),
        ("01123", "", False),
        (GS, "", False),
    ],
)
def test_a_scan_claims_to_be_gs1_by_its_symbol_else_by_its_form(content: str, symbology: str, expected: bool) -> None:
    assert looks_like_gs1(content, symbology) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MSC26-0031-001 A", Keyed("MSC26-0031-001", "A")),
        ("  msc26-0031-001   a\r\n", Keyed("MSC26-0031-001", "A")),
        ("ＩＦＮ－００１ ＊", Keyed("IFN-001", "*")),
        ("MSC26-0031-001", Keyed("MSC26-0031-001", "")),
        ("MSC26-0031-001A", Keyed("MSC26-0031-001A", "")),
        ("MSC26-0031-001 AB", None),
        ("MSC26", None),
        ("MSC26 A", None),
        ("A MSC26-0031-001", None),
        ("-1 A", None),
        ("A-" + "1" * 40 + " A", None),
        ("", None),
    ],
)
def test_a_typed_number_is_its_number_and_its_boxed_character(text: str, expected: Keyed | None) -> None:
    assert read_keyed(text) == expected


def test_what_a_scanner_says_it_read_was_not_typed() -> None:
    assert looks_keyed("IFN-001 A", "")
    assert not looks_keyed("IFN-001 A", "]Q1")
    assert word("]Q1IFN-001 A") == "unknown_code"
    assert read("IFN-001 A") == Keyed("IFN-001", "A")


def test_a_typed_character_means_the_print_that_has_it_and_the_live_one_of_two() -> None:
    number = "MSC26-0031-001"
    twin = next(n for n in range(2, 200) if printed_check(number, n) == printed_check(number, 1))
    keyed = Keyed(number, printed_check(number, 1))
    dead, live, newer = Printed(1, 1, is_live=False), Printed(2, twin, is_live=True), Printed(3, twin, is_live=False)
    assert meant_by(keyed, [dead]) == dead
    assert meant_by(keyed, [dead, live]) == live
    assert meant_by(Keyed(number, keyed.check), [Printed(4, 1, is_live=True), newer]) == Printed(4, 1, is_live=True)
    assert meant_by(keyed, [dead, newer]) == newer
    assert meant_by(Keyed(number, printed_check(number, 2)), [dead]) is None
    assert meant_by(keyed, []) is None


@given(number=st.from_regex(r"[A-Z]{2}[0-9]{2}-[0-9]{4}-[0-9]{3}", fullmatch=True), place=st.integers(0, 12))
@settings(max_examples=100, deadline=None)
def test_a_typed_number_with_one_wrong_character_means_no_print(number: str, place: int) -> None:
    check = printed_check(number, 1)
    for other in ALPHABET[:-1]:
        wrong = number[:place] + other + number[place + 1 :]
        if (
            wrong != number
            and re.fullmatch(r"[A-Z0-9]+-[A-Z0-9]+-[A-Z0-9]+", wrong)
            and number[place : place + 1] != "-"
        ):
            assert meant_by(Keyed(wrong, check), [Printed(1, 1, is_live=True)]) is None


LABEL = LabelFacts(label_id=7, subject="unit:MSC26-0031-001", kind="bag", instance=1, status="applied")
TYPED = Scan(Keyed("MSC26-0031-001", "A"), LABEL)
SCANNED = Scan(read(BAG), LABEL)


def words(scan: Scan, *kinds: str, may_be_keyed: bool = True) -> list[str]:
    return [each.code for each in against_label(scan, kinds or ("bag",), may_be_keyed=may_be_keyed)]


def test_a_well_formed_code_of_another_scheme_is_refused_and_named() -> None:
    (reason,) = against_label(Scan(read(f"]d2{element_string(UNIT, split)}"), None), tuple(KINDS))
    assert (reason.code, "GS1" in reason.sentence) == ("wrong_kind", True)
    (damaged,) = against_label(Scan(read("]d20112345678901232"), None), tuple(KINDS))
    assert (damaged.code, "GS1" in damaged.sentence) == ("damaged_code", True)


def test_a_typed_number_counts_only_where_it_may_and_for_the_kinds_that_are_asked_for() -> None:
    assert words(TYPED) == []
    assert words(TYPED, may_be_keyed=False) == ["not_scanned"]
    assert words(TYPED, "tag", "wristband") == ["wrong_kind"]
    assert (TYPED.entered, SCANNED.entered) == ("keyed", "scanned")


def test_a_typed_number_asks_a_reason_and_something_scanned_beside_it() -> None:
    assert against_keying([SCANNED, SCANNED], "") == []
    assert against_keying([SCANNED, TYPED], "frost") == []
    assert against_keying([TYPED], "frost") == []
    assert [each.code for each in against_keying([SCANNED, TYPED], " ")] == ["not_scanned"]
    assert [each.code for each in against_keying([TYPED], "")] == ["not_scanned"]
    assert [each.code for each in against_keying([TYPED, TYPED], "frost")] == ["not_scanned"]
