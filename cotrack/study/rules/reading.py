"""Reads a study file into a Definition and names every fault with its key, not only the first."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar, get_args

from cotrack.foundation.words import Words
from cotrack.study.rules.definition import (
    SPONSOR_TO_SET,
    Arm,
    Condition,
    Criterion,
    CriterionRule,
    Definition,
    Dose,
    Drug,
    Precondition,
    Product,
    ReleaseTest,
    RuleKind,
    Schedule,
)

FORMAT = 1
SEPARATOR = "\n# ---- filled by ----\n"
"""Stands between a study file and the file that fills its gaps, in the text that is kept and signed."""

T = TypeVar("T")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a study file: its key (`dose.cells_per_kg`) and what is wrong, in plain words."""

    key: str
    words: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.key}: {self.words}"


@dataclass
class _Table:
    """One table of the file under its key; collects faults, unset keys, and which keys were read."""

    data: Mapping[str, Any]
    key: str
    faults: list[Fault]
    unset: set[str]
    read: set[str] = field(default_factory=set)

    def at(self, name: str) -> str:
        """Return the full key of a value."""
        return f"{self.key}.{name}" if self.key else name

    def get(self, name: str, check: Callable[[Any], T | None], expected: str, *, optional: bool = False) -> T | None:
        """Return a checked value; None where it is unset, missing or wrong, which is noted."""
        self.read.add(name)
        value = self.data.get(name)
        if value == SPONSOR_TO_SET:
            self.unset.add(self.at(name))
            return None
        if value is None:
            if not optional:
                self.faults.append(Fault(self.at(name), "is missing"))
            return None
        found = check(value)
        if found is None:
            self.faults.append(Fault(self.at(name), f"is {value!r}: it must be {expected}"))
        return found

    def words(self, name: str, *, optional: bool = False) -> Words:
        """Return a text in both languages, from `name_en` and `name_zh`."""
        return Words(*(self.text(f"{name}_{language}", optional=optional) or None for language in ("en", "zh")))

    def text(self, name: str, *, optional: bool = False) -> str:
        """Return a text."""
        return (
            self.get(
                name,
                lambda value: value if isinstance(value, str) and value.strip() else None,
                "a text",
                optional=optional,
            )
            or ""
        )

    def number(self, name: str, *, least: int = 0, optional: bool = False) -> Decimal | None:
        """Return a number that is not negative (or at least `least`)."""
        return self.get(name, lambda value: _number(value, least), f"a number of at least {least}", optional=optional)

    def whole(self, name: str, *, least: int = 1) -> int | None:
        """Return a whole number."""

        def check(value: Any) -> int | None:
            return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None

        return self.get(name, check, f"a whole number of at least {least}")

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """Return true or false."""
        found = self.get(
            name,
            lambda value: (value,) if isinstance(value, bool) else None,
            "true or false",
            optional=default is not None,
        )
        return found[0] if found else default if name not in self.data else None

    def one_of(self, name: str, values: Sequence[str], *, default: str = "") -> str:
        """Return one of a few words."""
        found = self.get(
            name,
            lambda value: value if value in values else None,
            f"one of {', '.join(values)}",
            optional=bool(default),
        )
        return found or default or values[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where there is none."""

        def check(value: Any) -> tuple[str, ...] | None:
            return (
                tuple(value)
                if isinstance(value, list) and value and all(isinstance(each, str) for each in value)
                else None
            )

        return self.get(name, check, "a list of texts", optional=True) or ()

    def tables(self, name: str, *, optional: bool = False) -> list["_Table"]:
        """Return the tables of an array, each under its own `key` where it has one."""
        self.read.add(name)
        found = self.data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found) or not (found or optional):
            self.faults.append(Fault(self.at(name), "is missing: it must be a list of tables"))
            return []
        named = [(self.at(f"{name}.{each.get('key', index + 1)}"), each) for index, each in enumerate(found)]
        self.faults.extend(
            Fault(key, "stands twice")
            for index, (key, _) in enumerate(named)
            if key in [each for each, _ in named[:index]]
        )
        return [_Table(each, key, self.faults, self.unset) for key, each in named]

    def table(self, name: str) -> "_Table":
        """Return a table; an empty one, with the fault noted, where it is missing."""
        self.read.add(name)
        found = self.data.get(name)
        if not isinstance(found, dict):
            self.faults.append(Fault(self.at(name), "is missing: it must be a table"))
        return _Table(found if isinstance(found, dict) else {}, self.at(name), self.faults, self.unset)

    def close(self) -> None:
        """Note every key that nobody asked for: a misspelt key must not pass as absent."""
        self.faults.extend(Fault(self.at(name), "is not known here") for name in self.data if name not in self.read)


def _number(value: Any, least: int) -> Decimal | None:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value) if is_number and Decimal(value).is_finite() and value >= least else None


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
    definition = _definition(_Table(data, "", faults, unset), unset)
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


def _definition(top: _Table, unset: set[str]) -> Definition:
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
        product=_product(top.table("product")),
        arms={arm.key: arm for arm in map(_arm, top.tables("arm"))},
        dose=_dose(top.table("dose")),
        schedule=_schedule(top.table("schedule")),
        trial_use=labels.words("trial_use"),
        handling=labels.words("handling"),
        before_thaw=tuple(map(_precondition, top.tables("before_thaw", optional=True))),
        criteria=tuple(map(_criterion, [*top.tables("inclusion"), *top.tables("exclusion")])),
        tests={test.key: test for test in map(_test, top.tables("test"))},
        unset=frozenset(),
    )
    study.words("collaborator", optional=True)
    for table in (top, study, labels):
        table.close()
    return replace(definition, unset=frozenset(unset))


def _product(table: _Table) -> Product:
    product = Product(
        name=table.words("name"),
        description=table.words("description"),
        is_autologous=bool(table.flag("is_autologous")),
        route=table.words("route"),
        storage=table.words("storage"),
        shelf_life_months=table.whole("shelf_life_months"),
        bag_volume_ml=table.number("bag_volume_ml"),
        thawed_life_minutes=table.whole("thawed_life_minutes"),
    )
    table.close()
    return product


def _arm(table: _Table) -> Arm:
    arm = Arm(table.text("key"), table.words("name"), tuple(map(_drug, table.tables("drug", optional=True))))
    table.close()
    return arm


def _drug(table: _Table) -> Drug:
    drug = Drug(table.text("key"), table.words("name"), table.text("dose") or None, table.text("days") or None)
    table.close()
    return drug


def _dose(table: _Table) -> Dose:
    def steps(value: Any) -> tuple[int, ...] | None:
        is_list = isinstance(value, list) and value and all(isinstance(each, int) and each > 0 for each in value)
        return tuple(value) if is_list else None

    recovery = table.number("post_thaw_recovery")
    if recovery is not None and not 0 < recovery <= 1:
        table.faults.append(
            Fault(
                table.at("post_thaw_recovery"),
                f"is {recovery}: viable cells after ÷ before is above 0 and at most 1",
            )
        )
    dose = Dose(
        cells_per_kg=table.whole("cells_per_kg") or 0,
        steps_cells_per_kg=table.get("steps_cells_per_kg", steps, "a list of whole numbers"),
        tolerance_percent=table.number("tolerance_percent"),
        post_thaw_recovery=recovery,
        weight_valid_days=table.whole("weight_valid_days"),
        planned_minutes=table.whole("planned_minutes"),
        premedication=table.words("premedication"),
    )
    table.close()
    return dose


def _schedule(table: _Table) -> Schedule:
    names = (
        "infusions_least",
        "infusions_most",
        "interval_least_days",
        "interval_most_days",
        "follow_up_days",
    )
    schedule = Schedule(*(table.whole(name) or 0 for name in names))
    for least, most in (names[:2], names[2:4]):
        if getattr(schedule, least) > getattr(schedule, most) > 0:
            table.faults.append(Fault(table.at(least), f"is above {most}: the limit is the wrong way round"))
    table.close()
    return schedule


def _precondition(table: _Table) -> Precondition:
    precondition = Precondition(table.text("key"), table.words("ask"))
    table.close()
    return precondition


def _criterion(table: _Table) -> Criterion:
    criterion = Criterion(
        table.text("key"), table.words("text"), tuple(map(_rule, table.tables("rule", optional=True)))
    )
    table.close()
    return criterion


def _rule(table: _Table) -> CriterionRule:
    rule = CriterionRule(
        kind=table.one_of("kind", get_args(RuleKind)),  # type: ignore[arg-type]  # checked by one_of
        field=table.text("field"),
        least=table.number("least", optional=True),
        most=table.number("most", optional=True),
        more_than=table.number("more_than", optional=True),
        accepts=table.texts("accepts"),
        on=table.one_of("on", ("enrolment", "first_dose"), default="enrolment"),  # type: ignore[arg-type]  # checked
        when=_condition(table, "when"),
        unless=_condition(table, "unless"),
        blank_means_none=bool(table.flag("blank_means_none", default=False)),
        ask=table.words("ask", optional=True),
        fails=table.words("fails"),
    )
    _check_limits(table, rule.least, rule.most)
    if rule.kind == "answer" and not rule.accepts:
        table.faults.append(Fault(table.at("accepts"), "is missing: an answer needs the words it accepts"))
    table.close()
    return rule


def _condition(table: _Table, name: str) -> Condition | None:
    condition_field = table.text(f"{name}_field", optional=True)
    accepts = table.texts(f"{name}_accepts")
    if bool(condition_field) != bool(accepts):
        table.faults.append(Fault(table.at(f"{name}_field"), f"and {name}_accepts go together"))
    return Condition(condition_field, accepts) if condition_field else None


def _test(table: _Table) -> ReleaseTest:
    before = set(table.unset)
    test = ReleaseTest(
        key=table.text("key"),
        name=table.words("name"),
        reported_as=table.text("reported_as"),
        kind=table.one_of("kind", ("number", "words")),  # type: ignore[arg-type]  # checked by one_of
        unit=table.text("unit", optional=True),
        least=table.number("least", optional=True),
        most=table.number("most", optional=True),
        below=table.number("below", optional=True),
        alert_least=table.number("alert_least", optional=True),
        alert_most=table.number("alert_most", optional=True),
        accepts=table.texts("accepts"),
        rejects=table.texts("rejects"),
        replicates=table.one_of("replicates", ("one", "mean"), default="one"),  # type: ignore[arg-type]  # checked
        is_required=table.flag("required"),
        may_be_outstanding=bool(table.flag("may_be_outstanding", default=False)),
        unset=(),
    )
    _check_limits(table, test.least, test.most)
    _check_limits(table, test.least, test.alert_least, "alert_least", "least")
    _check_limits(table, test.alert_most, test.most if test.most is not None else test.below, "alert_most", "the limit")
    _check_has_limit(table, test)
    table.close()
    return replace(test, unset=tuple(sorted(table.unset - before)))


def _check_limits(
    table: _Table, least: Decimal | None, most: Decimal | None, name: str = "least", other: str = "most"
) -> None:
    if least is not None and most is not None and least > most:
        table.faults.append(Fault(table.at(name), f"and {other} are the wrong way round"))


def _check_has_limit(table: _Table, test: ReleaseTest) -> None:
    has_words = bool(test.accepts)
    has_limit = any(name in table.data for name in ("least", "most", "below"))
    if test.kind == "words" and not has_words:
        table.faults.append(Fault(table.at("accepts"), "is missing: a test of words needs the words it accepts"))
    if test.kind == "number" and not has_limit:
        table.faults.append(Fault(table.at("least"), "is missing: a test of numbers needs least, most or below"))
