"""Codes are made once, read anywhere, forged nowhere; and a genuine code counts only while its label does."""

import base64
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cotrack.labelling.rules.check_character import ALPHABET, check_character, has_valid_check, printed_check
from cotrack.labelling.rules.codes import (
    CODE_LENGTH,
    HEADER_LENGTH,
    LETTERS,
    MOST_INSTANCES,
    Code,
    Environment,
    Misread,
    Verify,
    clean_scan,
    make_code,
    read_code,
)
from cotrack.labelling.rules.kinds import BY_LETTER, KINDS
from cotrack.labelling.rules.standing import LabelFacts, Scan, against_label, against_scanned_before

BAG, TAG, BAND, SAMPLE = KINDS["bag"], KINDS["tag"], KINDS["wristband"], KINDS["sample"]
SITE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEY_ID = "ABC"
ENTITY = "7K3Q5M2XPT"
FORGED = {"unknown_code", "damaged_code", "bad_signature"}


def verify(key_id: str, message: bytes, signature: bytes) -> bool:
    if key_id != KEY_ID:
        return False
    try:
        SITE_KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def code(*, kind: str = "bag", environment: Environment = "T", entity: str = ENTITY, instance: int = 33) -> str:
    return make_code(KINDS[kind], environment, entity, instance, key_id=KEY_ID, sign=SITE_KEY.sign)


def read(text: str, *, check: Verify = verify) -> Code | Misread:
    return read_code(text, environment="T", verify=check)


def misread(text: str) -> str:
    found = read(text)
    assert isinstance(found, Misread), text
    return found.code


def rechecked(header: str) -> str:
    """Give a changed header the check character that belongs to it, as a forger would."""
    bodies = [header[:17] + filler + header[18 : HEADER_LENGTH - 1] for filler in (header[17], "A", "B")]
    return next(body + check_character(body) for body in bodies if check_character(body) != "*")


GENUINE = code()


@pytest.mark.parametrize(
    ("number", "character"),
    [
        ("G123417654321", "A"),
        ("A999914123456", "N"),
        ("A999922123459", "H"),
        ("G123498654321", "H"),
        ("A999921123456", "3"),
        ("", "1"),
    ],
)
def test_the_standards_own_examples_get_their_check_character(number: str, character: str) -> None:
    assert check_character(number) == character


@pytest.mark.parametrize(
    "number", ["G123417654321A", "A999914123456N", "A999922123459H", "G123498654321H", "A9999211234563"]
)
def test_a_number_with_its_check_character_passes(number: str) -> None:
    assert has_valid_check(number)


@pytest.mark.parametrize(
    "number",
    [
        "A999915123456N",
        "F123498654321H",
        "C0003070013666",
        "A999922564321S",
        "A999920212346*",
        "A999933123458J",
        "G123468954321H",
        "6C000307001466",
        "999914123456NA",
        "A9O991712345600",
    ],
)
def test_the_standards_own_wrong_numbers_are_rejected(number: str) -> None:
    assert not has_valid_check(number)


@pytest.mark.parametrize(
    "text", ["", "1", "A", "*", "g123417654321A", "G12341765432１A", "G1234*7654321A", "G1 A", "é1"]
)
def test_what_is_too_short_or_has_another_character_never_passes(text: str) -> None:
    assert not has_valid_check(text)


def test_a_check_character_moved_to_the_front_is_known_to_pass_so_a_number_needs_its_shape_checked_too() -> None:
    assert has_valid_check("NA999914123456")


def test_a_check_character_may_be_an_asterisk_but_only_at_the_end() -> None:
    number = next(f"A{n}" for n in range(1000) if check_character(f"A{n}") == "*")
    assert has_valid_check(f"{number}*")
    assert not has_valid_check(f"{number}*{check_character(f'{number}*')}")


@pytest.mark.parametrize("text", ["a", "é", " ", "A-1", "０"])
def test_a_check_character_is_made_over_capital_letters_and_digits_alone(text: str) -> None:
    with pytest.raises(KeyError):
        check_character(text)


NUMBERS = st.text(ALPHABET[:-1], min_size=1, max_size=20)


@given(number=NUMBERS, place=st.integers(0, 20), other=st.sampled_from(ALPHABET))
@settings(max_examples=50, deadline=None)
def test_no_single_wrong_character_passes(number: str, place: int, other: str) -> None:
    whole = number + check_character(number)
    place %= len(whole)
    wrong = whole[:place] + other + whole[place + 1 :]
    assert has_valid_check(wrong) is (wrong == whole)


@given(number=NUMBERS, place=st.integers(0, 19))
@settings(max_examples=50, deadline=None)
def test_no_two_neighbours_swapped_pass(number: str, place: int) -> None:
    whole = number + check_character(number)
    place %= len(whole) - 1
    wrong = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert has_valid_check(wrong) is (wrong == whole)


@pytest.mark.parametrize(
    ("number", "instance", "over"),
    [
        ("MSC26-0031-001", 1, "MSC26003100101"),
        ("MSC26-0031-001", 2, "MSC26003100102"),
        ("ifn-001", 12, "IFN00112"),
        ("试*1", 3, "103"),
    ],
)
def test_the_printed_check_covers_letters_digits_and_the_instance(number: str, instance: int, over: str) -> None:
    assert printed_check(number, instance) == check_character(over)


def test_a_reprint_has_another_printed_check() -> None:
    checks = [printed_check("MSC26-0031-001", instance) for instance in range(1, 38)]
    assert all(first != second for first, second in pairwise(checks))


def test_every_kind_has_a_letter_of_its_own_and_is_found_by_it() -> None:
    letters = {letter: kind.name for letter, kind in BY_LETTER.items()}
    assert letters == {
        "B": "bag",
        "T": "tag",
        "P": "wristband",
        "S": "sample",
        "K": "tube",
        "V": "vial",
        "R": "batch_sheet",
        "O": "order_sheet",
        "U": "badge",
        "L": "location",
        "F": "box",
        "X": "shipper",
    }
    assert [kind.name for kind in KINDS.values()] == list(KINDS)
    assert (BAG.noun, TAG.noun, BAND.noun, SAMPLE.noun) == ("unit", "unit", "participant", "unit")


def test_a_code_is_125_capital_letters_and_digits() -> None:
    assert len(GENUINE) == CODE_LENGTH == 125
    assert re.fullmatch(r"[A-Z0-9]{125}", GENUINE)
    assert GENUINE.startswith("CT1BT7K3Q5M2XPT")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("instance", [1, 31, 32, 33, 1022, MOST_INSTANCES])
def test_what_was_made_is_read_back(kind: str, instance: int) -> None:
    made = code(kind=kind, instance=instance)
    assert read(made) == Code(KINDS[kind], ENTITY, instance, made)


@given(entity=st.text(LETTERS, min_size=10, max_size=10), instance=st.integers(1, MOST_INSTANCES))
@settings(max_examples=40, deadline=None)
def test_every_label_has_a_code_without_an_asterisk_that_reads_back(entity: str, instance: int) -> None:
    made = code(entity=entity, instance=instance)
    assert re.fullmatch(r"[A-Z0-9]{125}", made)
    assert read(made) == Code(BAG, entity, instance, made)


def test_where_the_check_would_be_an_asterisk_another_filler_avoids_it() -> None:
    fillers = {code(instance=instance)[17] for instance in range(1, 200)}
    assert fillers == {"A", "B"}


def test_a_code_names_no_thing_and_no_person() -> None:
    one = code(entity="A" * 10)
    other = code(entity="B" * 10)
    assert one[:5] == other[:5] == "CT1BT"


@pytest.mark.parametrize("entity", ["", "7K3Q5M2XP", "7K3Q5M2XPTA", "7k3q5m2xpt", "7K3Q5M2XP1", "7K3Q5M2XP中"])
def test_an_entity_that_does_not_fit_makes_no_code(entity: str) -> None:
    with pytest.raises(ValueError, match="does not fit a code"):
        code(entity=entity)


@pytest.mark.parametrize("instance", [-1, 0, MOST_INSTANCES + 1])
def test_an_instance_that_does_not_fit_makes_no_code(instance: int) -> None:
    with pytest.raises(ValueError, match="does not fit a code"):
        code(instance=instance)


def test_a_code_with_one_character_changed_is_none() -> None:
    letters = ALPHABET[:-1]
    for place, letter in enumerate(GENUINE):
        nearby = letters[(letters.index(letter) + 1 + place % 35) % 36]
        for other in {nearby, "A" if letter != "A" else "B"}:
            assert misread(GENUINE[:place] + other + GENUINE[place + 1 :]) in FORGED


def test_a_code_with_two_neighbours_swapped_is_none() -> None:
    for place, (first, second) in enumerate(pairwise(GENUINE)):
        if first != second:
            assert misread(GENUINE[:place] + second + first + GENUINE[place + 2 :]) in FORGED


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not_scanned"),
        (" \r\n\t\u200b", "not_scanned"),
        ("]Q1", "not_scanned"),
        ("MSC26-0031-001", "unknown_code"),
        ("CT", "unknown_code"),
        ("CT2" + GENUINE[3:], "unknown_code"),
        ("]C1" + "9312345678901", "unknown_code"),
        ("CT1", "damaged_code"),
        (GENUINE[:-1], "damaged_code"),
        (GENUINE[:HEADER_LENGTH], "damaged_code"),
        (GENUINE + "A", "damaged_code"),
        (GENUINE + GENUINE, "damaged_code"),
        (GENUINE[1:], "unknown_code"),
        (GENUINE[:62] + GENUINE[63:] + GENUINE[0], "bad_signature"),
        (GENUINE[:5] + "-" + GENUINE[6:], "damaged_code"),
        (GENUINE[:5] + "é" + GENUINE[6:], "damaged_code"),
        (GENUINE[:5] + "1" + GENUINE[6:], "damaged_code"),
        (GENUINE[:-1] + "1", "bad_signature"),
        (GENUINE[:30] + "中" + GENUINE[31:], "bad_signature"),
    ],
)
def test_a_string_that_is_no_whole_code_is_told_apart(text: str, word: str) -> None:
    assert misread(text) == word


def test_a_signature_in_a_spelling_of_its_own_does_not_count() -> None:
    signature = base64.b32decode(GENUINE[HEADER_LENGTH:] + "=")
    others = [GENUINE[:-1] + letter for letter in LETTERS if letter != GENUINE[-1]]
    same = [each for each in others if base64.b32decode(each[HEADER_LENGTH:] + "=") == signature]
    assert same
    assert {misread(each) for each in same} == {"bad_signature"}


def test_a_code_of_another_environment_is_refused_before_its_signature() -> None:
    assert misread(code(environment="P")) == "wrong_environment"
    forged = rechecked(GENUINE[:4] + "P" + GENUINE[5:]) + GENUINE[HEADER_LENGTH:]
    assert misread(forged) == "wrong_environment"


@pytest.mark.parametrize(
    ("start", "new", "word"),
    [
        (3, "T", "bad_signature"),
        (3, "P", "bad_signature"),
        (3, "F", "bad_signature"),
        (3, "Z", "unknown_code"),
        (3, "S", "bad_signature"),
        (5, "AAAAAAAAAA", "bad_signature"),
        (15, "BC", "bad_signature"),
        (17, "C", "bad_signature"),
        (18, "XYZ", "bad_signature"),
    ],
)
def test_a_signature_copied_onto_another_header_is_refused(start: int, new: str, word: str) -> None:
    header = rechecked(GENUINE[:start] + new + GENUINE[start + len(new) :])
    assert misread(header + GENUINE[HEADER_LENGTH:]) == word


def test_the_kind_letter_alone_is_not_changed_unnoticed() -> None:
    assert misread(GENUINE.replace("CT1B", "CT1T", 1)) == "damaged_code"


def test_a_code_signed_by_another_key_is_refused() -> None:
    assert misread(make_code(BAG, "T", ENTITY, 1, key_id=KEY_ID, sign=OTHER_KEY.sign)) == "bad_signature"
    assert misread(make_code(BAG, "T", ENTITY, 1, key_id="XYZ", sign=SITE_KEY.sign)) == "bad_signature"


def test_a_signature_of_this_key_over_another_kind_of_text_is_no_label_code() -> None:
    def sign_bare(message: bytes) -> bytes:
        return SITE_KEY.sign(message.partition(b"\n")[2])

    assert misread(make_code(BAG, "T", ENTITY, 1, key_id=KEY_ID, sign=sign_bare)) == "bad_signature"


@pytest.mark.parametrize(
    "typed",
    [
        GENUINE.lower(),
        "".join(chr(ord(each) + 0xFEE0) for each in GENUINE),
        f"]Q1{GENUINE}",
        f"]d2{GENUINE.lower()}",
        f"\ufeff{GENUINE}\r\n",
        f"  {GENUINE[:60]}\u200b\u200d{GENUINE[60:]}\t",
        f"\x02{GENUINE}\x03",
        f"{GENUINE[:60]}\x1d{GENUINE[60:]}\u3000",
    ],
    ids=["small letters", "full width", "AIM prefix", "AIM and small", "mark", "zero width", "STX ETX", "GS"],
)
def test_what_scanners_and_input_methods_do_to_a_code_is_undone(typed: str) -> None:
    assert read(typed) == Code(BAG, ENTITY, 33, GENUINE)


@pytest.mark.parametrize(
    ("typed", "clean"), [("", ""), ("]", ""), ("]Q", ""), ("a b", "AB"), ("]Q1]Q1A", "]Q1A"), ("ß", "SS")]
)
def test_cleaning_takes_away_one_prefix_and_what_nobody_sees(typed: str, clean: str) -> None:
    assert clean_scan(typed) == clean


@given(text=st.text())
@example(text="]")
@example(text="CT1\ud800" + "A" * 121)
@example(text="ﬃ" * 125)
@settings(max_examples=40, deadline=None)
def test_reading_never_raises_whatever_was_scanned(text: str) -> None:
    assert isinstance(read(text), Misread)


@given(tail=st.text(max_size=CODE_LENGTH))
@settings(max_examples=50, deadline=None)
def test_reading_never_raises_whatever_follows_a_good_beginning(tail: str) -> None:
    for length in (3, HEADER_LENGTH, CODE_LENGTH - 1):
        found = read(GENUINE[:length] + tail)
        assert isinstance(found, Misread) or found.text == GENUINE


def test_a_verifier_is_asked_only_about_whole_codes_of_this_environment() -> None:
    asked: list[str] = []

    def note(key_id: str, message: bytes, signature: bytes) -> bool:
        asked.append(key_id)
        return verify(key_id, message, signature)

    for text in ("", "x", GENUINE[:-1], code(environment="P"), GENUINE[:-1] + "1"):
        assert isinstance(read(text, check=note), Misread)
    assert asked == []
    assert isinstance(read(GENUINE, check=note), Code)
    assert asked == [KEY_ID]


BAG_CODE = Code(BAG, ENTITY, 1, GENUINE)
LABEL = LabelFacts(label_id=7, subject="unit:MSC26-0031-001", kind="bag", instance=1, status="applied")


def words(scan: Scan, *kinds: str, needs_applied: bool = True) -> list[str]:
    return [each.code for each in against_label(scan, kinds or ("bag",), needs_applied=needs_applied)]


@pytest.mark.parametrize("word", ["not_scanned", "unknown_code", "damaged_code", "wrong_environment", "bad_signature"])
def test_what_was_not_read_does_not_count_and_says_why(word: str) -> None:
    scan = Scan(Misread(word), None)
    assert words(scan) == [word]
    assert (scan.subject, scan.key, scan.label_id) == ("", "", None)


def test_every_way_to_misread_has_a_sentence() -> None:
    texts = ["", "x", "CT1", code(environment="P"), GENUINE[:-1] + "1"]
    for text in texts:
        (reason,) = against_label(Scan(read(text), None), ("bag",))
        assert reason.sentence.endswith(".")


def test_a_label_of_another_kind_than_asked_for_does_not_count() -> None:
    assert words(Scan(BAG_CODE, LABEL), "wristband") == ["wrong_kind"]
    assert words(Scan(BAG_CODE, LABEL), "tag", "bag") == []


def test_a_genuine_code_whose_label_nobody_knows_does_not_count() -> None:
    assert words(Scan(BAG_CODE, None)) == ["unknown_code"]


@pytest.mark.parametrize(
    ("status", "needs_applied", "expected"),
    [
        ("applied", True, []),
        ("applied", False, []),
        ("printed", True, ["label_incomplete"]),
        ("printed", False, []),
        ("sending", True, ["label_incomplete"]),
        ("intended", True, ["label_incomplete"]),
        ("superseded", True, ["label_superseded"]),
        ("superseded", False, ["label_superseded"]),
        ("void", True, ["label_void"]),
        ("void", False, ["label_void"]),
    ],
)
def test_a_label_counts_only_while_it_is_current_and_on_its_thing(
    status: str, needs_applied: bool, expected: list[str]
) -> None:
    scan = Scan(BAG_CODE, replace(LABEL, status=status))
    assert words(scan, needs_applied=needs_applied) == expected


def test_a_scan_names_its_thing_by_the_label_behind_it() -> None:
    scan = Scan(BAG_CODE, LABEL)
    assert (scan.subject, scan.key, scan.label_id) == ("unit:MSC26-0031-001", "MSC26-0031-001", 7)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("applied", []),
        ("superseded", ["label_superseded"]),
        ("void", ["label_void"]),
        ("printed", ["label_incomplete"]),
    ],
)
def test_a_label_that_died_after_its_scan_no_longer_counts(status: str, expected: list[str]) -> None:
    assert [each.code for each in against_scanned_before(status)] == expected
