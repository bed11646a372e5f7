"""Reads a study file into a Definition and names every fault with its key, not only the first."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from cotrack.study.rules import parts
from cotrack.study.rules.definition import SPONSOR_TO_SET, Criterion, Definition, ReleaseTest
from cotrack.study.rules.file_table import Fault, FileTable, doubles, item_key
from cotrack.study.rules.process_reading import read_process

FORMAT = 1
SEPARATOR = "\n# ---- filled by ----\n"
"""Stands between a study file and the file that fills its gaps, in the text that is kept and signed."""


def read_definition(text: str) -> tuple[Definition | None, list[Fault]]:
    """Return the definition that a text says, or every fault; a value set by nobody is no fault."""
    faults: list[Fault] = []
    base, is_filled, fills = text.partition(SEPARATOR)
    data = parsed(base, faults)
    filling = parsed(fills, faults) if is_filled else {}
    if is_filled and not faults:
        data = _filled(data, FileTable(filling, "filling", faults, set()))
    if faults:
        return None, faults
    unset: set[str] = set()
    definition = _definition(FileTable(data, "", faults, unset), unset)
    return (None, faults) if faults else (definition, [])


def parsed(text: str, faults: list[Fault]) -> dict[str, Any]:
    """Return what a text says as TOML; nothing, and a fault, where it is none or holds what no study can mean."""
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        faults.append(Fault("file", _TOO_DEEP))
    except (ValueError, ArithmeticError) as fault:
        faults.append(Fault("file", f"is not TOML: {fault}"))
    else:
        against = _against_size(found)
        if against is None:
            return found
        faults.append(against)
    return {}


DEEPEST = 8
MOST_NUMBER = 10**18
"""TOML's own whole numbers end there; nothing that a study counts comes near."""
_TOO_DEEP = "is nested too deeply"


def _against_size(data: dict[str, Any]) -> Fault | None:
    """Return the fault of the first value that is too deep or too large to be looked at any further."""
    waiting: list[tuple[str, Any, int]] = [("", data, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > DEEPEST:
            return Fault("file", _TOO_DEEP)
        if isinstance(value, dict):
            waiting += [(name, each, depth + 1) for name, each in value.items()]
        elif isinstance(value, list):
            waiting += [(key, each, depth + 1) for each in value]
        elif _is_too_large(value):
            return Fault(key, "is too large a number")
    return None


def _is_too_large(value: Any) -> bool:
    """Whether a value is a number beyond every study; what is no number at all (`nan`, `inf`) its field refuses."""
    is_number = isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite())
    return is_number and abs(value) > MOST_NUMBER


def _filled(base: dict[str, Any], filling: FileTable) -> dict[str, Any]:
    """Put each value of `[demonstration_only]` into the gap it names; the study is then one for training alone."""
    _check_format(filling)
    filling.word("fills")
    head = {
        "code": filling.word("code"),
        "version": filling.word("version"),
        "environment": filling.one_of("environment", ("training",)),
    }
    if filling.says("demonstration_only"):
        filling.faults.extend(_fill_gaps(base, filling.table("demonstration_only").data))
    filling.close()
    return {**base, **head}


def _fill_gaps(base: dict[str, Any], values: Mapping[str, Any]) -> Iterator[Fault]:
    places = dict(_places(base))
    for key, value in values.items():
        holder, name = places.get(key, (None, None))
        if holder is None:
            yield Fault(key, "names nothing in the file that it fills")
        elif holder[name] != SPONSOR_TO_SET:
            yield Fault(key, "is set in the file that it fills")
        else:
            holder[name] = value


def _places(holder: Any, within: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the full key of everything in a table or a list of tables, with what holds it and its name there."""
    for word, name in _members(holder):
        key = f"{within}{word}"
        yield key, (holder, name)
        yield from _places(holder[name], f"{key}.")


def _members(holder: Any) -> Iterator[tuple[str, str | int]]:
    if isinstance(holder, dict):
        yield from ((name, name) for name in holder)
    if isinstance(holder, list):
        yield from ((item_key(each, index), index) for index, each in enumerate(holder) if isinstance(each, dict))


def _definition(top: FileTable, unset: set[str]) -> Definition:
    _check_format(top)
    study, labels = top.table("study"), top.table("labels")
    definition = Definition(
        code=top.word("code"),
        version=top.word("version"),
        environment=top.one_of("environment", ("any", "training")),  # type: ignore[arg-type]  # checked by one_of
        title=study.words("title"),
        short=study.words("short"),
        sponsor=study.words("sponsor"),
        registration=study.text("registration"),
        planned_participants=study.whole("planned_participants"),
        product=parts.read_product(top.table("product")),
        arms={arm.key: arm for arm in map(parts.read_arm, top.tables("arm"))},
        dose=parts.read_dose(top.table("dose")),
        schedule=parts.read_schedule(top.table("schedule")),
        trial_use=labels.words("trial_use"),
        handling=labels.words("handling"),
        before_thaw=tuple(map(parts.read_precondition, top.tables("before_thaw", optional=True))),
        criteria=_criteria(top),
        tests=_tests(top),
        unset=frozenset(),
        process=read_process(top),
        effective_on=parts.read_effective_day(top),
    )
    study.words("collaborator", optional=True)
    for table in (top, study, labels):
        table.close()
    return replace(definition, unset=frozenset(unset))


def _check_format(table: FileTable) -> None:
    if table.whole("format", is_open=False) not in {FORMAT, None}:
        table.note("format", f"must be {FORMAT}")


def _criteria(top: FileTable) -> tuple[Criterion, ...]:
    """Read both lists of criteria; a key that stood in both would name two criteria."""
    inclusion, exclusion = (tuple(map(parts.read_criterion, top.tables(name))) for name in ("inclusion", "exclusion"))
    keys = {each.key for each in inclusion}
    for each in exclusion:
        if each.key and each.key in keys:
            top.note(f"exclusion.{each.key}", "stands among the inclusion criteria too")
    return inclusion + exclusion


def _tests(top: FileTable) -> dict[str, ReleaseTest]:
    """Read the specification; what a laboratory reports under one name can be the result of one test only."""
    tests = tuple(map(parts.read_test, top.tables("test")))
    top.faults.extend(doubles((f"test.{each.key}.reported_as", each.reported_as) for each in tests))
    return {test.key: test for test in tests}
