"""Reads the parts of a study file: product, arms, dose, schedule, criteria, tests."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from cotrack.study.rules.definition import (
    ENDOTOXIN_EU_PER_KG_HOUR,
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
from cotrack.study.rules.file_table import FileTable, is_whole
from cotrack.study.rules.limits import check_rule, check_test, is_above
from cotrack.study.rules.stability_reading import check_shelf_life, read_stability

MOST_CONDITIONAL_DAYS = 365
MOST_DUE_DAYS = 3_650


def read_product(table: FileTable) -> Product:
    """Read the product."""
    product = Product(
        name=table.words("name"),
        description=table.words("description"),
        is_autologous=table.flag("is_autologous"),
        route=table.words("route"),
        storage=table.words("storage"),
        # A stability table says how long: then the file need not say it again.
        shelf_life_months=table.whole("shelf_life_months", optional=table.says("stability")),
        # Optional, as below: what was released under a version without an end keeps none.
        conditional_release_days=table.whole("conditional_release_days", optional=True),
        bag_volume_ml=table.number("bag_volume_ml"),
        # Optional: versions that were signed before there was this key stay what they are.
        bag_volume_tolerance_percent=table.number("bag_volume_tolerance_percent", optional=True),
        thawed_life_minutes=table.whole("thawed_life_minutes"),
        # Optional: a study that says nothing of it washes no thawed cells.
        washed_life_minutes=table.whole("washed_life_minutes", optional=True),
        stability=read_stability(table),
    )
    check_shelf_life(table, product.shelf_life_months, product.stability)
    if (product.conditional_release_days or 0) > MOST_CONDITIONAL_DAYS:
        table.note("conditional_release_days", f"is above {MOST_CONDITIONAL_DAYS}: a conditional release has an end")
    table.close()
    return product


def read_arm(table: FileTable) -> Arm:
    """Read an arm."""
    arm = Arm(table.word("key"), table.words("name"), tuple(map(read_drug, table.tables("drug", optional=True))))
    table.close()
    return arm


def read_drug(table: FileTable) -> Drug:
    """Read a drug of an arm."""
    drug = Drug(table.word("key"), table.words("name"), table.text("dose"), table.text("days"))
    table.close()
    return drug


def read_dose(table: FileTable) -> Dose:
    """Read the dose."""
    dose = Dose(
        cells_per_kg=table.whole("cells_per_kg"),
        steps_cells_per_kg=table.get("steps_cells_per_kg", _steps, "a list of whole numbers"),
        tolerance_percent=table.number("tolerance_percent"),
        post_thaw_recovery=table.number("post_thaw_recovery"),
        weight_valid_days=table.whole("weight_valid_days"),
        planned_minutes=table.whole("planned_minutes"),
        endotoxin_eu_per_kg_hour=_endotoxin(table),
        premedication=table.words("premedication"),
    )
    if dose.post_thaw_recovery is not None and not 0 < dose.post_thaw_recovery <= 1:
        words = f"is {dose.post_thaw_recovery}: viable cells after ÷ before is above 0 and at most 1"
        table.note("post_thaw_recovery", words)
    table.close()
    return dose


def _endotoxin(table: FileTable) -> Decimal | None:
    """Read the endotoxin limit; versions that were signed before there was this key go by the pharmacopoeias."""
    found = table.number("endotoxin_eu_per_kg_hour", optional=True)
    return found if table.says("endotoxin_eu_per_kg_hour") else ENDOTOXIN_EU_PER_KG_HOUR


def _steps(value: Any) -> tuple[int, ...] | None:
    is_list = isinstance(value, list) and value and all(map(is_whole, value))
    return tuple(value) if is_list else None


def read_schedule(table: FileTable) -> Schedule:
    """Read the schedule."""
    schedule = Schedule(
        infusions_least=table.whole("infusions_least"),
        infusions_most=table.whole("infusions_most"),
        interval_least_days=table.whole("interval_least_days"),
        interval_most_days=table.whole("interval_most_days"),
        follow_up_days=table.whole("follow_up_days"),
    )
    for least, most in (("infusions_least", "infusions_most"), ("interval_least_days", "interval_most_days")):
        if is_above(getattr(schedule, least), getattr(schedule, most)):
            table.note(least, f"is above {most}: the limit is the wrong way round")
    table.close()
    return schedule


def read_precondition(table: FileTable) -> Precondition:
    """Read something confirmed before a thaw."""
    precondition = Precondition(table.word("key"), table.words("ask"))
    table.close()
    return precondition


def read_criterion(table: FileTable) -> Criterion:
    """Read a criterion."""
    criterion = Criterion(
        table.word("key"), table.words("text"), tuple(map(read_rule, table.tables("rule", optional=True)))
    )
    table.close()
    return criterion


def read_rule(table: FileTable) -> CriterionRule:
    """Read a checkable part of a criterion."""
    before = set(table.unset)
    rule = CriterionRule(
        kind=table.one_of("kind", get_args(RuleKind)),  # type: ignore[arg-type]  # checked by one_of
        field=table.word("field"),
        least=table.number("least", optional=True),
        most=table.number("most", optional=True),
        more_than=table.number("more_than", optional=True),
        accepts=table.texts("accepts"),
        on=table.one_of("on", ("enrolment", "first_dose"), default="enrolment", is_open=True),  # type: ignore[arg-type]  # checked
        when=_condition(table, "when"),
        unless=_condition(table, "unless"),
        blank_means_none=bool(table.flag("blank_means_none", default=False)),
        ask=table.words("ask", optional=True),
        fails=table.words("fails"),
    )
    check_rule(table, rule)
    table.close()
    return replace(rule, unset=tuple(sorted(table.unset - before)))


def _condition(table: FileTable, name: str) -> Condition | None:
    condition_field = table.word(f"{name}_field", optional=True)
    accepts = table.texts(f"{name}_accepts")
    if table.says(f"{name}_field") != table.says(f"{name}_accepts"):
        table.note(f"{name}_field", f"and {name}_accepts go together")
    return Condition(condition_field, accepts) if condition_field and accepts else None


def read_test(table: FileTable) -> ReleaseTest:
    """Read a test of the specification."""
    before = set(table.unset)
    test = ReleaseTest(
        key=table.word("key"),
        name=table.words("name"),
        reported_as=table.word("reported_as"),
        kind=table.one_of("kind", ("number", "words")),  # type: ignore[arg-type]  # checked by one_of
        unit=table.text("unit", optional=True) or "",
        least=table.number("least", optional=True),
        most=table.number("most", optional=True),
        below=table.number("below", optional=True),
        alert_least=table.number("alert_least", optional=True),
        alert_most=table.number("alert_most", optional=True),
        accepts=table.texts("accepts"),
        rejects=table.texts("rejects"),
        replicates=table.one_of("replicates", ("one", "mean"), default="one", is_open=True),  # type: ignore[arg-type]  # checked
        is_required=table.flag("required"),
        may_be_outstanding=table.flag("may_be_outstanding", default=False),
        # Optional: in versions that were signed before there was this key, every test is.
        is_critical=table.flag("critical", default=True),
        unset=(),
        # Optional too: versions without these keys show what the laboratory says of its method, and nothing is due.
        method=table.words("method", optional=True),
        due_days=table.whole("due_days", optional=True),
    )
    _check_expected(table, test)
    check_test(table, test)
    table.close()
    return replace(test, unset=tuple(sorted(table.unset - before)))


def _check_expected(table: FileTable, test: ReleaseTest) -> None:
    if table.says("method_en") != table.says("method_zh"):
        table.note("method_en", "and method_zh go together")
    if (test.due_days or 0) > MOST_DUE_DAYS:
        table.note("due_days", f"is above {MOST_DUE_DAYS}: nobody waits so long for a result")


def read_effective_day(top: FileTable) -> date | None:
    """Read the day before which the version does not take effect; None in versions that name none."""
    if not top.says("specification"):
        return None
    table = top.table("specification")
    found = table.day("effective_on")
    if not table.says("effective_on"):
        table.note("effective_on", "is missing")
    table.close()
    return found
