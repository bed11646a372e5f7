"""How a label is photographed: on what thing, from where, in which light; and what of that the measure asks for."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image

from cotrack.labelling.rules.kinds import KINDS
from support.readings.degrade import (
    blurred,
    dimmed,
    noisy,
    off_a_cylinder,
    photographed,
    round_a_cylinder,
    through_jpeg,
)
from support.readings.papers import Paper


@dataclass(frozen=True)
class Thing:
    """What a label is stuck on: flat, or round with a diameter."""

    name: str
    diameter_mm: float = 0.0


FLAT: Final = Thing("flat")
CURVED_BAG: Final = Thing("a bag that bulges", 100.0)
THIN_WRIST, WIDE_WRIST = Thing("a wrist of 50 mm", 50.0), Thing("a wrist of 60 mm", 60.0)
WIDE_TUBE: Final = Thing("a tube of 30 mm", 30.0)
VIAL: Final = Thing("a vial of 12.5 mm", 12.5)

THINGS: Final[Mapping[str, tuple[Thing, ...]]] = {
    "bag": (FLAT, CURVED_BAG),
    "tag": (FLAT,),
    "wristband": (THIN_WRIST, WIDE_WRIST),
    "sample": (WIDE_TUBE,),
    "tube": (VIAL,),
    "vial": (VIAL,),
    "batch_sheet": (FLAT,),
    "order_sheet": (FLAT,),
    "badge": (FLAT,),
    "location": (FLAT,),
    "box": (FLAT,),
    "shipper": (FLAT,),
}
"""What the label of each kind is stuck on: a new kind says it here before it is measured."""


def measured_kinds() -> tuple[str, ...]:
    """Return every kind of label whose thing is known; a test asks for that of each kind."""
    return tuple(kind for kind in KINDS if kind in THINGS)


@dataclass(frozen=True)
class Shot:
    """One photograph of a label. Angles in degrees, `blur` in modules, `light` and `tilt` as shares."""

    seed: int
    pixels: float = 4.0
    turned: float = 0.0
    blur: float = 0.0
    light: float = 1.0
    noise: float = 0.0
    tilt: float = 0.0
    towards: float = 0.0
    round_turned: float = 0.0
    jpeg: int = 95


MOST_BLUR, MOST_TILT, LIGHT, NOISE, JPEG = 0.3, 0.1, 0.3, 6.0, 40


def within_the_measure(seed: int) -> Shot:
    """Return a shot with all faults at once: what has a range is drawn from it, everything else is at its limit."""
    chance = random.Random(seed)  # noqa: S311 (it is drawn to be repeated)
    return Shot(
        seed,
        turned=chance.uniform(0, 360),
        blur=chance.uniform(0, MOST_BLUR),
        light=LIGHT,
        noise=NOISE,
        tilt=chance.uniform(0, MOST_TILT),
        towards=chance.uniform(0, 360),
        jpeg=JPEG,
    )


def taken(paper: Paper, thing: Thing, shot: Shot) -> Image.Image:
    """Return the photograph."""
    seen = paper.picture
    if thing.diameter_mm:
        radius = thing.diameter_mm / 2 / paper.module_mm * paper.dots
        seen = round_a_cylinder(seen, radius, shot.round_turned)
    scale = shot.pixels / paper.dots
    seen = photographed(seen, scale, turned=shot.turned, tilted=shot.tilt, towards=shot.towards)
    if shot.blur:
        seen = blurred(seen, shot.blur * shot.pixels)
    seen = dimmed(seen, shot.light)
    if shot.noise:
        seen = noisy(seen, shot.noise, shot.seed)
    return through_jpeg(seen, shot.jpeg)


def laid_flat(seen: Image.Image, paper: Paper, thing: Thing, shot: Shot) -> Image.Image:
    """Return a photograph with its thing's curve undone, by the diameter and the way it lies, which are known here.

    What else is wrong with the photograph stays: perspective, blur, darkness, noise, JPEG.
    """
    return off_a_cylinder(seen, thing.diameter_mm / 2 / paper.module_mm * shot.pixels, shot.turned)
