"""Reads how a lot is made from a study file; a version that says nothing of it has no batch record."""

from decimal import Decimal
from typing import Any, Final

from cotrack.study.rules.file_table import FileTable
from cotrack.study.rules.limits import WRONG_WAY, is_above
from cotrack.study.rules.process import EQUIPMENT_KINDS, SOURCE_KINDS, Parameter, Process, ProcessStep

_READ_BY: Final = {
    "number": ("least", "most", "alert_least", "alert_most", "counts"),
    "words": ("accepts", "rejects"),
}
LONGEST_KEY: Final = 40
RESERVED: Final = ("form_token", "form_key", "password", "meaning", "text_sha256")
"""Fields that every form has of its own: a value of a step cannot be called so."""


def read_process(top: FileTable) -> Process | None:
    """Read the optional process; None where the file says none, or the sponsor has not said it."""
    found = top.get("process", lambda value: value if isinstance(value, dict) else None, "a table", optional=True)
    return _process(FileTable(found, top.at("process"), top.faults, top.unset)) if found is not None else None


def _process(table: FileTable) -> Process:
    process = Process(
        steps=tuple(map(_step, table.tables("step"))),
        passage_most=table.whole("passage_most", optional=True),
        doublings_most=table.number("doublings_most", optional=True),
    )
    _check_order(table, process)
    _check_counts(table, process)
    table.close()
    return process


def _step(table: FileTable) -> ProcessStep:
    step = ProcessStep(
        key=_key(table),
        name=table.words("name"),
        instruction=table.words("instruction"),
        equipment=_kinds(table, "equipment", EQUIPMENT_KINDS),
        sources=_kinds(table, "sources", SOURCE_KINDS),
        parameters=tuple(map(_parameter, table.tables("parameter", optional=True))),
        is_after_filling=bool(table.flag("after_filling", default=False)),
    )
    if step.is_after_filling and step.sources:
        table.note("sources", "go into a lot only before its filling ends")
    table.close()
    return step


def _key(table: FileTable) -> str:
    """Read a key; it stands in addresses and numbers."""
    key = table.word("key")
    if key and not (key.isascii() and key.isidentifier() and key.islower() and len(key) <= LONGEST_KEY):
        table.note("key", f"is {key!r}: it must be a word of small letters, digits and _")
    if key in RESERVED:
        table.note("key", f"is {key!r}: this word has a meaning of its own in every form")
    return key


def _kinds(table: FileTable, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Read the kinds of things that are scanned at a step."""
    kinds = table.texts(name)
    for each in kinds:
        if each not in known:
            table.note(name, f"has {each!r}: it must be one of {', '.join(known)}")
    if len(set(kinds)) < len(kinds):
        table.note(name, "names a kind twice")
    return kinds


def _parameter(table: FileTable) -> Parameter:
    limits = {name: _signed(table, name) for name in ("least", "most", "alert_least", "alert_most")}
    parameter = Parameter(
        key=_key(table),
        name=table.words("name"),
        kind=table.one_of("kind", ("number", "words")),  # type: ignore[arg-type]  # checked by one_of
        unit=table.text("unit", optional=True) or "",
        accepts=table.texts("accepts"),
        rejects=table.texts("rejects"),
        counts=_counts(table),
        **limits,
    )
    _check_parameter(table, parameter)
    table.close()
    return parameter


def _signed(table: FileTable, name: str) -> Decimal | None:
    """Read a limit, which may lie below zero, as of a temperature."""
    return table.get(name, _number, "a number", optional=True)


def _number(value: Any) -> Decimal | None:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value) if is_number and Decimal(value).is_finite() else None


def _counts(table: FileTable) -> Any:
    return table.one_of("counts", ("cells_seeded", "cells_harvested")) if table.says("counts") else ""


def _check_parameter(table: FileTable, parameter: Parameter) -> None:
    for kind, names in _READ_BY.items():
        for name in names:
            if parameter.kind not in {None, kind} and table.says(name):
                table.note(name, f"is not read where kind is {parameter.kind}")
    if parameter.kind == "words" and not (table.says("accepts") and table.says("rejects")):
        table.note("accepts", "is missing: words need those that are within limits, and as rejects those that are not")
    if set(parameter.accepts) & set(parameter.rejects):
        table.note("rejects", "and accepts have a word in common")
    pairs = (("least", "most"), ("alert_least", "alert_most"), ("least", "alert_least"), ("alert_most", "most"))
    for low, high in pairs:
        if is_above(getattr(parameter, low), getattr(parameter, high)):
            table.note(low, f"and {high} {WRONG_WAY}")


def _check_order(table: FileTable, process: Process) -> None:
    """Steps after filling come last: no lot could leave filling before a step that follows it."""
    is_after = False
    for step in process.steps:
        if is_after and not step.is_after_filling:
            table.note(f"step.{step.key}", "comes before filling ends, but stands behind a step that comes after")
        is_after = is_after or step.is_after_filling


def _check_counts(table: FileTable, process: Process) -> None:
    """Cells are counted when they are seeded and when they are harvested, in turn: each pair is an expansion."""
    wanted = "cells_seeded"
    for key, parameter in process.counted:
        if parameter.counts != wanted:
            table.note(f"step.{key}.parameter.{parameter.key}.counts", f"must be {wanted} here: they take turns")
            return
        wanted = "cells_harvested" if wanted == "cells_seeded" else "cells_seeded"
    if wanted == "cells_harvested":
        table.note("step", "has cells_seeded without cells_harvested after it")
    if not process.counted and (table.says("passage_most") or table.says("doublings_most")):
        table.note("step", "has no parameter that counts cells_seeded and cells_harvested: no limit could be judged")
