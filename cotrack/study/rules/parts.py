"""Reads the parts of a study file: product, arms, dose, schedule, criteria, tests."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

from cotrack.study.rules.definition import (
    Arm,
    Condition,
    Criterion,
    CriterionRule,
    Dose,
    Drug,
    Precondition,
    Product,
    ReleaseTest,
    RuleKind,
    Schedule,
)
from cotrack.study.rules.file_table import Fault, FileTable


def read_product(table: FileTable) -> Product:
    """Read the product."""
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


def read_arm(table: FileTable) -> Arm:
    """Read an arm."""
    arm = Arm(table.text("key"), table.words("name"), tuple(map(read_drug, table.tables("drug", optional=True))))
    table.close()
    return arm


def read_drug(table: FileTable) -> Drug:
    """Read a drug of an arm."""
    drug = Drug(table.text("key"), table.words("name"), table.text("dose") or None, table.text("days") or None)
    table.close()
    return drug


def read_dose(table: FileTable) -> Dose:
    """Read the dose."""

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


def read_schedule(table: FileTable) -> Schedule:
    """Read the schedule."""
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


def read_precondition(table: FileTable) -> Precondition:
    """Read something confirmed before a thaw."""
    precondition = Precondition(table.text("key"), table.words("ask"))
    table.close()
    return precondition


def read_criterion(table: FileTable) -> Criterion:
    """Read a criterion."""
    criterion = Criterion(
        table.text("key"), table.words("text"), tuple(map(read_rule, table.tables("rule", optional=True)))
    )
    table.close()
    return criterion


def read_rule(table: FileTable) -> CriterionRule:
    """Read a checkable part of a criterion."""
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


def _condition(table: FileTable, name: str) -> Condition | None:
    condition_field = table.text(f"{name}_field", optional=True)
    accepts = table.texts(f"{name}_accepts")
    if bool(condition_field) != bool(accepts):
        table.faults.append(Fault(table.at(f"{name}_field"), f"and {name}_accepts go together"))
    return Condition(condition_field, accepts) if condition_field else None


def read_test(table: FileTable) -> ReleaseTest:
    """Read a test of the specification."""
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
    _check_limits(table, test.least, test.alert_least, name="alert_least", other="least")
    _check_limits(
        table, test.alert_most, test.most if test.most is not None else test.below, name="alert_most", other="the limit"
    )
    _check_has_limit(table, test)
    table.close()
    return replace(test, unset=tuple(sorted(table.unset - before)))


def _check_limits(
    table: FileTable, least: Decimal | None, most: Decimal | None, *, name: str = "least", other: str = "most"
) -> None:
    if least is not None and most is not None and least > most:
        table.faults.append(Fault(table.at(name), f"and {other} are the wrong way round"))


def _check_has_limit(table: FileTable, test: ReleaseTest) -> None:
    has_words = bool(test.accepts)
    has_limit = any(name in table.data for name in ("least", "most", "below"))
    if test.kind == "words" and not has_words:
        table.faults.append(Fault(table.at("accepts"), "is missing: a test of words needs the words it accepts"))
    if test.kind == "number" and not has_limit:
        table.faults.append(Fault(table.at("least"), "is missing: a test of numbers needs least, most or below"))
