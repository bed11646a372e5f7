"""Puts the API's description (OpenAPI 3.1) into the order in which a person reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Route:
    """One route: what it does, what it takes, what it answers."""

    method: str
    path: str
    summary: str
    takes: list[tuple[str, str, bool]]
    answers: list[tuple[str, str]]


def api_reference(document: Mapping[str, Any]) -> list[tuple[str, list[Route]]]:
    """Return the routes by part of the API, in the order of the description."""
    parts: dict[str, list[Route]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, Mapping) and "responses" in operation:
                tag = (operation.get("tags") or ["–"])[0]
                parts.setdefault(tag, []).append(_route(document, path, method, operation))
    names = {tag["name"]: tag.get("description", tag["name"]) for tag in document.get("tags", [])}
    return [(names.get(tag, tag), routes) for tag, routes in parts.items()]


def _route(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Route:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Mapping[str, Any] = next((each.get("schema", {}) for each in content.values()), {})
    return Route(
        method.upper(),
        path,
        operation.get("summary", ""),
        _fields(document, schema),
        [
            (status, _answer(document, response))
            for status, response in operation["responses"].items()
            if status != "default"
        ],
    )


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the document."""
    reference = schema.get("$ref", "")
    if not reference:
        return schema
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(document, found)


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    found = _resolved(document, schema)
    required = set(found.get("required", []))
    return [(name, _kind(document, each), name in required) for name, each in found.get("properties", {}).items()]


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found = _resolved(document, schema)
    kind = found.get("type", "object")
    if isinstance(kind, list):
        kind = " | ".join(kind)
    if kind == "array":
        return f"list of {_kind(document, found.get('items', {}))}"
    if kind == "object" and "properties" in found:
        return "{" + ", ".join(found["properties"]) + "}"
    return " | ".join(map(str, found["enum"])) if "enum" in found else str(found.get("format", kind))


def _answer(document: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    content = _resolved(document, response).get("content", {})
    schema: Mapping[str, Any] = next((each.get("schema", {}) for each in content.values()), {})
    found = _resolved(document, schema)
    if found.get("type") == "array":
        return f"list of {_kind(document, found['items'])}"
    return _kind(document, found) if found else "–"
