"""Who is meant by the name that a laboratory writes beside a result: one person never stands for two."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownPerson:
    """Somebody of the site, by the names under which a laboratory may write them."""

    username: str
    printed_name: str


def people_meant(cell: str, people: Sequence[KnownPerson]) -> frozenset[str]:
    """Return the user names of everybody whom an analyst's cell may mean, however it is written.

    A user name stands for its person alone. A cell that names somebody for sure (`陈燕`, `Yan CHEN`, `chen.y (lab 2)`)
    means them; one that names nobody so means each who bears a part of it: a doubt never makes a second person.
    """
    exact = [each for each in people if _folded(each.username) == _folded(cell)]
    named = exact or [each for each in people if _is_named(_parts(cell), each)]
    return frozenset(
        each.username.casefold() for each in named or [each for each in people if _shares_a_part(_parts(cell), each)]
    )


_PART = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


def _parts(name: str) -> list[str]:
    return _PART.findall(_folded(name))


def _folded(name: str) -> str:
    """Return a name in the one form in which names are compared: alike in width, case and accents."""
    signs = unicodedata.normalize("NFKD", name).casefold()
    return "".join(each for each in signs if unicodedata.category(each) != "Mn").strip()


def _is_named(written: Sequence[str], person: KnownPerson) -> bool:
    user, printed = _parts(person.username), _parts(person.printed_name)
    latin, others = [each for each in printed if each.isascii()], [each for each in printed if not each.isascii()]
    return (
        any(name and set(name) <= set(written) for name in (user, latin))
        or any("".join(order) in written for name in (user, latin) for order in (name, name[::-1]))
        or any(name in part for name in others for part in written)
    )


def _shares_a_part(written: Sequence[str], person: KnownPerson) -> bool:
    """Whether a part of a name is a person's too: any whole one, or the first sign, the surname, of a Chinese one."""
    parts = _parts(f"{person.username} {person.printed_name}")
    surnames = {each[0] for each in parts if not each.isascii()}
    return any((len(part) > 1 and part in parts) or part[0] in surnames for part in written)
