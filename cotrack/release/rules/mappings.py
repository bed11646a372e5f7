"""What stands against a laboratory's mapping: whatever would be read in two ways, in none, or as another value."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cotrack.foundation import written
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.release.rules.spelling import (
    DECIMALS,
    ENCODINGS,
    IGNORED,
    MEANINGS,
    NEEDED,
    REPLICATE,
    SAMPLE,
    SAMPLE_TYPE,
    SEPARATORS,
    Pair,
    ResultWord,
    Spelling,
)
from cotrack.release.rules.times import TIME_FORMS, is_zone
from cotrack.release.rules.units import spell_the_same
from cotrack.study.rules.definition import ReleaseTest

_SAMPLE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
_FAULT = "mapping_fault"


def against_mapping(spelling: Spelling, tests: Sequence[ReleaseTest]) -> list[Blocker]:
    """Return everything that keeps a mapping from being proposed or approved; `tests` are those of the specification.

    Nothing is read by a mapping in which a column, a test or a unit stands twice, means nothing here, or means
    another value (21 CFR 211.194(a); Annex 11, 4.8).
    """
    by_name = {each.reported_as: each for each in tests}
    return [
        *_against_form(spelling),
        *_against_names(spelling),
        *_against_columns(spelling),
        *_against_tests(spelling, by_name),
        *_against_words(spelling, by_name),
        *_against_units(spelling, {each.unit for each in tests}),
        *_against_samples(spelling),
    ]


def _fault(sentence: str, **parameters: object) -> Blocker:
    return Blocker(_FAULT, sentence, parameters)


def _against_form(spelling: Spelling) -> Iterator[Blocker]:
    known = (
        (spelling.encoding, ENCODINGS),
        (spelling.separator, SEPARATORS),
        (spelling.decimal, DECIMALS),
        (spelling.time_form, TIME_FORMS),
    )
    for said, choices in known:
        if said not in choices:
            yield _fault(N_("“{value}” is none of: {choices}."), value=said, choices=", ".join(choices))
    if spelling.zone and not is_zone(spelling.zone):
        yield _fault(N_("There is no time zone “{value}”."), value=spelling.zone)


def _against_names(spelling: Spelling) -> Iterator[Blocker]:
    """Refuse a name of two lines: it stands in what QA signs, and would write a line of its own there."""
    for each in spelling.columns:
        if not written.is_one_line(each.theirs):
            yield _fault(N_("Column “{theirs}” holds signs that cannot be printed."), theirs=each.theirs)


def _against_columns(spelling: Spelling) -> Iterator[Blocker]:
    yield from _doubled(
        [each.theirs for each in spelling.columns], N_("The laboratory's column “{value}” stands twice.")
    )
    meant = [each.ours for each in spelling.columns if each.ours != IGNORED]
    yield from _doubled(meant, N_("Two columns mean “{value}”: nobody could tell which one is read."))
    for each in spelling.columns:
        if each.ours not in MEANINGS:
            yield _fault(N_("Column “{theirs}” is given no meaning."), theirs=each.theirs)
    for needed in NEEDED:
        if needed not in meant:
            yield _fault(N_("No column means “{value}”."), value=needed)
    if (SAMPLE in meant) == (SAMPLE_TYPE in meant):
        yield _fault(N_("Either a column names the sample, or one names its type: one of the two."))
    if (REPLICATE in meant) == bool(spelling.replicate):
        yield _fault(N_("Either a column counts the replicates, or the laboratory reports each test once: say which."))
    if spelling.replicate not in {"", "1"}:
        yield _fault(N_("A file without a column of replicates reports each test once: say 1."))


def _against_tests(spelling: Spelling, by_name: Mapping[str, ReleaseTest]) -> Iterator[Blocker]:
    if not spelling.tests:
        yield _fault(N_("No test is mapped."))
    yield from _doubled([each.theirs for each in spelling.tests], N_("The laboratory's test “{value}” stands twice."))
    yield from _doubled([each.ours for each in spelling.tests], N_("Two tests of the laboratory mean “{value}”."))
    for each in spelling.tests:
        if each.ours not in by_name:
            words = N_("“{theirs}”: the specification has no test “{ours}”.")
            yield _fault(words, theirs=each.theirs, ours=each.ours)


def _against_words(spelling: Spelling, by_name: Mapping[str, ReleaseTest]) -> Iterator[Blocker]:
    told = [f"{each.test}: {each.theirs}" for each in spelling.words]
    yield from _doubled(told, N_("The result “{value}” stands twice."))
    tests = {each.theirs: by_name.get(each.ours) for each in spelling.tests}
    for each in spelling.words:
        if each.test not in tests:
            yield _fault(N_("Result “{theirs}”: no test “{test}” is mapped."), theirs=each.theirs, test=each.test)
        elif (test := tests[each.test]) is not None:
            yield from _against_word(each, test)


def _against_word(word: ResultWord, test: ReleaseTest) -> Iterator[Blocker]:
    """Refuse a word for a number, one that the test does not know, and one of ours that would mean another."""
    known = (*test.accepts, *test.rejects)
    details = {"theirs": word.theirs, "ours": word.ours, "test": word.test}
    if test.kind == "number":
        yield _fault(N_("“{theirs}”: results of “{test}” are numbers, and no word stands for one."), **details)
    elif word.ours not in known:
        words = N_("“{theirs}”: “{ours}” is no result of “{test}”; known are: {known}.")
        yield _fault(words, **details, known=", ".join(known))
    elif _says_by_itself(word.theirs, test) not in {"", word.ours}:
        yield _fault(N_("“{theirs}” is a result of “{test}” by itself, and never means “{ours}”."), **details)


def _says_by_itself(theirs: str, test: ReleaseTest) -> str:
    """Return which result of a test a word is without any mapping, however its letters are written; empty if none.

    A failure stays one with whatever is added to it: `Growth: S. aureus` never means `no growth`.
    """
    read = unicodedata.normalize("NFKC", theirs).casefold()
    for each in test.rejects:
        if read == each.casefold() or read.startswith((f"{each.casefold()}:", f"{each.casefold()} ")):
            return each
    return next((each for each in test.accepts if read == each.casefold()), "")


def _against_units(spelling: Spelling, known: set[str]) -> Iterator[Blocker]:
    yield from _doubled([each.theirs for each in spelling.units], N_("The laboratory's unit “{value}” stands twice."))
    yield from _ambiguous(spelling.units)
    for each in spelling.units:
        details = {"theirs": each.theirs, "ours": each.ours}
        if each.ours not in known:
            yield _fault(N_("Unit “{theirs}”: the specification has no unit “{ours}”."), **details)
        elif not spell_the_same(each.theirs, each.ours):
            words = N_("Unit “{theirs}” is not read as another spelling of “{ours}”: a mapping converts nothing.")
            yield _fault(words, **details)


def _ambiguous(pairs: Sequence[Pair]) -> Iterator[Blocker]:
    """Refuse two units that look alike and mean two: which one a file holds would be a matter of its letters' width."""
    alike: dict[str, set[str]] = {}
    for each in pairs:
        alike.setdefault(unicodedata.normalize("NFKC", each.theirs).casefold(), set()).add(each.ours)
    for looks, meant in alike.items():
        if len(meant) > 1:
            yield _fault(
                N_("Unit “{value}” is ambiguous: it means {units}."), value=looks, units=", ".join(sorted(meant))
            )


def _against_samples(spelling: Spelling) -> Iterator[Blocker]:
    yield from _doubled([each.theirs for each in spelling.samples], N_("The sample “{value}” stands twice."))
    yield from _doubled([each.ours for each in spelling.samples], N_("Two samples mean “{value}”."))
    has_types = bool(spelling.column_of(SAMPLE_TYPE))
    if has_types != bool(spelling.samples):
        yield _fault(N_("Types of samples are mapped where a column names them, and only there."))
    for each in spelling.samples:
        if not _SAMPLE_CODE.fullmatch(each.ours):
            words = N_("Sample “{theirs}”: “{ours}” is no code of letters, digits and hyphens.")
            yield _fault(words, theirs=each.theirs, ours=each.ours)


def _doubled(values: Sequence[str], sentence: str) -> Iterator[Blocker]:
    for value, count in Counter(values).items():
        if count > 1:
            yield _fault(sentence, value=value)


def against_own_approval(proposed_by_id: int, person_id: int | None) -> list[Blocker]:
    """Return the reason against approving what one proposed oneself: another person of QA reads it."""
    if proposed_by_id != person_id:
        return []
    return [Blocker("same_person", "You proposed this mapping yourself: another person approves it.")]
