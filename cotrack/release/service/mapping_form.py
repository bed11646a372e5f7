"""What the page of a mapping shows and takes: the columns of a sample file, and lists of one spelling a line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from cotrack.foundation import tables
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.tables import Row
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.release.rules.mappings import against_mapping
from cotrack.release.rules.spelling import (
    DECIMALS,
    MEANINGS,
    RESULT,
    SAMPLE_TYPE,
    SEPARATORS,
    TEST,
    UNIT,
    Pair,
    ResultWord,
    Spelling,
    from_text,
)
from cotrack.release.rules.units import spell_the_same
from cotrack.release.service.laboratories import laboratory_coded, mappings_of, specified_tests
from cotrack.release.service.mapped_files import Trial, tried
from cotrack.study.rules.definition import ReleaseTest

LISTS: Final = ("tests", "units", "words", "samples")
MOST_SUGGESTED: Final = 200


@dataclass(frozen=True)
class TriedForm:
    """A mapping that was tried on its sample: what stands against it, what the file gave, and the lists filled up."""

    against: tuple[Blocker, ...]
    trial: Trial
    filled: Mapping[str, str]


def headers_of(content: bytes, encoding: str, separator: str) -> list[str]:
    """Return the columns of a sample file; raises InvalidInput where it is none by this encoding and separator."""
    found = tables.head_of(tables.decoded(content, encoding), SEPARATORS[separator])
    if len(found) < 2:
        raise InvalidInput("The file has one column only: choose the separator that it is written with.")
    return found


def field_of(index: int) -> str:
    """Return the name of the field that gives a column its meaning."""
    return f"column-{index}"


def first_guess(headers: Sequence[str]) -> dict[str, str]:
    """Return the meaning of each column that is called as ours is; every other one is chosen by a person."""
    ours = {each.casefold(): each for each in MEANINGS}
    return {field_of(i): ours[name.casefold()] for i, name in enumerate(headers) if name.casefold() in ours}


def as_before(session: Session, code: str, headers: Sequence[str]) -> dict[str, str]:
    """Return what the newest version that was not withdrawn says, for a person to change what is otherwise now.

    Of its columns those that the file still has; empty for the first version of a laboratory.
    """
    kept = [each for each in mappings_of(session, code) if each.status in {"approved", "proposed"}]
    if not kept:
        return {}
    says = from_text(kept[0].text)
    meant = {each.theirs: each.ours for each in says.columns}
    return {
        **{name: getattr(says, name) for name in ("decimal", "time_form", "zone")},
        **({"once": "true"} if says.replicate else {}),
        **{field_of(i): meant[name] for i, name in enumerate(headers) if name in meant},
        **{name: _lines(getattr(says, name)) for name in ("tests", "units", "samples")},
        "words": _lines([Pair(f"{each.test} | {each.theirs}", each.ours) for each in says.words]),
    }


def _lines(pairs: Sequence[Pair]) -> str:
    return "\n".join(f"{each.theirs} = {each.ours}" for each in pairs)


def spelling_from(said: Mapping[str, Any], headers: Sequence[str]) -> Spelling:
    """Return the mapping that a person typed; raises InvalidInput for a line that is no spelling, at its list."""
    faults: dict[str, list[str]] = {}
    lists = {name: list(_pairs(name, said[name], faults)) for name in LISTS}
    if faults:
        raise InvalidInput(fields=faults)
    return Spelling(
        **{name: said[name] for name in ("encoding", "separator", "decimal", "time_form", "zone")},
        replicate="1" if said["once"] else "",
        columns=tuple(Pair(name, said.get(field_of(i), "")) for i, name in enumerate(headers)),
        tests=tuple(lists["tests"]),
        units=tuple(lists["units"]),
        samples=tuple(lists["samples"]),
        words=tuple(ResultWord(*_cut(each.theirs, "|"), each.ours) for each in lists["words"]),
    )


def _pairs(name: str, text: str, faults: dict[str, list[str]]) -> Iterator[Pair]:
    """Read `theirs = ours`, one a line; of a word for a result `their test | theirs = ours`."""
    for line in filter(None, map(str.strip, text.splitlines())):
        theirs, ours = _cut(line, "=")
        if "=" not in line:
            faults.setdefault(name, []).append(N_("Each line says: their spelling = ours."))
        elif name == "words" and "|" not in theirs:
            faults.setdefault(name, []).append(N_("Each line says: their test | their word = ours."))
        else:
            yield Pair(theirs, ours)


def _cut(text: str, sign: str) -> tuple[str, str]:
    before, _, after = text.rpartition(sign) if sign == "=" else text.partition(sign)
    return before.strip(), after.strip()


def tried_form(work: Work, said: Mapping[str, Any], content: bytes, headers: Sequence[str]) -> TriedForm:
    """Try what was typed on its sample; nothing is stored. The lists come back with what the file holds besides."""
    spelling = spelling_from(said, headers)
    tests = specified_tests(work)
    against = against_mapping(spelling, tests)
    trial = Trial(0, ()) if against else tried(work, spelling, content)
    filled = {name: str(value) for name, value in said.items() if name != "once"} | (
        {"once": "true"} if said["once"] else {}
    )
    return TriedForm(tuple(against), trial, {**filled, **_filled_up(said, spelling, content, tests)})


def _filled_up(
    said: Mapping[str, Any], spelling: Spelling, content: bytes, tests: Sequence[ReleaseTest]
) -> dict[str, str]:
    """Return the lists with a line for each spelling of the file that none of them has; ours where it reads alike."""
    rows = _rows(content, spelling)
    names, units = [each.reported_as for each in tests], sorted({each.unit for each in tests})
    found = {
        "tests": {name: _same(name, names) for name in _values(rows, spelling, TEST)},
        "units": {unit: _unit(unit, units) for unit in _values(rows, spelling, UNIT)},
        "samples": dict.fromkeys(_values(rows, spelling, SAMPLE_TYPE), ""),
        "words": dict.fromkeys(_result_words(rows, spelling, tests), ""),
    }
    return {name: _with_lines(said[name], each) for name, each in found.items()}


def _rows(content: bytes, spelling: Spelling) -> list[Row]:
    text = tables.decoded(content, spelling.encoding)
    columns = tuple(each.theirs for each in spelling.columns)
    try:
        return tables.read_table(text, (), columns, remarks=columns, separator=SEPARATORS[spelling.separator])[0]
    except InvalidInput:
        return []


def _values(rows: Sequence[Row], spelling: Spelling, meaning: str) -> list[str]:
    column = spelling.column_of(meaning)
    return list(dict.fromkeys(row[column] for row in rows))[:MOST_SUGGESTED] if column else []


def _result_words(rows: Sequence[Row], spelling: Spelling, tests: Sequence[ReleaseTest]) -> list[str]:
    """Return the results in words of the tests that are mapped to one in words, each with its test."""
    worded = {each.reported_as for each in tests if each.kind == "words"}
    mapped = {each.theirs for each in spelling.tests if each.ours in worded}
    test, result = spelling.column_of(TEST), spelling.column_of(RESULT)
    found = (f"{row[test]} | {row[result]}" for row in rows if row[test] in mapped)
    return list(dict.fromkeys(found))[:MOST_SUGGESTED]


def _same(theirs: str, ours: Sequence[str]) -> str:
    return theirs if theirs in ours else ""


def _unit(theirs: str, ours: Sequence[str]) -> str:
    return next((each for each in ours if each and spell_the_same(theirs, each)), "")


def _with_lines(text: str, found: Mapping[str, str]) -> str:
    there = {_cut(line, "=")[0] for line in text.splitlines()}
    more = [f"{theirs} = {ours}" for theirs, ours in found.items() if theirs not in there]
    return "\n".join([*filter(None, text.splitlines()), *more])


def mapping_sheet(work: Work, code: str, name: str, headers: Sequence[str]) -> dict[str, Any]:
    """Return what the page shows beside the form: the laboratory, the sample's columns, and our own spellings."""
    tests = specified_tests(work)
    return {
        "laboratory": laboratory_coded(work.session, code),
        "sample_name": name,
        "columns": [(field_of(i), header) for i, header in enumerate(headers)],
        "meanings": MEANINGS,
        "our_tests": tests,
        "our_units": sorted({each.unit for each in tests} - {""}),
        "decimals": tuple(DECIMALS),
    }
