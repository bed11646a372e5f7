"""Reads one table of a study file value by value, and names what is missing, wrong, unset or unknown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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

    def get(self, name: str, check: Callable[[Any], T | None], expected: str, *, optional: bool = False) -> T | None:
        """Return a checked value; None where it is unset, missing or wrong, which is noted."""
        self.read.add(name)
        value = self.data.get(name)
        if value == SPONSOR_TO_SET:
            self.unset.add(self.at(name))
            return None
        if value is None:
            if not optional:
                self.faults.append(Fault(self.at(name), "is missing"))
            return None
        found = check(value)
        if found is None:
            self.faults.append(Fault(self.at(name), f"is {value!r}: it must be {expected}"))
        return found

    def words(self, name: str, *, optional: bool = False) -> Words:
        """Return a text in both languages, from `name_en` and `name_zh`."""
        return Words(*(self.text(f"{name}_{language}", optional=optional) or None for language in ("en", "zh")))

    def text(self, name: str, *, optional: bool = False) -> str:
        """Return a text."""
        return (
            self.get(
                name,
                lambda value: value if isinstance(value, str) and value.strip() else None,
                "a text",
                optional=optional,
            )
            or ""
        )

    def number(self, name: str, *, least: int = 0, optional: bool = False) -> Decimal | None:
        """Return a number that is not negative (or at least `least`)."""
        return self.get(name, lambda value: _number(value, least), f"a number of at least {least}", optional=optional)

    def whole(self, name: str, *, least: int = 1) -> int | None:
        """Return a whole number."""

        def check(value: Any) -> int | None:
            return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None

        return self.get(name, check, f"a whole number of at least {least}")

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """Return true or false."""
        found = self.get(
            name,
            lambda value: (value,) if isinstance(value, bool) else None,
            "true or false",
            optional=default is not None,
        )
        return found[0] if found else default if name not in self.data else None

    def one_of(self, name: str, values: Sequence[str], *, default: str = "") -> str:
        """Return one of a few words."""
        found = self.get(
            name,
            lambda value: value if value in values else None,
            f"one of {', '.join(values)}",
            optional=bool(default),
        )
        return found or default or values[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where there is none."""

        def check(value: Any) -> tuple[str, ...] | None:
            return (
                tuple(value)
                if isinstance(value, list) and value and all(isinstance(each, str) for each in value)
                else None
            )

        return self.get(name, check, "a list of texts", optional=True) or ()

    def tables(self, name: str, *, optional: bool = False) -> list["FileTable"]:
        """Return the tables of an array, each under its own `key` where it has one."""
        self.read.add(name)
        found = self.data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found) or not (found or optional):
            self.faults.append(Fault(self.at(name), "is missing: it must be a list of tables"))
            return []
        named = [(self.at(f"{name}.{each.get('key', index + 1)}"), each) for index, each in enumerate(found)]
        self.faults.extend(
            Fault(key, "stands twice")
            for index, (key, _) in enumerate(named)
            if key in [each for each, _ in named[:index]]
        )
        return [FileTable(each, key, self.faults, self.unset) for key, each in named]

    def table(self, name: str) -> "FileTable":
        """Return a table; an empty one, with the fault noted, where it is missing."""
        self.read.add(name)
        found = self.data.get(name)
        if not isinstance(found, dict):
            self.faults.append(Fault(self.at(name), "is missing: it must be a table"))
        return FileTable(found if isinstance(found, dict) else {}, self.at(name), self.faults, self.unset)

    def close(self) -> None:
        """Note every key that nobody asked for: a misspelt key must not pass as absent."""
        self.faults.extend(Fault(self.at(name), "is not known here") for name in self.data if name not in self.read)


def _number(value: Any, least: int) -> Decimal | None:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value) if is_number and Decimal(value).is_finite() and value >= least else None
