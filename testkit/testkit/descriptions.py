"""Compare HTTP conversations with a provider's own description of its API (OpenAPI 3.0).

The descriptions are data of the providers and no part of this repository: SOUK_PROVIDER_SPECS names their folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

#: The folder with the descriptions, one folder a provider.
VARIABLE = "SOUK_PROVIDER_SPECS"


def folder(provider: str) -> Path | None:
    """Return the folder of the provider's descriptions; None if there is none."""
    given = os.environ.get(VARIABLE, "")
    found = Path(given) / provider
    return found if given and found.is_dir() else None


class Description:
    """One OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self._document: Mapping[str, Any] = json.loads(path.read_text())
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template) + r"\Z"), operations)
            for template, operations in self._document["paths"].items()
        ]

    def differences(self, method: str, path: str, *, sent: bytes, status: int, received: bytes) -> list[str] | None:
        """Return how a request and its answer differ from the description; None if it does not describe this path."""
        operation = self._operation(method, path)
        if operation is None:
            return None
        where = f"{method} {path}"
        found = [f"{where}: request: {error}" for error in self._request_errors(operation, sent)]
        return [
            *found,
            *(f"{where}: answer {status}: {error}" for error in self._answer_errors(operation, status, received)),
        ]

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        for pattern, operations in self._paths:
            if pattern.match(path) and method.lower() in operations:
                found: Mapping[str, Any] = operations[method.lower()]
                return found
        return None

    def _request_errors(self, operation: Mapping[str, Any], sent: bytes) -> Iterator[str]:
        body = self._resolved(operation.get("requestBody", {}))
        if sent:
            yield from self._errors(body.get("content", {}), sent)
        elif body.get("required"):
            yield "a body is required"

    def _answer_errors(self, operation: Mapping[str, Any], status: int, received: bytes) -> Iterator[str]:
        answers = operation["responses"]
        answer = answers.get(f"{status}") or (answers.get("default") if status >= 400 else None)
        if answer is None:
            yield "this status is not described"
        elif received:
            yield from self._errors(self._resolved(answer).get("content", {}), received)

    def _errors(self, content: Mapping[str, Any], body: bytes) -> Iterator[str]:
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            return
        value = json.loads(body)
        within = {**schema, "components": self._document["components"]}  # where its references lead
        for error in Draft4Validator(within).iter_errors(value):
            yield f"{'.'.join(map(str, error.path))}: {error.message[:300]}"
        yield from self._unknown(schema, value, "")

    def _unknown(self, schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
        """Yield properties that the description does not have, although it names those of this object."""
        if isinstance(value, list):
            for item in value:
                yield from self._unknown(self._resolved(schema).get("items", {}), item, f"{at}[]")
        if not isinstance(value, dict):
            return
        known = dict(self._properties(schema))
        for name, part in value.items():
            if name in known:
                yield from self._unknown(known[name], part, f"{at}.{name}")
            elif known:
                yield f"{at}.{name} is not described"

    def _properties(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        resolved = self._resolved(schema)
        yield from resolved.get("properties", {}).items()
        for kind in ("allOf", "oneOf", "anyOf"):
            for part in resolved.get(kind, ()):
                yield from self._properties(part)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema


def descriptions(provider: str) -> list[Description]:
    """Return the provider's descriptions; none without their folder."""
    found = folder(provider)
    return [Description(path) for path in sorted(found.glob("*.json"))] if found else []
