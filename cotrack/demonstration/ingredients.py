"""What the demonstration's lots are made from: donors, cell banks and materials, in each of their states."""

from datetime import timedelta

from cotrack.demonstration.acts import Journey
from cotrack.demonstration.making import Plan, equipped
from cotrack.manufacture.service import sources

MARKERS = "HIV, HBV, HCV, HTLV, TP, CMV IgM: negative"
DONOR, MASTER, WORKING = "DON-001", "MCB-001", "WCB-001"
MATERIALS = (
    ("MED-0101", "medium", "MEM alpha, GMP", "Gibco", "2718281"),
    ("REA-0044", "reagent", "human platelet lysate", "Stemcell", "B1618"),
    ("VEC-0002", "vector", "lentiviral vector, interferon alpha", "own vector lot", "LV-IFNA-02"),
    ("CON-0310", "container", "cryo bag, 50 mL", "Miltenyi", "CB50-3141"),
)
SOURCES = {
    "cell_bank": (WORKING, "2"),
    "medium": ("MED-0101", "2.5 L"),
    "reagent": ("REA-0044", "250 mL"),
    "vector": ("VEC-0002", "1.2 mL"),
    "container": ("CON-0310", "12"),
}
"""What is taken at the steps of a lot, by kind, and how much of it."""


def laid_down(journey: Journey) -> None:
    """A donor with a master and a working bank, and the materials of every lot; others that wait or were refused."""
    _donor(journey, DONOR)
    _approved(journey, "donor", DONOR, markers=MARKERS)
    _bank(journey, MASTER, DONOR, name="umbilical cord MSC, passage 1", vials=40, passage=1)
    _bank(journey, WORKING, MASTER, name="umbilical cord MSC, passage 3", vials=120, passage=3)
    for material in MATERIALS:
        _material(journey, *material)
        _approved(journey, "material", material[0])
    _donor(journey, "DON-002")
    _material(journey, "MED-0102", "medium", "MEM alpha, GMP", "Gibco", "2818284")
    _material(journey, "REA-0045", "reagent", "human platelet lysate", "Stemcell", "B1619")
    reason = "thawed in transit"
    journey.cast.sign("qian.m", lambda work: sources.reject(work, "material", "REA-0045", reason=reason))
    journey.plan = Plan(equipped(journey.cast, journey.today()), SOURCES)


def _donor(journey: Journey, number: str) -> None:
    journey.cast.do("zhao.l", lambda work: sources.register_donor(work, number=number))


def _bank(journey: Journey, number: str, origin: str, *, name: str, vials: int, passage: int) -> None:
    described = {"name": name, "origin": origin, "vials_total": vials, "passage": passage}
    last_day = journey.today() + timedelta(days=1_800)
    journey.cast.do(
        "zhao.l",
        lambda work: sources.register_bank(work, number=number, expires_on=last_day, **described),  # type: ignore[arg-type]
    )
    _approved(journey, "cell_bank", number)


def _material(journey: Journey, number: str, *described: str) -> None:
    named = dict(zip(("kind", "name", "supplier", "supplier_lot"), described, strict=True))
    last_day = journey.today() + timedelta(days=365)
    journey.cast.do("zhao.l", lambda work: sources.register_material(work, number=number, expires_on=last_day, **named))


def _approved(journey: Journey, noun: str, number: str, *, markers: str = "") -> None:
    journey.cast.sign("qian.m", lambda work: sources.approve(work, noun, number, markers=markers))
