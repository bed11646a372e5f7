"""No code passes with one character changed or two neighbours swapped, whichever code, place and character it is."""

import unicodedata
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cotrack.labelling.rules.check_character import ALPHABET, check_character, has_valid_check, printed_check
from cotrack.labelling.rules.codes import (
    CODE_LENGTH,
    ENTITY_LENGTH,
    HEADER_LENGTH,
    LETTERS,
    MOST_INSTANCES,
    Code,
    Environment,
    Misread,
    make_code,
    read_code,
)
from cotrack.labelling.rules.kinds import KINDS

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = "KZD"
REFUSED = {"unknown_code", "damaged_code", "bad_signature", "wrong_environment"}
WORKED = ("G123417654321A", "A999914123456N", "A999922123459H", "G123498654321H", "A9999211234563")
"""The numbers of reference/domain.md §2.1.6, each with its check character."""


def verify(key_id: str, message: bytes, signature: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return key_id == KEY_ID


ENVIRONMENTS: tuple[Environment, ...] = ("P", "T")
CODES = st.builds(
    lambda kind, environment, entity, instance: make_code(
        KINDS[kind], environment, entity, instance, key_id=KEY_ID, sign=KEY.sign
    ),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(ENVIRONMENTS),
    st.text(LETTERS, min_size=ENTITY_LENGTH, max_size=ENTITY_LENGTH),
    st.integers(1, MOST_INSTANCES),
)
ONE = make_code(KINDS["bag"], "T", "K7QM2XPTA5", 1, key_id=KEY_ID, sign=KEY.sign)
PLACES = st.integers(0, CODE_LENGTH - 1)


def words_at(text: str) -> set[str]:
    """Return what a site of each environment says to a text: a code word, or nothing where it takes it as a code."""
    found = [read_code(text, environment=environment, verify=verify) for environment in ENVIRONMENTS]
    return {each.code if isinstance(each, Misread) else "" for each in found}


def substituted(text: str, letters: str) -> Iterator[str]:
    for place, own in enumerate(text):
        yield from (text[:place] + other + text[place + 1 :] for other in letters if other != own)


def swapped(text: str) -> Iterator[str]:
    for place in range(len(text) - 1):
        first, second = text[place : place + 2]
        if first != second:
            yield text[:place] + second + first + text[place + 2 :]


def test_no_character_of_a_code_can_be_any_other_in_any_place() -> None:
    wrong = list(substituted(ONE, ALPHABET))
    assert len(wrong) == CODE_LENGTH * 36
    assert [each for each in wrong if not words_at(each) <= REFUSED] == []


def test_no_two_neighbours_of_a_code_can_be_swapped_in_any_place() -> None:
    assert [each for each in swapped(ONE) if not words_at(each) <= REFUSED] == []


@given(code=CODES, place=PLACES, other=st.sampled_from(ALPHABET))
@settings(max_examples=150, deadline=None)
def test_no_code_passes_with_one_character_changed(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert "" in words_at(code)
    assert words_at(wrong) <= REFUSED or wrong == code


@given(code=CODES, place=st.integers(0, CODE_LENGTH - 2))
@settings(max_examples=150, deadline=None)
def test_no_code_passes_with_two_neighbours_swapped(code: str, place: int) -> None:
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert words_at(wrong) <= REFUSED or wrong == code


@given(code=CODES, place=PLACES, other=st.characters())
@example(code=ONE, place=3, other="ｂ")
@example(code=ONE, place=5, other="К")
@example(code=ONE, place=0, other="\u200b")
@example(code=ONE, place=124, other="ﬀ")
@settings(max_examples=150, deadline=None)
def test_a_character_from_anywhere_passes_only_as_another_spelling_of_the_same(
    code: str, place: int, other: str
) -> None:
    environment: Environment = "P" if code[4] == "P" else "T"
    found = read_code(code[:place] + other + code[place + 1 :], environment=environment, verify=verify)
    is_same = unicodedata.normalize("NFKC", other).upper() == code[place]
    assert (found == Code(found.kind, found.entity, found.instance, code)) if isinstance(found, Code) else not is_same


def test_an_error_before_the_signature_is_found_without_looking_at_the_signature() -> None:
    header, signature = ONE[:HEADER_LENGTH], ONE[HEADER_LENGTH:]
    for wrong in (*substituted(header, ALPHABET), *swapped(header)):
        found = read_code(wrong + signature, environment="T", verify=lambda *_: True)
        assert isinstance(found, Misread), wrong
        assert found.code in {"damaged_code", "unknown_code"}, wrong


def test_the_check_character_alone_finds_every_single_error_in_what_it_covers() -> None:
    header = ONE[:HEADER_LENGTH]
    assert has_valid_check(header)
    assert [each for each in (*substituted(header, ALPHABET), *swapped(header)) if has_valid_check(each)] == []


@pytest.mark.parametrize("number", WORKED)
def test_no_worked_example_passes_with_one_character_changed_or_two_swapped(number: str) -> None:
    assert has_valid_check(number)
    assert [each for each in (*substituted(number, ALPHABET), *swapped(number)) if has_valid_check(each)] == []


def test_every_pair_of_characters_is_told_from_every_other_that_differs_in_one_place_or_in_order() -> None:
    checks = {one + other: check_character(one + other) for one in ALPHABET[:-1] for other in ALPHABET[:-1]}
    for pair, check in checks.items():
        near = {*substituted(pair, ALPHABET[:-1]), pair[::-1]} - {pair}
        assert check not in {checks[each] for each in near}, pair


def test_a_number_that_is_keyed_with_one_character_wrong_has_another_boxed_character() -> None:
    for number, letters in (("MSC26-0031-001", "MSC260031001"), ("IFN-001", "IFN001")):
        right = printed_check(number, 1)
        assert printed_check(letters, 1) == right
        wrong = [*substituted(letters, ALPHABET[:-1]), *swapped(letters)]
        assert [each for each in wrong if printed_check(each, 1) == right] == []
