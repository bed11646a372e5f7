"""A study file is read whole, or every fault is named with its key; what the sponsor has not set is listed."""

import re
from datetime import date

import pytest

from cotrack.foundation.resources import resource
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.file_table import Fault
from cotrack.study.rules.reading import SEPARATOR, read_definition

DEFINITIONS = resource("study/definitions")
WHOLE = (DEFINITIONS / "msc-ifna.toml").read_text(encoding="utf-8")
DEMONSTRATION = (DEFINITIONS / "msc-ifna.demonstration.toml").read_text(encoding="utf-8")
DEMONSTRATED = f"{WHOLE}{SEPARATOR}{DEMONSTRATION}"
KEPT = {
    *("I1", "I2", "I3", "I4", "I5", "I10", "E1", "E10"),
    *("appearance", "viability", "cd73", "cd90", "cd45", "vector_copy_number", "ifna_secretion"),
}
FILLING = """
format = 1
fills = "msc-ifna.toml"
code = "MSC-IFNA"
version = "1-x"
environment = "training"
"""


def shortened(text: str) -> str:
    """Keep a few criteria and tests of the study, so that a hundred faulty files are read in a moment."""
    head, *parts = re.split(r"(?=^\[\[(?:inclusion|exclusion|test)\]\]$)", text, flags=re.MULTILINE)
    return head + "".join(part for part in parts if part.split('"')[1] in KEPT)


BASE = shortened(WHOLE)


def changed(old: str, new: str) -> str:
    assert old in BASE, old
    return BASE.replace(old, new, 1)


def faults(text: str) -> list[str]:
    definition, found = read_definition(text)
    assert (definition is None) == bool(found)
    return [str(each) for each in found]


def read(text: str) -> Definition:
    definition, found = read_definition(text)
    assert definition is not None, found
    return definition


def filled(fills: str, *, head: str = FILLING, base: str = BASE) -> str:
    return f"{base}{SEPARATOR}{head}\n{fills}"


def test_the_study_as_the_public_record_has_it_loads() -> None:
    study = read(WHOLE)
    assert (study.code, study.version, study.environment) == ("MSC-IFNA", "1", "any")
    assert study.planned_participants == 40
    assert study.dose.cells_per_kg == 2_000_000
    schedule = study.schedule
    assert (schedule.infusions_least, schedule.infusions_most) == (1, 4)
    assert (schedule.interval_least_days, schedule.interval_most_days, schedule.follow_up_days) == (28, 42, 28)
    assert [each.key for each in study.criteria] == [f"{kind}{n}" for kind in "IE" for n in range(1, 11)]
    assert [each.key for each in study.before_thaw] == ["line_ready", "vital_signs_ready"]
    assert {drug.key for drug in study.arms["immunochemotherapy"].drugs} == {
        "anti_pd_1",
        "cyclophosphamide",
        "paclitaxel",
    }


TEST_KEYS = re.findall(r'^\[\[test\]\]\nkey = "(\w+)"$', WHOLE, flags=re.MULTILINE)
UNSET = {
    "process",
    "product.storage_en",
    "product.storage_zh",
    "product.shelf_life_months",
    "product.stability",
    "product.conditional_release_days",
    "product.bag_volume_ml",
    "product.bag_volume_tolerance_percent",
    "product.thawed_life_minutes",
    "product.washed_life_minutes",
    "arm.immunochemotherapy.drug.anti_pd_1.dose",
    "arm.immunochemotherapy.drug.anti_pd_1.days",
    "arm.immunochemotherapy.drug.cyclophosphamide.dose",
    "arm.immunochemotherapy.drug.cyclophosphamide.days",
    "arm.immunochemotherapy.drug.paclitaxel.dose",
    "arm.immunochemotherapy.drug.paclitaxel.days",
    "dose.steps_cells_per_kg",
    "dose.tolerance_percent",
    "dose.post_thaw_recovery",
    "dose.weight_valid_days",
    "dose.planned_minutes",
    "dose.premedication_en",
    "dose.premedication_zh",
    "test.viable_cell_count.least",
    "test.viable_cell_count.most",
    "test.viability.least",
    "test.viability.alert_least",
    "test.cd105.alert_least",
    "test.endotoxin.below",
    "test.endotoxin.alert_most",
    "test.ifna_secretion.least",
    "test.residual_bsa.most",
    "test.transgene_identity.required",
    "test.ifna_positive.least",
    "test.ifna_positive.required",
    "test.karyotype.required",
    "test.str_identity.required",
    *(f"test.{key}.{name}" for key in TEST_KEYS for name in ("method_en", "method_zh", "due_days")),
}


def test_what_the_sponsor_has_not_set_loads_and_is_listed_by_its_key() -> None:
    assert read(WHOLE).unset == UNSET


def test_a_test_lists_what_is_not_set_of_it() -> None:
    tests = read(BASE).tests
    names = ("alert_least", "due_days", "least", "method_en", "method_zh")
    assert tests["viability"].unset == tuple(f"test.viability.{each}" for each in names)
    assert tests["cd73"].unset == ("test.cd73.due_days", "test.cd73.method_en", "test.cd73.method_zh")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("cells_per_kg = 2_000_000", 'cells_per_kg = "sponsor_to_set"', "dose.cells_per_kg"),
        ("infusions_most = 4", 'infusions_most = "sponsor_to_set"', "schedule.infusions_most"),
        ("interval_least_days = 28", 'interval_least_days = "sponsor_to_set"', "schedule.interval_least_days"),
        ("is_autologous = false", 'is_autologous = "sponsor_to_set"', "product.is_autologous"),
        ('shelf_life_months = "sponsor_to_set"', 'shelf_life_months = "sponsor_to_set"', "product.shelf_life_months"),
        ('post_thaw_recovery = "sponsor_to_set"', 'post_thaw_recovery = "sponsor_to_set"', "dose.post_thaw_recovery"),
    ],
)
def test_a_value_that_the_sponsor_has_not_set_is_none_and_never_a_default(old: str, new: str, key: str) -> None:
    study = read(changed(old, new))
    part, _, name = key.partition(".")
    assert key in study.unset
    assert getattr(getattr(study, part), name) is None


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ('registration = "NCT05699811"', "study.registration"),
        ("planned_participants = 40", "study.planned_participants"),
        ('title_en = "IFNα', "study.title_en"),
        ("follow_up_days = 28", "schedule.follow_up_days"),
        ('accepts = ["yes"]', "inclusion.I1.rule.2.accepts"),
        ('on = "enrolment"', "inclusion.I5.rule.1.on"),
        ('when_accepts = ["yes"]', "inclusion.I10.rule.1.when_accepts"),
        ('unless_accepts = ["yes"]', "inclusion.I3.rule.1.unless_accepts"),
        ("blank_means_none = true", "exclusion.E10.rule.1.blank_means_none"),
        ("least = 36", "exclusion.E10.rule.1.least"),
        ('fails_en = "no histology"', "inclusion.I2.rule.1.fails_en"),
        ('accepts = ["conforms"]', "test.appearance.accepts"),
        ('replicates = "mean"', "test.ifna_secretion.replicates"),
        ("least = 95", "test.cd73.least"),
        ('unit = "%"', "test.viability.unit"),
        ("required = true", "test.appearance.required"),
    ],
)
def test_whatever_a_sponsor_decides_may_be_left_open_and_is_listed(old: str, key: str) -> None:
    start, _, rest = BASE.partition(f"\n{old}")
    assert rest, old
    name = old.partition(" ")[0]
    study = read(f'{start}\n{name} = "sponsor_to_set"\n{rest.partition(chr(10))[2]}')
    assert study.unset - UNSET == {key}
    of_rules = {each for criterion in study.criteria for rule in criterion.rules for each in rule.unset}
    of_tests = {each for test in study.tests.values() for each in test.unset}
    assert key in of_rules | of_tests or key.startswith(("study.", "schedule."))


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ("format = 1", "format"),
        ('code = "MSC-IFNA"', "code"),
        ('version = "1"', "version"),
        ('environment = "any"', "environment"),
        ('key = "line_ready"', "before_thaw.sponsor_to_set.key"),
        ('kind = "age"', "inclusion.I1.rule.1.kind"),
        ('field = "birth_date"', "inclusion.I1.rule.1.field"),
        ('unless_field = "no_guideline_therapy"', "inclusion.I3.rule.1.unless_field"),
        ('reported_as = "CD90+"', "test.cd90.reported_as"),
    ],
)
def test_what_cotrack_goes_by_is_never_left_open(old: str, key: str) -> None:
    text = changed(f"\n{old}\n", f'\n{old.partition(" ")[0]} = "sponsor_to_set"\n')
    assert faults(text) == [f"{key}: cannot be left for the sponsor to set"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'steps_cells_per_kg = "sponsor_to_set"',
            'steps_cells_per_kg = ["sponsor_to_set"]',
            "dose.steps_cells_per_kg: is ['sponsor_to_set']: it must be a list of whole numbers",
        ),
        (
            'accepts = ["conforms"]',
            'accepts = ["sponsor_to_set"]',
            "test.appearance.accepts: is ['sponsor_to_set']: it must be a list of texts",
        ),
        (
            'accepts = ["conforms"]',
            'accepts = [""]',
            "test.appearance.accepts: is ['']: it must be a list of texts",
        ),
    ],
)
def test_a_list_is_open_as_a_whole_or_not_at_all(old: str, new: str, expected: str) -> None:
    assert faults(changed(old, new)) == [expected]


def test_the_demonstration_fills_every_gap_and_is_for_training() -> None:
    study = read(WHOLE + SEPARATOR + DEMONSTRATION)
    assert study.unset == frozenset()
    assert (study.code, study.version) == ("MSC-IFNA", "1-demonstration")
    assert study.is_demonstration
    assert study.product.bag_volume_ml == 30
    assert str(study.dose.post_thaw_recovery) == "0.90"
    assert study.dose.steps_cells_per_kg == (2_000_000,)
    assert study.tests["endotoxin"].below is not None
    assert not study.tests["karyotype"].is_required


@pytest.mark.parametrize(
    ("line", "allowed", "unset"),
    [
        ("endotoxin_eu_per_kg_hour = 5", "5", False),
        ("endotoxin_eu_per_kg_hour = 0.2", "0.2", False),
        ('endotoxin_eu_per_kg_hour = "sponsor_to_set"', None, True),
        ("", "5", False),
    ],
    ids=["as here", "another route", "open", "an older version"],
)
def test_a_version_that_says_nothing_of_endotoxin_goes_by_the_pharmacopoeias_and_an_open_one_by_nothing(
    line: str, allowed: str | None, unset: bool
) -> None:
    study = read(changed("\nendotoxin_eu_per_kg_hour = 5\n", f"\n{line}\n"))
    found = study.dose.endotoxin_eu_per_kg_hour
    assert (found and str(found)) == allowed
    assert ("dose.endotoxin_eu_per_kg_hour" in study.unset) is unset


def test_an_endotoxin_limit_is_a_number() -> None:
    assert faults(changed("endotoxin_eu_per_kg_hour = 5", 'endotoxin_eu_per_kg_hour = "five"')) == [
        "dose.endotoxin_eu_per_kg_hour: is 'five': it must be a number of at least 0"
    ]


def test_a_fault_is_said_in_one_line() -> None:
    assert str(Fault("dose.cells_per_kg", "is missing")) == "dose.cells_per_kg: is missing"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("format = 1", "format"),
        ('code = "MSC-IFNA"', "code"),
        ('version = "1"', "version"),
        ('environment = "any"', "environment"),
        ('registration = "NCT05699811"', "study.registration"),
        ('short_zh = "MSC-IFNα 首次人体 1/2 期试验"', "study.short_zh"),
        ("planned_participants = 40", "study.planned_participants"),
        ("is_autologous = false", "product.is_autologous"),
        ('thawed_life_minutes = "sponsor_to_set"', "product.thawed_life_minutes"),
        ('name_en = "MSC-IFNα alone"', "arm.monotherapy.name_en"),
        ('days = "sponsor_to_set"', "arm.immunochemotherapy.drug.anti_pd_1.days"),
        ("cells_per_kg = 2_000_000", "dose.cells_per_kg"),
        ('steps_cells_per_kg = "sponsor_to_set"', "dose.steps_cells_per_kg"),
        ("follow_up_days = 28", "schedule.follow_up_days"),
        ('trial_use_en = "For clinical trial use only"', "labels.trial_use_en"),
        ('ask_zh = "已测生命体征，医生知晓"', "before_thaw.vital_signs_ready.ask_zh"),
        ('text_zh = "至少有一个可测量靶病灶。"', "inclusion.I4.text_zh"),
        ('field = "birth_date"', "inclusion.I1.rule.1.field"),
        ('fails_en = "no histology"', "inclusion.I2.rule.1.fails_en"),
        ('reported_as = "Viability"', "test.viability.reported_as"),
        ("required = true", "test.appearance.required"),
    ],
)
def test_a_missing_value_is_named(line: str, key: str) -> None:
    assert faults(changed(f"\n{line}\n", "\n")) == [f"{key}: is missing"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("format = 1", "format = 2", "format: must be 1"),
        ('code = "MSC-IFNA"', 'code = "  "', "code: is '  ': it must be a text"),
        ('code = "MSC-IFNA"', "code = 7", "code: is 7: it must be a text"),
        ('"any"', '"production"', "environment: is 'production': it must be one of any, training"),
        ("= 40", "= 0", "study.planned_participants: is 0: it must be a whole number of at least 1"),
        ("= 40", "= true", "study.planned_participants: is True: it must be a whole number of at least 1"),
        ("= 40", '= "40"', "study.planned_participants: is '40': it must be a whole number of at least 1"),
        ("= false", '= "no"', "product.is_autologous: is 'no': it must be true or false"),
        ("= false", "= 0", "product.is_autologous: is 0: it must be true or false"),
        (
            'steps_cells_per_kg = "sponsor_to_set"',
            "steps_cells_per_kg = []",
            "dose.steps_cells_per_kg: is []: it must be a list of whole numbers",
        ),
        (
            'steps_cells_per_kg = "sponsor_to_set"',
            "steps_cells_per_kg = 2_000_000",
            "dose.steps_cells_per_kg: is 2000000: it must be a list of whole numbers",
        ),
        (
            'steps_cells_per_kg = "sponsor_to_set"',
            "steps_cells_per_kg = [2_000_000, 0]",
            "dose.steps_cells_per_kg: is [2000000, 0]: it must be a list of whole numbers",
        ),
        (
            'steps_cells_per_kg = "sponsor_to_set"',
            "steps_cells_per_kg = [true]",
            "dose.steps_cells_per_kg: is [True]: it must be a list of whole numbers",
        ),
        (
            'bag_volume_ml = "sponsor_to_set"',
            'bag_volume_ml = "30"',
            "product.bag_volume_ml: is '30': it must be a number of at least 0",
        ),
        (
            'bag_volume_ml = "sponsor_to_set"',
            "bag_volume_ml = -1",
            "product.bag_volume_ml: is -1: it must be a number of at least 0",
        ),
        (
            'bag_volume_ml = "sponsor_to_set"',
            "bag_volume_ml = true",
            "product.bag_volume_ml: is True: it must be a number of at least 0",
        ),
        (
            'bag_volume_ml = "sponsor_to_set"',
            "bag_volume_ml = inf",
            "product.bag_volume_ml: is Decimal('Infinity'): it must be a number of at least 0",
        ),
        (
            'conditional_release_days = "sponsor_to_set"',
            "conditional_release_days = 366",
            "product.conditional_release_days: is above 365: a conditional release has an end",
        ),
        (
            'post_thaw_recovery = "sponsor_to_set"',
            "post_thaw_recovery = 0",
            "dose.post_thaw_recovery: is 0: viable cells after ÷ before is above 0 and at most 1",
        ),
        (
            'post_thaw_recovery = "sponsor_to_set"',
            "post_thaw_recovery = 90",
            "dose.post_thaw_recovery: is 90: viable cells after ÷ before is above 0 and at most 1",
        ),
        (
            'kind = "age"',
            'kind = "years"',
            (
                "inclusion.I1.rule.1.kind: is 'years': it must be one of age, answer, text, number, "
                "days_since, months_since, examination"
            ),
        ),
        (
            'on = "enrolment"',
            'on = "screening"',
            "inclusion.I5.rule.1.on: is 'screening': it must be one of enrolment, first_dose",
        ),
        (
            'rejects = ["does not conform"]',
            'rejects = ["does not conform", 1]',
            "test.appearance.rejects: is ['does not conform', 1]: it must be a list of texts",
        ),
        (
            'rejects = ["does not conform"]',
            'rejects = "does not conform"',
            "test.appearance.rejects: is 'does not conform': it must be a list of texts",
        ),
        (
            'replicates = "mean"',
            'replicates = "median"',
            "test.ifna_secretion.replicates: is 'median': it must be one of one, mean",
        ),
    ],
)
def test_a_value_of_another_type_is_named(old: str, new: str, expected: str) -> None:
    assert faults(changed(old, new)) == [expected]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("format = 1", "colour"),
        ('registration = "NCT05699811"', "study.colour"),
        ("is_autologous = false", "product.colour"),
        ('key = "monotherapy"', "arm.monotherapy.colour"),
        ('key = "anti_pd_1"', "arm.immunochemotherapy.drug.anti_pd_1.colour"),
        ("cells_per_kg = 2_000_000", "dose.colour"),
        ("infusions_least = 1", "schedule.colour"),
        ('trial_use_en = "For clinical trial use only"', "labels.colour"),
        ('key = "line_ready"', "before_thaw.line_ready.colour"),
        ('key = "I5"', "inclusion.I5.colour"),
        ('kind = "age"', "inclusion.I1.rule.1.colour"),
        ('key = "E10"', "exclusion.E10.colour"),
        ('key = "viability"', "test.viability.colour"),
    ],
)
def test_a_key_that_nobody_knows_is_named_and_never_passes_as_absent(line: str, key: str) -> None:
    assert faults(changed(line, f"{line}\ncolour = 1")) == [f"{key}: is not known here"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('key = "immunochemotherapy"', 'key = "monotherapy"', "arm.monotherapy: stands twice"),
        ('key = "cyclophosphamide"', 'key = "paclitaxel"', "arm.immunochemotherapy.drug.paclitaxel: stands twice"),
        ('key = "vital_signs_ready"', 'key = "line_ready"', "before_thaw.line_ready: stands twice"),
        ('key = "I2"', 'key = "I1"', "inclusion.I1: stands twice"),
        ('key = "cd90"', 'key = "cd73"', "test.cd73: stands twice"),
    ],
)
def test_a_key_that_stands_twice_is_named(old: str, new: str, expected: str) -> None:
    assert faults(changed(old, new)) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("most = 75", "most = 17", "inclusion.I1.rule.1.least: and most are the wrong way round"),
        (
            "infusions_least = 1",
            "infusions_least = 5",
            "schedule.infusions_least: is above infusions_most: the limit is the wrong way round",
        ),
        (
            "interval_most_days = 42",
            "interval_most_days = 27",
            "schedule.interval_least_days: is above interval_most_days: the limit is the wrong way round",
        ),
        ("least = 95", "least = 95\nmost = 94", "test.cd73.least: and most are the wrong way round"),
        ("least = 95", "least = 95\nalert_least = 94", "test.cd73.alert_least: and least are the wrong way round"),
        ("most = 2", "most = 2\nalert_most = 3", "test.cd45.alert_most: and the limit are the wrong way round"),
        (
            "below = 5",
            "below = 5\nalert_most = 5.1",
            "test.vector_copy_number.alert_most: and the limit are the wrong way round",
        ),
    ],
)
def test_limits_the_wrong_way_round_are_named(old: str, new: str, expected: str) -> None:
    assert faults(changed(f"\n{old}\n", f"\n{new}\n")) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "more_than = 28",
            "more_than = 28\nmost = 28",
            "inclusion.I5.rule.1.more_than: and most leave nothing that meets both",
        ),
        ("least = 95", "least = 95\nbelow = 95", "test.cd73.least: and below leave nothing that meets both"),
        ("least = 95", "least = 95\nbelow = 94", "test.cd73.least: and below leave nothing that meets both"),
        (
            "below = 5",
            "below = 5\nalert_least = 6",
            "test.vector_copy_number.alert_least: and the limit are the wrong way round",
        ),
        (
            "most = 2",
            "most = 2\nalert_least = 1\nalert_most = 0.5",
            "test.cd45.alert_least: and alert_most are the wrong way round",
        ),
        ("least = 95", "least = 95\nalert_most = 94", "test.cd73.alert_most: and least are the wrong way round"),
    ],
)
def test_limits_that_nothing_can_meet_are_a_fault(old: str, new: str, expected: str) -> None:
    assert faults(changed(f"\n{old}\n", f"\n{new}\n")) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('key = "E1"', 'key = "I1"', "exclusion.I1: stands among the inclusion criteria too"),
        ('reported_as = "CD90+"', 'reported_as = "CD73+"', "test.cd90.reported_as: stands twice"),
    ],
)
def test_two_criteria_or_tests_that_nobody_could_tell_apart_are_a_fault(old: str, new: str, expected: str) -> None:
    assert faults(changed(old, new)) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'kind = "age"',
            'kind = "age"\naccepts = ["yes"]',
            "inclusion.I1.rule.1.accepts: is not read where kind is age",
        ),
        ('kind = "text"', 'kind = "text"\nleast = 1', "inclusion.I2.rule.1.least: is not read where kind is text"),
        (
            "least = 36",
            "least = 36\nmost = 60",
            "exclusion.E10.rule.1.most: is not read where kind is months_since",
        ),
        ("least = 36", "least = 2.5", "exclusion.E10.rule.1.least: is 2.5: it must be whole months"),
        ("least = 36", "", "exclusion.E10.rule.1.least: is missing: months_since needs it"),
        ("least = 18\nmost = 75", "", "inclusion.I1.rule.1.least: is missing: age needs least, most or more_than"),
        ("least = 1", "", "inclusion.I4.rule.1.least: is missing: number needs least, most or more_than"),
        (
            'rejects = ["does not conform"]',
            'rejects = ["does not conform"]\nmost = 1',
            "test.appearance.most: is not read where kind is words",
        ),
        ("least = 95", 'least = 95\nrejects = ["low"]', "test.cd73.rejects: is not read where kind is number"),
    ],
)
def test_a_rule_is_decided_by_what_its_kind_reads_and_by_nothing_else(old: str, new: str, expected: str) -> None:
    assert faults(changed(f"\n{old}\n", f"\n{new}\n")) == [expected]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("most = 75", "most = 18"),
        ("infusions_least = 1", "infusions_least = 4"),
        ("least = 95", "least = 95\nmost = 95\nalert_least = 95"),
        ("most = 2", "most = 2\nalert_most = 2"),
    ],
)
def test_limits_that_meet_are_no_fault(old: str, new: str) -> None:
    assert read(changed(f"\n{old}\n", f"\n{new}\n"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'accepts = ["yes"]\nask_en = "Is the tumour',
            'ask_en = "Is the tumour',
            "inclusion.I2.rule.2.accepts: is missing: an answer needs the words it accepts",
        ),
        (
            'accepts = ["conforms"]\n',
            "",
            "test.appearance.accepts: is missing: a test of words needs the words it accepts",
        ),
        ("least = 95\n", "", "test.cd73.least: is missing: a test of numbers needs least, most or below"),
        (
            'unless_accepts = ["yes"]\n',
            "",
            "inclusion.I3.rule.1.unless_field: and unless_accepts go together",
        ),
        (
            'when_field = "childbearing_potential"\n',
            "",
            "inclusion.I10.rule.1.when_field: and when_accepts go together",
        ),
    ],
)
def test_a_rule_without_what_it_decides_by_is_named(old: str, new: str, expected: str) -> None:
    assert faults(changed(old, new)) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("[product]", "[produkt]", "product", "is missing: it must be a table"),
        ("[schedule]", "[[schedule]]", "schedule", "is missing: it must be a table"),
        ("format = 1", "format = 1\ntest = 5", "file", "is not TOML"),
        ("[[before_thaw]]", "[[before_thaw_x]]", "before_thaw_x", "is not known here"),
    ],
)
def test_a_table_that_is_missing_or_is_none_is_named(old: str, new: str, key: str, words: str) -> None:
    found = faults(BASE.replace(old, new))
    assert any(each.startswith(f"{key}: {words}") for each in found), found


@pytest.mark.parametrize("value", ["[]", "5", "[1]", '"x"'])
def test_a_study_without_arms_is_refused(value: str) -> None:
    head, _, rest = BASE.partition("[[arm]]")
    text = f"arm = {value}\n{head}{rest[rest.index('[dose]') :]}"
    assert faults(text) == ["arm: is missing: it must be a list of tables"]


def test_a_study_may_have_nothing_to_confirm_before_a_thaw() -> None:
    head, _, rest = BASE.partition("[[before_thaw]]")
    assert read(head + rest[rest.index("[[inclusion]]") :]).before_thaw == ()


def test_every_fault_is_named_and_not_only_the_first() -> None:
    text = changed('code = "MSC-IFNA"', "colour = 1").replace("= 40", "= 0").replace("least = 18", "least = 80")
    assert faults(text) == [
        "code: is missing",
        "study.planned_participants: is 0: it must be a whole number of at least 1",
        "inclusion.I1.rule.1.least: and most are the wrong way round",
        "colour: is not known here",
    ]


@pytest.mark.parametrize("text", ["format =", "a = 1\na = 2", "[dose]\n[dose]", "\0"])
def test_what_is_no_toml_or_says_a_key_twice_is_refused(text: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith("file: is not TOML: ")


def test_a_filling_file_that_is_no_toml_is_refused() -> None:
    (fault,) = faults(filled("[demonstration_only"))
    assert fault.startswith("file: is not TOML: ")


def test_a_filling_file_fills_gaps_and_leaves_the_others_open() -> None:
    study = read(filled('[demonstration_only]\n"product.bag_volume_ml" = 30\n"test.viability.least" = 85'))
    assert study.unset == read(BASE).unset - {"product.bag_volume_ml", "test.viability.least"}
    assert study.version == "1-x"


def test_a_filling_file_may_fill_nothing() -> None:
    assert read(filled("")).unset == read(BASE).unset


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("dose.cells_per_kg", "is set in the file that it fills"),
        ("schedule.interval_least_days", "is set in the file that it fills"),
        ("test.cd73.least", "is set in the file that it fills"),
        ("code", "is set in the file that it fills"),
        ("arm.monotherapy", "is set in the file that it fills"),
        ("produkt.bag_volume_ml", "names nothing in the file that it fills"),
        ("arm.nobody.name_en", "names nothing in the file that it fills"),
        ("test.cd73.least.low", "names nothing in the file that it fills"),
        ("dose.cells_per_kg.low.lower", "names nothing in the file that it fills"),
        ("test.cd73.alert_least", "names nothing in the file that it fills"),
        ("arm.third", "names nothing in the file that it fills"),
        ("test.appearance.accepts.first", "names nothing in the file that it fills"),
        ("inclusion.I1.rule.1.least", "is set in the file that it fills"),
    ],
)
def test_only_what_is_open_can_be_filled(key: str, words: str) -> None:
    assert faults(filled(f'[demonstration_only]\n"{key}" = 3')) == [f"{key}: {words}"]


def test_a_filling_value_is_checked_like_any_other() -> None:
    assert faults(filled('[demonstration_only]\n"dose.planned_minutes" = "half an hour"')) == [
        "dose.planned_minutes: is 'half an hour': it must be a whole number of at least 1"
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", [f"filling.{name}: is missing" for name in ("format", "fills", "code", "version", "environment")]),
        (
            FILLING.replace('"training"', '"any"'),
            ["filling.environment: is 'any': it must be one of training"],
        ),
        (FILLING.replace("format = 1", "format = 2"), ["filling.format: must be 1"]),
    ],
)
def test_values_for_demonstration_never_make_a_study_for_production(head: str, expected: list[str]) -> None:
    assert faults(filled('[demonstration_only]\n"product.bag_volume_ml" = 30', head=head)) == expected


@pytest.mark.parametrize(
    ("fills", "key"),
    [("[demonstration_onyl]\n", "demonstration_onyl"), ("[dose]\ncells_per_kg = 1_000_000", "dose"), ("x = 1", "x")],
)
def test_what_a_filling_file_says_and_nobody_reads_is_a_fault(fills: str, key: str) -> None:
    assert faults(filled(fills)) == [f"filling.{key}: is not known here"]


@pytest.mark.parametrize("value", ["5", '"x"', "[1]"])
def test_demonstration_values_that_are_no_table_are_a_fault(value: str) -> None:
    assert faults(filled(f"demonstration_only = {value}")) == [
        "filling.demonstration_only: is missing: it must be a table"
    ]


def test_a_base_file_whose_test_has_no_key_is_a_fault_with_a_filling_file_too() -> None:
    text = filled('[demonstration_only]\n"test.viability.least" = 85', base=changed('key = "cd73"\n', ""))
    assert any("is missing" in each for each in faults(text))


def test_a_test_is_critical_unless_the_study_says_that_it_is_not() -> None:
    assert all(each.is_critical for each in read(BASE).tests.values())
    study = read(changed('key = "appearance"\n', 'key = "appearance"\ncritical = false\n'))
    assert [key for key, each in study.tests.items() if not each.is_critical] == ["appearance"]


def naming(lines: str) -> str:
    """Return the study with a table of its specification."""
    return changed("[study]", f"[specification]\n{lines}\n\n[study]")


def test_a_version_may_name_the_day_before_which_it_does_not_take_effect() -> None:
    assert read(BASE).effective_on is None
    assert read(naming("effective_on = 2027-01-15")).effective_on == date(2027, 1, 15)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("", "is missing"),
        ('effective_on = "2027-01-15"', "it must be a date such as 2027-01-15, without quotation marks"),
        ("effective_on = 2027-01-15T00:00:00", "it must be a date such as 2027-01-15, without quotation marks"),
        ('effective_on = "sponsor_to_set"', "cannot be left for the sponsor to set"),
    ],
    ids=["nothing", "text", "instant", "unset"],
)
def test_a_day_of_effect_that_is_none_is_a_fault(lines: str, fault: str) -> None:
    (found,) = faults(naming(lines))
    assert found.startswith("specification.effective_on")
    assert found.endswith(fault)


def test_a_test_says_its_method_in_both_languages_and_when_its_result_is_due() -> None:
    test = read(DEMONSTRATED).tests["sterility"]
    assert (test.method["en"], test.method["zh"]) == (
        "BacT/ALERT day 14, USP <71>, SOP-QC-132",
        "BacT/ALERT 第 14 天，USP <71>，SOP-QC-132",
    )
    assert test.due_days == 15


def test_a_method_in_one_language_or_a_result_in_ten_years_is_a_fault() -> None:
    (found,) = faults(changed('method_zh = "sponsor_to_set"\n', ""))
    assert found == "test.appearance.method_en: and method_zh go together"
    (found,) = faults(changed('due_days = "sponsor_to_set"', "due_days = 3651"))
    assert found == "test.appearance.due_days: is above 3650: nobody waits so long for a result"
    (found,) = faults(changed('due_days = "sponsor_to_set"', "due_days = 0"))
    assert found == "test.appearance.due_days: is 0: it must be a whole number of at least 1"
