"""Screening files with something changed, and the reasons with which a command is refused."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from cotrack.bedside.service import infusions
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.errors import Refused
from cotrack.participants.service import screening
from cotrack.participants.service.screening import COLUMNS, ScreeningPreview
from support.stages import HER
from support.worlds import World

BORN = date(1970, 1, 1)
WOMAN = {"sex": "F", "childbearing_potential": "yes", "contraception_agreed": "yes", "pregnancy_test": "negative"}


def candidate(world: World, number: str = HER, **changed: str) -> dict[str, str]:
    """Return the screening row of somebody who is eligible today, with some columns changed."""
    today = world.journey.today()

    def ago(days: int) -> str:
        return (today - timedelta(days=days)).isoformat()

    row = {
        **dict.fromkeys(COLUMNS, ""),
        "subject_number": number,
        "site": "DEMO",
        "screened_on": ago(0),
        "birth_date": BORN.isoformat(),
        "sex": "M",
        "histology": "sarcoma",
        "prior_lines": "2",
        "measurable_lesions": "1",
        "ecog": "1",
        "last_treatment_on": ago(60),
        "organ_function_on": ago(1),
        "consent_signed_on": ago(1),
        "weight_kg": "61.5",
        "childbearing_potential": "no",
        "autoimmune_disease": "no",
        "cns_metastases": "none",
        "corticosteroid_mg_per_day": "0",
        "hiv": "no",
    }
    return {**row, **changed}


def file_of(*people: Mapping[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Return a screening file of these rows."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(people)
    return file.getvalue().encode()


def looked(world: World, content: bytes) -> ScreeningPreview:
    """Preview a screening file as the coordinator."""
    return screening.look(world.runtime.ground, world.cast.actor("li.c"), file_name="s.csv", content=content)


def refusal(world: World, username: str, act: Callable[..., Any], *, is_signed: bool = False) -> Refused:
    """Return the refusal of a command that somebody tries."""
    with pytest.raises(Refused) as refused:
        (world.sign if is_signed else world.do)(username, act)
    return refused.value


def reasons(world: World, username: str, act: Callable[..., Any], *, is_signed: bool = False) -> list[str]:
    """Return the code words with which a command is refused."""
    return [each.code for each in refusal(world, username, act, is_signed=is_signed).reasons]


def records(world: World) -> int:
    """Return how many records the trail holds."""
    return int(world.read(lambda session: session.scalar(select(func.count()).select_from(AuditRecord))))


def newest_record(world: World) -> str:
    """Return the text of the newest record."""
    return str(world.read(lambda session: session.scalar(select(AuditRecord.body).order_by(AuditRecord.id.desc()))))


def given(world: World, order: str, *, stopped_after_ml: str = "") -> None:
    """Take an order's only bag from the store to the end of its infusion, as planned or stopped early."""
    journey = world.journey
    (bag,) = journey.allocated(order)
    journey.issued(bag)
    journey.received(bag)
    journey.thawed(bag)
    infusion = journey.started(order.rpartition("-")[0], bag)
    (portion,) = journey.order(order).allocations
    in_bag = portion.unit.volume_ml
    if not stopped_after_ml:
        journey.completed(infusion, str(portion.volume_to_give_ml), str(in_bag - portion.volume_to_give_ml))
        return
    went_in = Decimal(stopped_after_ml)
    volumes = {"volume_given_ml": went_in, "volume_left_ml": in_bag - went_in}
    world.sign("wu.n", lambda work: infusions.stop_early(work, infusion.id, **volumes, reason="rash"))


def measured_today(world: World, number: str = HER, weight_kg: str = "61.5") -> None:
    """Weigh somebody and confirm the organ function today."""
    world.journey.measured(number, {"weight_kg": weight_kg, "organ_function_on": world.journey.today().isoformat()})
