"""A study definition as cotrack understands it: frozen, typed, with None where the sponsor has not said it yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import Words
from cotrack.study.rules.process import Process
from cotrack.study.rules.stability import StabilityPoint, supported_months

SPONSOR_TO_SET = "sponsor_to_set"
"""Stands in a study file where the sponsor has not said a value yet, and is the code word of what that blocks."""

UNSAID = Words(None, None)

ENDOTOXIN_EU_PER_KG_HOUR = Decimal(5)
"""What the pharmacopoeias allow in a vein (USP <85>, Ph. Eur. 5.1.10): for versions that say nothing of it."""


def not_set(key: str) -> Blocker:
    """Return the reason against an act that needs a value which the sponsor has not set: it is never taken as 0."""
    return Blocker(SPONSOR_TO_SET, "The sponsor has not set {key}.", {"key": key})


@dataclass(frozen=True)
class Product:
    """The product that the study gives."""

    name: Words
    description: Words
    is_autologous: bool | None
    route: Words
    storage: Words
    shelf_life_months: int | None
    conditional_release_days: int | None
    bag_volume_ml: Decimal | None
    bag_volume_tolerance_percent: Decimal | None
    thawed_life_minutes: int | None
    washed_life_minutes: int | None = None
    """How long thawed cells keep once they were washed; None where the study washes none."""
    stability: tuple[StabilityPoint, ...] | None = None
    """The time points of the stability table in their order; None in versions without one."""

    @property
    def supported_months(self) -> int | None:
        """How long the stability table supports; None where there is no table."""
        return None if self.stability is None else supported_months(self.stability)

    @property
    def shelf_life(self) -> int | None:
        """The months that a lot gets: what the file says, else the longest month that its table supports."""
        return self.shelf_life_months if self.shelf_life_months is not None else self.supported_months


@dataclass(frozen=True)
class Drug:
    """Another drug of an arm."""

    key: str
    name: Words
    dose: str | None
    days: str | None


@dataclass(frozen=True)
class Arm:
    """One arm of the study, with the drugs given beside the cells."""

    key: str
    name: Words
    drugs: tuple[Drug, ...]


@dataclass(frozen=True)
class Dose:
    """How much is given: viable cells per kilogram, and what the arithmetic needs."""

    cells_per_kg: int | None
    steps_cells_per_kg: tuple[int, ...] | None
    tolerance_percent: Decimal | None
    post_thaw_recovery: Decimal | None
    weight_valid_days: int | None
    planned_minutes: int | None
    endotoxin_eu_per_kg_hour: Decimal | None
    premedication: Words


@dataclass(frozen=True)
class Schedule:
    """How often: number of infusions, and days from start to start."""

    infusions_least: int | None
    infusions_most: int | None
    interval_least_days: int | None
    interval_most_days: int | None
    follow_up_days: int | None


@dataclass(frozen=True)
class Condition:
    """Holds where a field has one of these values."""

    field: str
    accepts: tuple[str, ...]


RuleKind = Literal["age", "answer", "text", "number", "days_since", "months_since", "examination"]


@dataclass(frozen=True)
class CriterionRule:
    """One checkable part of a criterion; `on` names the day against which a window is counted.

    `unset` names what of it the sponsor has not set: the rule then decides nothing, and nobody meets it.
    """

    kind: RuleKind
    field: str
    least: Decimal | None = None
    most: Decimal | None = None
    more_than: Decimal | None = None
    accepts: tuple[str, ...] = ()
    on: Literal["enrolment", "first_dose"] | None = "enrolment"
    when: Condition | None = None
    unless: Condition | None = None
    blank_means_none: bool = False
    ask: Words = UNSAID
    fails: Words = UNSAID
    unset: tuple[str, ...] = ()


@dataclass(frozen=True)
class Criterion:
    """An inclusion (I1 …) or exclusion (E1 …) criterion of the registered record."""

    key: str
    text: Words
    rules: tuple[CriterionRule, ...]


@dataclass(frozen=True)
class ReleaseTest:
    """One test of the specification with its limit and alert limit (reference/domain.md §3.2)."""

    key: str
    name: Words
    reported_as: str
    kind: Literal["number", "words"]
    unit: str
    least: Decimal | None
    most: Decimal | None
    below: Decimal | None
    alert_least: Decimal | None
    alert_most: Decimal | None
    accepts: tuple[str, ...]
    rejects: tuple[str, ...]
    replicates: Literal["one", "mean"] | None
    is_required: bool | None
    may_be_outstanding: bool | None
    is_critical: bool | None
    unset: tuple[str, ...]
    method: Words = UNSAID
    """The method or the number of its procedure; unsaid in versions that were signed before there was this key."""
    due_days: int | None = None
    """How many days after a lot was made its result is expected; None where nobody said it."""


@dataclass(frozen=True)
class Precondition:
    """Something that two people confirm before a thaw."""

    key: str
    ask: Words


@dataclass(frozen=True)
class Definition:
    """One version of a study."""

    code: str
    version: str
    environment: Literal["any", "training"]
    title: Words
    short: Words
    sponsor: Words
    registration: str | None
    planned_participants: int | None
    product: Product
    arms: Mapping[str, Arm]
    dose: Dose
    schedule: Schedule
    trial_use: Words
    handling: Words
    before_thaw: tuple[Precondition, ...]
    criteria: tuple[Criterion, ...]
    tests: Mapping[str, ReleaseTest]
    unset: frozenset[str]
    process: Process | None = None
    """How a lot is made; None in versions without a batch record, and where the sponsor has not said it."""
    effective_on: date | None = None
    """The day of the site before which the version does not take effect; None where its signatures alone decide."""

    @property
    def is_demonstration(self) -> bool:
        """Whether its gaps are filled with values for training only."""
        return self.environment == "training"

    def against_use(self, *keys: str) -> list[Blocker]:
        """Return what the sponsor has still to say before these values may be used."""
        return [
            Blocker(
                SPONSOR_TO_SET,
                "The sponsor has not set {key} in study {study}.",
                {"key": key, "study": self.code},
            )
            for key in self.unset_among(keys)
        ]

    def unset_among(self, keys: tuple[str, ...]) -> Iterator[str]:
        """Yield the unset keys at or below each of these."""
        for unset in sorted(self.unset):
            if any(unset == key or unset.startswith(f"{key}.") for key in keys):
                yield unset

    def test_reported_as(self, words: str) -> ReleaseTest | None:
        """Return the test that a laboratory reports under these words."""
        return next((test for test in self.tests.values() if test.reported_as == words), None)
