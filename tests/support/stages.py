"""Sites at a given point of the journey, for tests of what may not happen there."""

from dataclasses import dataclass
from datetime import date, timedelta

from cotrack.bedside.models import IdentityCheck
from cotrack.bedside.service.checks import MadeCheck
from cotrack.demonstration.laboratory import good_results
from cotrack.demonstration.players import Player
from support.remembered import remembered
from support.worlds import World

LOT, OTHER_LOT = "MSC26-0031", "MSC26-0032"
HER, HIM = "IFN-001", "IFN-002"
OTHER_PHYSICIAN = Player("dr.lin", "林医生 LIN Yue", ("physician",), "CLINIC-1")

COLUMNS = (
    "subject_number,site,screened_on,birth_date,sex,histology,prior_lines,measurable_lesions,last_treatment_on,ecog,"
    "organ_function_on,consent_signed_on,weight_kg,childbearing_potential,pregnancy_test_on,pregnancy_test,"
    "contraception_agreed,autoimmune_disease,cns_metastases,corticosteroid_mg_per_day,hiv,other_cancer_on"
)


@dataclass(frozen=True)
class Bedside:
    """One bag at the bedside of its participant, and a second participant with a band of their own."""

    world: World
    bag: str
    order: str

    def check(self, by: str, *, participant: str = HER, bag: str | None = None) -> MadeCheck:
        return self.world.journey.check(participant, bag or self.bag, by)


def screening(world: World, *numbers: str) -> bytes:
    """Return a screening file of people who are eligible today."""
    today = world.journey.today()

    def ago(days: int) -> str:
        return (today - timedelta(days=days)).isoformat()

    rows = [
        f"{number},DEMO,{today},1970-01-01,M,sarcoma,2,1,{ago(60)},1,{ago(1)},{ago(1)},61.5,no,,,,no,none,0,no,"
        for number in numbers
    ]
    return "\n".join([COLUMNS, *rows]).encode()


@remembered
def enrolled(world: World, *numbers: str) -> None:
    """Bring people into the study, each with a band."""
    world.journey.screened(screening(world, *numbers))
    for number in numbers:
        world.journey.identified(number, f"测试 {number}", f"H-{number}", date(1970, 1, 1))
        world.journey.answered(number)
        world.journey.enrolled(number)
        world.journey.banded(number)


def at_the_ward(world: World, *, bags: int = 2) -> Bedside:
    """A bag received on the ward for her; more bags of its lot in store."""
    return Bedside(world, *_received(world, bags))


def at_the_bedside(world: World, *, bags: int = 2) -> Bedside:
    """A thawed bag at her bedside."""
    return Bedside(world, *_thawed(world, bags))


@remembered
def _received(world: World, bags: int) -> tuple[str, str]:
    world.journey.released_lot(LOT, bags=bags)
    enrolled(world, HER, HIM)
    order = world.journey.ordered(HER)
    (bag,) = world.journey.allocated(order)
    world.journey.issued(bag)
    world.journey.received(bag)
    return bag, order


@remembered
def _thawed(world: World, bags: int) -> tuple[str, str]:
    bag, order = _received(world, bags)
    world.journey.thawed(bag)
    return bag, order


def results_of(world: World, number: str, **changed: str) -> bytes:
    """Return a laboratory's file for a lot, with some results changed."""
    tested = world.clock.now.astimezone(world.runtime.ground.site.zone)
    return good_results(number, tested, changed={name.replace("_", " "): value for name, value in changed.items()})


def kept(world: World, check: MadeCheck) -> IdentityCheck:
    """Return a check as the database keeps it, with the labels that were scanned."""
    found: IdentityCheck = world.read(lambda session: session.get_one(IdentityCheck, check.id))
    return found


def codes(check: MadeCheck) -> list[str]:
    """Return the code words of a check's reasons."""
    return [each.code for each in check.blockers]
