"""How a laboratory spells its files, and what each cell of a row means in ours: another spelling, never another value.

Nothing here knows a lot or its specification: what a row means is judged by the reader of our own format afterwards.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from cotrack.foundation.words import N_
from cotrack.release.rules.times import TIME_FORMS, site_time

SAMPLE, LOT, TEST, METHOD, REPLICATE, RESULT, UNIT, TESTED_AT, ANALYST, INSTRUMENT, COMMENT = COLUMNS = (
    "Sample ID",
    "Lot No.",
    "Test",
    "Method",
    "Replicate",
    "Result",
    "Unit",
    "Tested at",
    "Analyst",
    "Instrument",
    "Comment",
)
COLUMN_WORDS: Final = {
    "Sample ID": N_("Sample ID"),
    "Lot No.": N_("Lot No."),
    "Test": N_("Test"),
    "Method": N_("Method"),
    "Replicate": N_("Replicate"),
    "Result": N_("Result"),
    "Unit": N_("Unit of measurement"),
    "Tested at": N_("Tested at"),
    "Analyst": N_("Analyst"),
    "Instrument": N_("Instrument"),
    "Comment": N_("Comment"),
    "Retest of": N_("Retest of replicate"),
    "Sample type": N_("Sample type"),
}
"""What people read for a column of ours; the names themselves stand in files."""
RETEST: Final = "Retest of"
SAMPLE_TYPE: Final = "Sample type"
"""Stands in the place of a sample's identifier, where a laboratory names only the kind of sample."""
IGNORED: Final = "ignored"
MEANINGS: Final = (*COLUMNS, RETEST, SAMPLE_TYPE, IGNORED)
NEEDED: Final = (LOT, TEST, RESULT, UNIT, TESTED_AT, ANALYST)

ENCODINGS: Final = ("utf-8", "gb18030", "utf-16")
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
DECIMALS: Final = {"point": ".", "comma": ","}


@dataclass(frozen=True)
class Pair:
    """Their spelling of something, and ours."""

    theirs: str
    ours: str


@dataclass(frozen=True)
class ResultWord:
    """Their word for a result of one of their tests, and ours: “negative” is not the same at every test."""

    test: str
    theirs: str
    ours: str


@dataclass(frozen=True)
class Spelling:
    """One version of a laboratory's mapping. Lists and not tables, so that what stands twice is seen."""

    encoding: str
    separator: str
    decimal: str
    time_form: str
    zone: str
    replicate: str
    columns: tuple[Pair, ...]
    tests: tuple[Pair, ...]
    words: tuple[ResultWord, ...] = ()
    units: tuple[Pair, ...] = ()
    samples: tuple[Pair, ...] = ()

    def column_of(self, meaning: str) -> str:
        """Return their column of a meaning; empty where they have none."""
        return next((each.theirs for each in self.columns if each.ours == meaning), "")


@dataclass(frozen=True)
class Misread:
    """A cell of theirs that the mapping does not know: their column, and a sentence of `Row.fault`."""

    column: str
    sentence: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Translated:
    """A row of theirs in our spelling; `told` says for each of our columns what stands in their file."""

    cells: dict[str, str]
    told: dict[str, tuple[str, str]]
    misread: tuple[Misread, ...]


class Translator:
    """Reads row after row by one version of a mapping, at a site in one zone."""

    def __init__(self, spelling: Spelling, site_zone: str) -> None:
        """Look up the lists once; a file has thousands of rows."""
        self._spelling = spelling
        self._site_zone = site_zone
        self._columns = {each.ours: each.theirs for each in spelling.columns if each.ours != IGNORED}
        self._tests = {each.theirs: each.ours for each in spelling.tests}
        self._words = {(each.test, each.theirs): each.ours for each in spelling.words}
        self._units = {each.theirs: each.ours for each in spelling.units}
        self._samples = {each.theirs: each.ours for each in spelling.samples}

    def translated(self, theirs: Mapping[str, str]) -> Translated:
        """Return a row in our spelling, and every cell that the mapping does not know."""
        said = {ours: theirs.get(column, "") for ours, column in self._columns.items()}
        told = {ours: (column, said[ours]) for ours, column in self._columns.items()}
        misread: list[Misread] = []
        cells = {**said, UNIT: self._units.get(said[UNIT], said[UNIT])}
        cells[TEST] = self._test(said, misread)
        cells[RESULT] = self._result(said, misread)
        cells[TESTED_AT] = self._time(said, misread)
        if REPLICATE not in self._columns:
            cells[REPLICATE] = self._spelling.replicate
        if SAMPLE_TYPE in self._columns:
            cells[SAMPLE] = self._sample(said, misread)
            told[SAMPLE] = told[SAMPLE_TYPE]
        return Translated(cells, told, tuple(misread))

    def _misread(self, meaning: str, sentence: str, **parameters: object) -> Misread:
        return Misread(self._columns[meaning], sentence, parameters)

    def _test(self, said: Mapping[str, str], misread: list[Misread]) -> str:
        if said[TEST] not in self._tests:
            words = N_("Line {line}, column {column}: the laboratory's mapping has no test “{value}”.")
            misread.append(self._misread(TEST, words))
        return self._tests.get(said[TEST], "")

    def _result(self, said: Mapping[str, str], misread: list[Misread]) -> str:
        """Return a result in our word, or its number with a point; whatever else it is, the reader judges."""
        cell, test = said[RESULT], said[TEST]
        word = self._word(test, cell)
        if word is not None:
            return word
        bare = cell.translate(_QUALIFIERS)
        if self._spelling.decimal == "point" or not _NUMBER_SIGNS.fullmatch(bare):
            return bare if _NUMBER_SIGNS.fullmatch(bare) else cell
        if "." in bare:
            words = N_("Line {line}, column {column}: “{value}” has a point, where this laboratory writes a comma.")
            misread.append(self._misread(RESULT, words))
        return bare.replace(",", ".")

    def _word(self, test: str, cell: str) -> str | None:
        """Return our word for a result; what a laboratory adds after a colon, such as an organism, stays."""
        if (test, cell) in self._words:
            return self._words[test, cell]
        word, colon, rest = cell.replace("\uff1a", ":").partition(":")
        ours = self._words.get((test, word.strip())) if colon else None
        return f"{ours}: {rest.strip()}" if ours else None

    def _time(self, said: Mapping[str, str], misread: list[Misread]) -> str:
        form = TIME_FORMS[self._spelling.time_form]
        found = site_time(said[TESTED_AT], form, self._spelling.zone, self._site_zone)
        if found is None:
            words = N_("Line {line}, column {column}: “{value}” is no time such as {example}.")
            misread.append(self._misread(TESTED_AT, words, example=form.example))
        return found or ""

    def _sample(self, said: Mapping[str, str], misread: list[Misread]) -> str:
        if said[SAMPLE_TYPE] not in self._samples:
            words = N_("Line {line}, column {column}: the laboratory's mapping has no sample “{value}”.")
            misread.append(self._misread(SAMPLE_TYPE, words))
        return f"{said[LOT]}-{self._samples.get(said[SAMPLE_TYPE], '')}"


_QUALIFIERS = str.maketrans({"\uff1c": "<", "\uff1e": ">"})
_NUMBER_SIGNS = re.compile(r"[<>]?\s*-?[0-9][0-9.,]*")


def as_text(spelling: Spelling) -> str:
    """Write a mapping as the one text that is kept."""
    return json.dumps(asdict(spelling), ensure_ascii=False, sort_keys=True)


def from_text(text: str) -> Spelling:
    """Return what a kept text says."""
    return from_data(json.loads(text))


def from_data(data: Mapping[str, Any]) -> Spelling:
    """Return a mapping from its parts; their shape was checked at the edge."""
    simple = {name: data[name] for name in ("encoding", "separator", "decimal", "time_form", "zone", "replicate")}
    return Spelling(
        **simple,
        columns=_pairs(data["columns"]),
        tests=_pairs(data["tests"]),
        words=tuple(ResultWord(**each) for each in data["words"]),
        units=_pairs(data["units"]),
        samples=_pairs(data["samples"]),
    )


def _pairs(found: Sequence[Mapping[str, str]]) -> tuple[Pair, ...]:
    return tuple(Pair(**each) for each in found)


def signing_lines(spelling: Spelling) -> list[str]:
    """Return what a mapping says, line by line, as QA reads and signs it."""
    heads = (
        ("Encoding / 编码", spelling.encoding),
        ("Separator / 分隔符", spelling.separator),
        ("Decimal sign / 小数点", spelling.decimal),
        ("Times / 时间格式", spelling.time_form),
        ("Zone / 时区", spelling.zone or "–"),
        ("Replicate / 重复号", spelling.replicate or "–"),
    )
    parts = (
        ("Column / 列", spelling.columns),
        ("Test / 项目", spelling.tests),
        ("Unit / 单位", spelling.units),
        ("Sample / 样品", spelling.samples),
    )
    lines = [f"{name}: {value}" for name, value in heads]
    lines += [f"{name}: “{each.theirs}” = “{each.ours}”" for name, pairs in parts for each in pairs]
    return lines + [f"Result / 结果: “{each.test}”: “{each.theirs}” = “{each.ours}”" for each in spelling.words]
