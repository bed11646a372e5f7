"""A study in which endotoxin within the specification can be too much, and a laboratory that reports it again."""

from support.stages import results_of
from support.studies import newer
from support.worlds import World

STRICT = newer(("\nendotoxin_eu_per_kg_hour = 5\n", "\nendotoxin_eu_per_kg_hour = 0.2\n"))
"""0.2 EU/kg/h: 12.3 EU for 61.5 kg; in 25.5 mL that is 0.482 EU/mL, and the specification ends below 0.5."""


def reported_again(world: World, lot: str, endotoxin: str) -> None:
    """Report a second replicate of a lot's endotoxin, after its release; nobody reviewed it yet."""
    head, *lines = results_of(world, lot, Endotoxin=endotoxin).decode().splitlines()
    (line,) = (each for each in lines if ",Endotoxin," in each)
    second = line.replace(",LAL kinetic,1,", ",LAL kinetic,2,")
    world.journey.results(f"{head}\n{second}\n".encode(), "again.csv")
