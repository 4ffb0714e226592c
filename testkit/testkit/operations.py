"""The operations in a service's OpenAPI document, with a valid request for each."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from drf_spectacular.generators import SchemaGenerator

#: Values of fields whose rule a schema cannot express. A service's own `known` takes precedence.
PLAUSIBLE: Mapping[str, Any] = {
    "country": "FR",
    "currency": "EUR",
    "locale": "en",
    "phone": "",
    "start": "22:00",
    "end": "07:00",
    "time_zone": "Europe/Paris",
    "q": "table",
}
_BY_FORMAT: Mapping[str, Any] = {
    "email": "somebody@example.com",
    "date-time": "2026-05-04T12:00:00Z",
    "uri": "https://example.com/",
    "time": "12:00",
}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    parameters: Mapping[str, Mapping[str, str]]  # by place (path, query, header): name -> format or type
    body: Any  # a valid body, as parsed from JSON; None without a body
    takes_token: bool  # reads an access token, required or not

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needs_key(self) -> bool:
        return "Idempotency-Key" in self.parameters["header"]

    def url(self, known: Mapping[str, Any], **instead: str) -> str:
        """Return the path with its parameters; `instead` replaces them as it is."""
        names = self.parameters["path"]
        values = {name: quote(str(known.get(name) or uuid4()), safe="") for name in names}
        return self.path.format(**{**values, **instead})


def operations(known: Mapping[str, Any]) -> list[Operation]:
    """Return all operations of the project under test. `known`: values for parameters and fields, by name."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return [
        _operation(method.upper(), path, described, document, known)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the places of a body: each field, and the first item of each list."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for name, below in inner:
        yield from places(below, (*path, name))


def replaced(body: Any, path: Path, value: Any) -> Any:
    """Return a copy of the body with another value at the place."""
    made = copy.deepcopy(body)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return made


def encoded(body: Any) -> bytes:
    return json.dumps(body, default=str).encode()


def _operation(method: str, path: str, described: Any, document: Any, known: Mapping[str, Any]) -> Operation:
    parameters: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for one in described.get("parameters", ()):
        schema = one.get("schema", {})
        parameters[one["in"]][one["name"]] = schema.get("format") or schema.get("type", "string")
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    body = _example(content["schema"], document, {**PLAUSIBLE, **known}) if content else None
    return Operation(method, path, parameters, body, takes_token=any(described.get("security", ())))


def _example(schema: Any, document: Any, known: Mapping[str, Any], name: str = "") -> Any:
    if "$ref" in schema:
        return _example(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, known, name)
    if name in known:
        return known[name]
    for choice in ("allOf", "oneOf", "anyOf"):
        if choice in schema:
            return _example(schema[choice][0], document, known, name)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "object")
    match kinds if isinstance(kinds, str) else kinds[0]:
        case "object":
            return {key: _example(inner, document, known, key) for key, inner in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema.get("items", {}), document, known, name)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            kind = schema.get("format", "")
            return str(uuid4()) if kind == "uuid" else _BY_FORMAT.get(kind, "plausible")
