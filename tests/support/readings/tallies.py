"""Counts what decoders saw on many photographs: the code, nothing, or, which must never be, another text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from PIL import Image

from support.readings.decoders import DECODERS, Decoder
from support.readings.papers import Paper
from support.readings.shots import Shot, Thing, taken


@dataclass
class Tally:
    """What one decoder saw: how often the code was read, at first look and in all, and every wrong text."""

    decoder: str
    shots: int = 0
    at_first: int = 0
    read: int = 0
    missed: list[Shot] = field(default_factory=list)
    wrong: list[tuple[str, Shot]] = field(default_factory=list)

    def add(self, code: str, first: list[str], seen: list[str], shot: Shot) -> None:
        """Count what was seen on one photograph of this code, at first look and in all."""
        self.shots += 1
        self.at_first += first == [code]
        self.read += seen == [code]
        if seen != [code]:
            self.missed.append(shot)
        self.wrong += [(text, shot) for text in seen if text != code]

    @property
    def percent(self) -> float:
        """How many of a hundred photographs were read."""
        return 100 * self.read / self.shots

    @property
    def percent_at_first(self) -> float:
        """How many of a hundred photographs were read at first look."""
        return 100 * self.at_first / self.shots


Prepared = Callable[[Image.Image, Paper, Thing, Shot], Image.Image]


def tallied(
    sights: Iterable[tuple[Paper, Thing, Shot]],
    decoders: Sequence[Decoder] = DECODERS,
    *,
    prepared: Prepared = lambda seen, *_: seen,
) -> dict[str, Tally]:
    """Let every decoder that knows a paper's symbol look at each photograph, which may be prepared for them."""
    tallies = {each.name: Tally(each.name) for each in decoders}
    for paper, thing, shot in sights:
        knowing = [each for each in decoders if paper.symbol in each.symbols]
        if not knowing:
            continue
        picture = prepared(taken(paper, thing, shot), paper, thing, shot)
        for decoder in knowing:
            first = decoder.look(picture)
            tallies[decoder.name].add(paper.code, first, first or decoder.look_again(picture), shot)
    return {name: tally for name, tally in tallies.items() if tally.shots}
