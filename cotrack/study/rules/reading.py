"""Reads a study file into a Definition and names every fault with its key, not only the first."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from typing import Any

from cotrack.study.rules import parts
from cotrack.study.rules.definition import SPONSOR_TO_SET, Definition
from cotrack.study.rules.file_table import Fault, FileTable

FORMAT = 1
SEPARATOR = "\n# ---- filled by ----\n"
"""Stands between a study file and the file that fills its gaps, in the text that is kept and signed."""


def read_definition(text: str) -> tuple[Definition | None, list[Fault]]:
    """Return the definition that a text says, or every fault; a value set by nobody is no fault."""
    base, _, fills = text.partition(SEPARATOR)
    faults: list[Fault] = []
    data = _parse(base, faults)
    if fills:
        data = _fill(data, _parse(fills, faults), faults)
    if faults:
        return None, faults
    unset: set[str] = set()
    definition = _definition(FileTable(data, "", faults, unset), unset)
    return (None, faults) if faults else (definition, [])


def _parse(text: str, faults: list[Fault]) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        faults.append(Fault("file", f"is not TOML: {fault}"))
        return {}


def _fill(base: dict[str, Any], fills: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """Put each value of `[demonstration_only]` into the gap it names; it must be a gap."""
    for key, value in fills.get("demonstration_only", {}).items():
        *path, name = key.split(".")
        place: Any = base
        for step in path:
            place = _step(place, step)
        if not isinstance(place, dict):
            faults.append(Fault(key, "names nothing in the file that it fills"))
        elif place.get(name) != SPONSOR_TO_SET and name in place:
            faults.append(Fault(key, "is set in the file that it fills"))
        else:
            place[name] = value
    return {**base, **{name: fills[name] for name in ("code", "version", "environment") if name in fills}}


def _step(place: Any, step: str) -> Any:
    if not isinstance(place, dict):
        return None
    found = place.get(step)
    if found is None:
        arrays = [each for each in place.values() if isinstance(each, list)]
        return next(
            (item for array in arrays for item in array if isinstance(item, dict) and item.get("key") == step),
            None,
        )
    return {item["key"]: item for item in found} if isinstance(found, list) else found


def _definition(top: FileTable, unset: set[str]) -> Definition:
    if top.whole("format") not in {FORMAT, None}:
        top.faults.append(Fault("format", f"must be {FORMAT}"))
    study, labels = top.table("study"), top.table("labels")
    definition = Definition(
        code=top.text("code"),
        version=top.text("version"),
        environment=top.one_of("environment", ("any", "training")),  # type: ignore[arg-type]  # checked by one_of
        title=study.words("title"),
        short=study.words("short"),
        sponsor=study.words("sponsor"),
        registration=study.text("registration"),
        planned_participants=study.whole("planned_participants") or 0,
        product=parts.read_product(top.table("product")),
        arms={arm.key: arm for arm in map(parts.read_arm, top.tables("arm"))},
        dose=parts.read_dose(top.table("dose")),
        schedule=parts.read_schedule(top.table("schedule")),
        trial_use=labels.words("trial_use"),
        handling=labels.words("handling"),
        before_thaw=tuple(map(parts.read_precondition, top.tables("before_thaw", optional=True))),
        criteria=tuple(map(parts.read_criterion, [*top.tables("inclusion"), *top.tables("exclusion")])),
        tests={test.key: test for test in map(parts.read_test, top.tables("test"))},
        unset=frozenset(),
    )
    study.words("collaborator", optional=True)
    for table in (top, study, labels):
        table.close()
    return replace(definition, unset=frozenset(unset))
