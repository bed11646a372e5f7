"""How a person follows a long verification: whoever starts it may pass a function that shows how far it is."""

from collections.abc import Callable, Iterable
from typing import Any

Watch = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Passes things through and shows how far they are: the things, what they are, and how many."""


def unwatched(items: Iterable[Any], words: str, length: int) -> Iterable[Any]:  # noqa: ARG001 (the shape of Watch)
    """Pass things through and show nothing."""
    return items
