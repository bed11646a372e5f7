"""Reads one table of a study file value by value, and names what is missing, wrong, unset or unknown."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from cotrack.foundation.words import Words
from cotrack.study.rules.definition import SPONSOR_TO_SET

T = TypeVar("T")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a study file: its key (`dose.cells_per_kg`) and what is wrong, in plain words."""

    key: str
    words: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.key}: {self.words}"


@dataclass
class FileTable:
    """One table of the file under its key; collects faults, unset keys, and which keys were read."""

    data: Mapping[str, Any]
    key: str
    faults: list[Fault]
    unset: set[str]
    read: set[str] = field(default_factory=set)

    def at(self, name: str) -> str:
        """Return the full key of a value."""
        return f"{self.key}.{name}" if self.key else name

    def get(
        self,
        name: str,
        check: Callable[[Any], T | None],
        expected: str,
        *,
        optional: bool = False,
        is_open: bool = True,
    ) -> T | None:
        """Return a checked value; None where it is unset, missing or wrong, which is noted.

        What cotrack itself goes by (keys, kinds, versions) is not open: the sponsor cannot leave it unset.
        """
        self.read.add(name)
        value = self.data.get(name)
        if value == SPONSOR_TO_SET:
            self._note_unset(name, is_open=is_open)
            return None
        if value is None:
            if not optional:
                self.note(name, "is missing")
            return None
        found = check(value)
        if found is None:
            self.note(name, f"is {value!r}: it must be {expected}")
        return found

    def _note_unset(self, name: str, *, is_open: bool) -> None:
        if is_open:
            self.unset.add(self.at(name))
        else:
            self.note(name, "cannot be left for the sponsor to set")

    def note(self, name: str, words: str) -> None:
        """Note what is wrong with a value."""
        self.faults.append(Fault(self.at(name), words))

    def says(self, name: str) -> bool:
        """Whether the file says anything of a value, be it that the sponsor has not set it."""
        return name in self.data

    def words(self, name: str, *, optional: bool = False) -> Words:
        """Return a text in both languages, from `name_en` and `name_zh`."""
        return Words(*(self.text(f"{name}_{language}", optional=optional) for language in ("en", "zh")))

    def text(self, name: str, *, optional: bool = False) -> str | None:
        """Return a text."""
        return self.get(name, _text, "a text", optional=optional)

    def word(self, name: str, *, optional: bool = False) -> str:
        """Return a text that cotrack itself goes by; empty where it is missing."""
        return self.get(name, _text, "a text", optional=optional, is_open=False) or ""

    def number(self, name: str, *, optional: bool = False) -> Decimal | None:
        """Return a number that is not negative."""
        return self.get(name, _number, "a number of at least 0", optional=optional)

    def whole(self, name: str, *, optional: bool = False, is_open: bool = True) -> int | None:
        """Return a whole number above zero."""
        say = "a whole number of at least 1"
        return self.get(name, lambda value: value if is_whole(value) else None, say, optional=optional, is_open=is_open)

    def day(self, name: str) -> date | None:
        """Return a day that cotrack itself goes by (`2027-01-15`, no text); None where the file does not say it."""
        return self.get(name, _day, "a date such as 2027-01-15, without quotation marks", optional=True, is_open=False)

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """Return true or false; the default where the file does not say, None where the sponsor has not set it."""
        if default is not None and not self.says(name):
            return default
        return self.get(name, lambda value: value if isinstance(value, bool) else None, "true or false")

    def one_of(self, name: str, values: Sequence[str], *, default: str = "", is_open: bool = False) -> str | None:
        """Return one of a few words; the default where the file does not say."""
        if default and not self.says(name):
            return default
        return self.get(
            name, lambda value: value if value in values else None, f"one of {', '.join(values)}", is_open=is_open
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where there is none."""
        return self.get(name, _texts, "a list of texts", optional=True) or ()

    def tables(self, name: str, *, optional: bool = False) -> list["FileTable"]:
        """Return the tables of an array, each under its own `key` where it has one."""
        self.read.add(name)
        found = self.data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found) or not (found or optional):
            self.note(name, "is missing: it must be a list of tables")
            return []
        named = [(self.at(f"{name}.{item_key(each, index)}"), each) for index, each in enumerate(found)]
        self.faults.extend(doubles((key, key) for key, _ in named))
        return [FileTable(each, key, self.faults, self.unset) for key, each in named]

    def table(self, name: str) -> "FileTable":
        """Return a table; an empty one, with the fault noted, where it is missing."""
        self.read.add(name)
        found = self.data.get(name)
        if not isinstance(found, dict):
            self.note(name, "is missing: it must be a table")
        return FileTable(found if isinstance(found, dict) else {}, self.at(name), self.faults, self.unset)

    def close(self) -> None:
        """Note every key that nobody asked for: a misspelt key must not pass as absent."""
        self.faults.extend(Fault(self.at(name), "is not known here") for name in self.data if name not in self.read)


def item_key(item: Mapping[str, Any], index: int) -> str:
    """Return the word by which a table of an array is known: its own key, else its place, counted from 1."""
    return str(item.get("key", index + 1))


def doubles(words: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """Yield a fault for each word (`key in the file`, `word`) that was met before: nobody could tell the two apart."""
    seen: set[str] = set()
    for key, word in words:
        if word and word in seen:
            yield Fault(key, "stands twice")
        seen.add(word)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number above zero; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> tuple[str, ...] | None:
    is_list = isinstance(value, list) and value and all(map(_text, value)) and SPONSOR_TO_SET not in value
    return tuple(value) if is_list else None


def _number(value: Any) -> Decimal | None:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value) if is_number and Decimal(value).is_finite() and value >= 0 else None
