"""Reads the marked texts of Python files, for Babel (babel.cfg): exactly the arguments that its keywords name.

Babel's own extractor reads tokens: of `InvalidInput(fields={"arm": […]})` it takes "arm" for the sentence.
"""

import ast
from collections.abc import Collection, Iterator
from typing import BinaryIO

Found = tuple[int, str, tuple[str | None, ...], list[str]]


def extract(
    fileobj: BinaryIO,
    keywords: Collection[str],
    comment_tags: Collection[str],  # noqa: ARG001 (Babel's shape of an extractor)
    options: dict[str, str],  # noqa: ARG001 (Babel's shape of an extractor)
) -> Iterator[Found]:
    """Yield each call of a keyword, with its positional arguments as far as they are plain text."""
    for call in calls(ast.parse(fileobj.read())):
        if (name := name_of(call)) in keywords:
            yield call.lineno, name, tuple(_text(argument) for argument in call.args), []


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield every call, in the order of the lines."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))


def name_of(call: ast.Call) -> str:
    """Return the name of the function, method or class called; empty where it has none."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _text(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return None
