"""What a thing, a hand, a lamp and a camera do to the picture of a label: each a pure function of picture and amount.

Pillow alone. Whatever falls by chance comes from a seed, so that a picture that was misread can be made again.
"""

import io
import random
from collections.abc import Sequence
from math import asin, cos, pi, radians, sin
from statistics import NormalDist

from PIL import Image, ImageChops, ImageFilter

TABLE = 150
"""The grey that lies round a label."""
MIDDLE = 128
STRIP_PIXELS = 2
SEEN_SHARE = 0.7
"""How much of the half of a cylinder that faces a camera is laid flat: its edges show nothing but a blur."""

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


def round_a_cylinder(picture: Image.Image, radius: float, turned: float) -> Image.Image:
    """Wrap a picture round an upright cylinder and look at it from far away; radius in pixels, turned in degrees.

    What lies a quarter round and beyond is behind the thing. The picture's middle is `turned` from its nearest line.
    """
    width, height = picture.size
    reach = width / (2 * radius)
    ends = [min(max(radians(turned) + each, -pi / 2), pi / 2) for each in (-reach, reach)]
    left, right = (radius * sin(each) for each in ends)
    seen = max(int(right - left), STRIP_PIXELS)

    def on_paper(column: float) -> float:
        angle = asin(min(max((left + column) / radius, -1.0), 1.0))
        return (angle - radians(turned)) * radius + width / 2

    strips = []
    for begin in range(0, seen, STRIP_PIXELS):
        end = min(begin + STRIP_PIXELS, seen)
        one, other = on_paper(begin), on_paper(end)
        strips.append(((begin, 0, end, height), (one, 0.0, one, height, other, height, other, 0.0)))
    return picture.transform(
        (seen, height), Image.Transform.MESH, strips, Image.Resampling.BILINEAR, fill=1, fillcolor=TABLE
    )


def off_a_cylinder(picture: Image.Image, radius: float, turned: float) -> Image.Image:
    """Undo `round_a_cylinder` in a photograph: a cylinder through its middle, turned by so many degrees, laid flat."""
    upright = picture.rotate(turned, Image.Resampling.BICUBIC)
    wide, middle = int(radius * pi * SEEN_SHARE), picture.width / 2
    ends = [middle + radius * sin((each - wide / 2) / radius) for each in range(0, wide + STRIP_PIXELS, STRIP_PIXELS)]
    strips = [
        (
            (begin, 0, begin + STRIP_PIXELS, picture.height),
            (one, 0.0, one, picture.height, other, picture.height, other, 0.0),
        )
        for begin, one, other in zip(range(0, wide, STRIP_PIXELS), ends, ends[1:], strict=False)
    ]
    return upright.transform((wide, picture.height), Image.Transform.MESH, strips, Image.Resampling.BILINEAR)


def photographed(picture: Image.Image, scale: float, *, turned: float, tilted: float, towards: float) -> Image.Image:
    """Return a picture at this scale as a camera sees it: turned about its middle, one end further away than the other.

    `tilted` is by which share the far end is shorter than the near one, `towards` the direction that is far; degrees.
    """
    fine = 2
    side = max(picture.size)
    slope = tilted / (2 - tilted) / (side / 2)
    across, down = slope * cos(radians(towards)), slope * sin(radians(towards))
    size = round(side * scale * 1.5) * fine
    there = _product(
        ((1.0, 0.0, size / 2), (0.0, 1.0, size / 2), (0.0, 0.0, 1.0)),
        _turn(radians(turned), scale * fine),
        ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (across, down, 1.0)),
        ((1.0, 0.0, -picture.width / 2), (0.0, 1.0, -picture.height / 2), (0.0, 0.0, 1.0)),
    )
    back = _inverse(there)
    numbers = [each / back[2][2] for row in back for each in row][:8]
    seen = picture.transform(
        (size, size), Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR, fillcolor=TABLE
    )
    return seen.reduce(fine)


def blurred(picture: Image.Image, pixels: float) -> Image.Image:
    """Return a picture out of focus, by a Gaussian of this standard deviation."""
    return picture.filter(ImageFilter.GaussianBlur(pixels))


def dimmed(picture: Image.Image, light: float) -> Image.Image:
    """Return a picture in this share of the light."""
    return picture.point([round(shade * light) for shade in range(256)])


def noisy(picture: Image.Image, deviation: float, seed: int) -> Image.Image:
    """Return a picture with Gaussian noise on every pixel, its standard deviation in shades of 256."""
    normal = NormalDist(MIDDLE, deviation)
    shades = [min(max(round(normal.inv_cdf((each + 0.5) / 256)), 0), 255) for each in range(256)]
    raw = random.Random(seed).randbytes(picture.width * picture.height)  # noqa: S311 (any noise will do)
    noise = Image.frombytes("L", picture.size, raw).point(shades)
    return ImageChops.add(picture, noise, offset=-MIDDLE)


def through_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Return a picture as it comes out of a JPEG file of this quality."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file, formats=("JPEG",)).convert("L")


def _turn(angle: float, scale: float) -> Matrix:
    along, across = cos(angle) * scale, sin(angle) * scale
    return ((along, -across, 0.0), (across, along, 0.0), (0.0, 0.0, 1.0))


def _product(first: Matrix, *others: Matrix) -> Matrix:
    whole = first
    for other in others:
        columns = list(zip(*other, strict=True))
        whole = tuple(tuple(_dot(row, column) for column in columns) for row in whole)  # type: ignore[assignment]
    return whole


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _inverse(matrix: Matrix) -> Matrix:
    """Return the inverse but for a factor, which a perspective does not feel: the matrix of cofactors, turned over."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
