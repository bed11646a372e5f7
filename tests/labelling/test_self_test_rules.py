"""What arrived of the self-test sheet is judged to the letter; what is wrong is said in words that help."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cotrack.labelling.rules.check_character import has_valid_check
from cotrack.labelling.rules.codes import CODE_LENGTH, LETTERS, Misread, read_code
from cotrack.labelling.rules.self_test import (
    Arrived,
    against_symbol,
    beside_each_other,
    judged,
    remarks_on,
    symbology_of,
)
from cotrack.labelling.rules.sheet import GROUP_SEPARATOR, LAYOUTS, SIGNS, SYMBOLS, UNITED_STATES, SheetSymbol
from cotrack.labelling.rules.stations import StationFacts, against_station

QR, SQUARE, WITH_SIGNS = SYMBOLS
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def typed_on(layout: str, text: str) -> str:
    keys = dict(zip(UNITED_STATES, LAYOUTS[layout], strict=True))
    return "".join(keys.get(each, each) for each in text)


def words(symbol: SheetSymbol, text: str, **how: object) -> list[str]:
    return [each.code for each in against_symbol(symbol, Arrived(text, **how))]  # type: ignore[arg-type]


def test_the_long_texts_are_longer_than_any_code_hold_all_its_letters_and_end_in_a_check_character() -> None:
    for symbol in (QR, SQUARE):
        assert len(symbol.text) >= 130 > CODE_LENGTH
        assert set(LETTERS) | set("0123456789") <= set(symbol.text)
        assert has_valid_check(symbol.text)
        assert symbol.text[-1] != "*"
    assert set(SIGNS) | {GROUP_SEPARATOR} <= set(WITH_SIGNS.text)


@pytest.mark.parametrize("symbol", SYMBOLS, ids=[each.name for each in SYMBOLS])
def test_a_test_text_is_no_code_anywhere(symbol: SheetSymbol) -> None:
    assert read_code(symbol.text, environment="T", verify=lambda *_: True) == Misread("unknown_code")


@pytest.mark.parametrize("symbol", SYMBOLS, ids=[each.name for each in SYMBOLS])
def test_what_is_true_to_the_letter_has_no_fault_with_or_without_its_identifier(symbol: SheetSymbol) -> None:
    assert words(symbol, symbol.text, milliseconds=1300) == []
    assert words(symbol, f"]{symbol.letter}1{symbol.text}", milliseconds=10_000) == []
    assert symbology_of(f"]{symbol.letter}1{symbol.text}") == f"]{symbol.letter}1"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "nothing_arrived"),
        (SQUARE.text, "other_symbol"),
        (f"]d1{SQUARE.text}", "other_symbol"),
        (f"]d1{QR.text}", "signs_added"),
        (f"~{QR.text}", "signs_added"),
        (f"{QR.text}~", "signs_added"),
        (QR.text.swapcase(), "case_inverted"),
        (QR.text[:60].lower() + QR.text[60:], "case_changed"),
        ("".join(chr(ord(each) + 0xFEE0) for each in QR.text), "full_width"),
        (f"测试{QR.text[8:]}", "ime_on"),
        (QR.text * 2, "read_twice"),
        (QR.text[:100], "end_missing"),
        (QR.text[9:], "beginning_missing"),
        (QR.text[:30] + QR.text[33:], "characters_lost"),
        (QR.text.replace("7", "1"), "characters_exchanged"),
        ("6901234567892", "something_else"),
        ("".join(chr(ord(each) + 1) for each in QR.text), "something_else"),
    ],
    ids=lambda value: None if len(value) > 30 or not value.isidentifier() else value,
)
def test_each_fault_has_its_word_alone(text: str, word: str) -> None:
    assert words(QR, text) == [word]


@pytest.mark.parametrize("layout", ["French (AZERTY)", "German (QWERTZ)"])
@pytest.mark.parametrize("symbol", SYMBOLS, ids=[each.name for each in SYMBOLS])
def test_another_keyboard_layout_is_named_also_with_capslock_on(layout: str, symbol: SheetSymbol) -> None:
    for text in (typed_on(layout, symbol.text), typed_on(layout, symbol.text).swapcase()):
        (fault,) = against_symbol(symbol, Arrived(text))
        assert (fault.code, fault.parameters["layout"]) == ("keyboard_layout", layout)


@pytest.mark.parametrize("layout", ["British", "Spanish"])
def test_a_layout_that_differs_in_signs_alone_shows_at_the_signs(layout: str) -> None:
    assert words(QR, typed_on(layout, QR.text)) == []
    (fault,) = against_symbol(WITH_SIGNS, Arrived(typed_on(layout, WITH_SIGNS.text)))
    assert (fault.code, fault.parameters["layout"]) == ("keyboard_layout", layout)


def test_a_wedge_that_loses_gs_may_be_used_and_the_remark_says_so() -> None:
    lost = WITH_SIGNS.text.replace(GROUP_SEPARATOR, "")
    assert words(WITH_SIGNS, lost) == []
    assert [each.code for each in remarks_on(WITH_SIGNS, Arrived(lost))] == ["gs_lost"]
    assert remarks_on(WITH_SIGNS, Arrived(WITH_SIGNS.text)) == []
    assert remarks_on(QR, Arrived(QR.text)) == []


def test_more_than_ten_seconds_is_no_scan() -> None:
    assert words(QR, QR.text, milliseconds=10_001) == ["too_slow"]
    assert words(QR, QR.text[:9], milliseconds=10_001) == ["end_missing", "too_slow"]


def test_where_nothing_else_explains_it_an_input_method_that_took_part_is_named() -> None:
    assert words(QR, "xyz", is_composed=True) == ["ime_on"]
    assert words(QR, QR.text, is_composed=True) == []


@given(text=st.text(max_size=300))
@settings(max_examples=80, deadline=None)
def test_whatever_arrives_is_judged_and_only_the_text_itself_passes(text: str) -> None:
    for symbol in SYMBOLS:
        assert len(words(symbol, text)) == (0 if text in {symbol.text, f"]{symbol.letter}1{symbol.text}"} else 1)


@given(place=st.integers(0, len(QR.text) - 1), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
@settings(max_examples=60, deadline=None)
def test_no_single_wrong_character_passes(place: int, letter: str) -> None:
    changed = QR.text[:place] + letter + QR.text[place + 1 :]
    assert bool(words(QR, changed)) == (changed != QR.text)


def test_a_self_test_is_all_three_symbols() -> None:
    true = {each.name: Arrived(each.text) for each in SYMBOLS}
    assert judged(true) == ([], [])
    faults, _ = judged({"qr": Arrived(QR.text)})
    assert [(each.code, each.parameters["symbol"]) for each in faults] == [
        ("nothing_arrived", "square"),
        ("nothing_arrived", "signs"),
    ]


def test_what_a_page_tells_of_the_typing_is_taken_as_far_as_it_makes_sense() -> None:
    assert Arrived.told("x", "412 fast composed enter") == Arrived("x", 412, is_composed=True)
    assert Arrived.told("x", "412 slow tab") == Arrived("x", 412)
    for nonsense in ("", "   ", "many fast", "-1 fast", "99999999 fast", "١٢ fast"):
        assert Arrived.told("x", nonsense).milliseconds is None


def test_what_came_stands_beside_what_should_have_with_signs_that_people_see() -> None:
    assert beside_each_other("AB\x1dC", "AB\x1dX\x00") == ("AB␝", "C", "X�")
    assert beside_each_other("ABC", "AB") == ("AB", "C", "")
    assert beside_each_other("AB", "ABC") == ("AB", "", "C")


FACTS = StationFacts("WARD-3A-1", is_required=True, stands_days=90, is_passed=True, tested_at=NOON)


@pytest.mark.parametrize(
    ("facts", "after", "sentence"),
    [
        (FACTS, timedelta(days=90), ""),
        (FACTS, timedelta(days=90, seconds=1), "stood until"),
        (replace(FACTS, is_passed=False), timedelta(0), "did not read"),
        (replace(FACTS, is_passed=False, tested_at=None), timedelta(0), "never tested"),
        (replace(FACTS, is_required=False, is_passed=False, tested_at=None), timedelta(0), ""),
    ],
    ids=["on the last day", "a second later", "failed", "never", "not asked"],
)
def test_scans_count_only_while_a_passed_self_test_stands(facts: StationFacts, after: timedelta, sentence: str) -> None:
    blockers = against_station(facts, NOON + after)
    assert [each.code for each in blockers] == ["station_not_tested"] * bool(sentence)
    assert all(sentence in each.sentence and each.solve == "station:WARD-3A-1" for each in blockers)
