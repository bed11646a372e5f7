"""Marks texts for translation without translating them: pure code says its reasons in English, the edge in zh or en."""

from collections.abc import Mapping
from dataclasses import dataclass


def N_(text: str) -> str:  # noqa: N802 (the name that every extraction tool knows)
    """Return the text unchanged; the extraction of translations looks for this name."""
    return text


class Term(str):
    """A parameter of a sentence that is itself to be translated, such as the name of a state."""

    __slots__ = ()


@dataclass(frozen=True)
class Words:
    """A text that a study or site wrote in both languages; None where it is not written yet."""

    en: str | None
    zh: str | None

    def __getitem__(self, language: str) -> str:
        """Return the text in a language, a dash where there is none."""
        return (self.zh if language == "zh" else self.en) or "–"

    def __str__(self) -> str:
        """Return the English text, as the trail keeps it."""
        return self["en"]


def say(sentence: str, parameters: Mapping[str, object]) -> str:
    """Fill the parameters into an English sentence."""
    return sentence.format(**parameters) if parameters else sentence
