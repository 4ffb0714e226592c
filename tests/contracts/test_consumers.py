"""Every consumer can read what the publisher's schema allows, and every command has a receiver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from typing import Any

import jsonschema
import pytest
from registry import ROOT, SERVICES

EVENTS = ROOT / "docs" / "events"
DUMP = """
import json, os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "{package}.config.settings"
django.setup()
from chassis import codec
from chassis.inbox.receiver import handler_table
print("READS", json.dumps({{name: codec.json_schema(h.shape) for name, h in handler_table().items()}}))
"""


@cache
def reads(package: str) -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas that the service's HANDLERS table reads, by message type."""
    answer = subprocess.run(
        [sys.executable, "-c", DUMP.format(package=package)],
        cwd=SERVICES[package].path,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    line = next(line for line in answer.stdout.splitlines() if line.startswith("READS "))
    return json.loads(line.removeprefix("READS "))


@cache
def published() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in EVENTS.glob("*.v*.json")}


def samples(schema: dict[str, Any], root: dict[str, Any]) -> Iterator[Any]:
    """Return instances of the schema: each alternative, null where allowed, without optional fields."""
    if "$ref" in schema:
        yield from samples(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    elif "anyOf" in schema:
        for alternative in schema["anyOf"]:
            yield from samples(alternative, root)
    elif "enum" in schema:
        yield from schema["enum"]
    elif schema.get("type") == "object":
        names = schema.get("required", [])
        if not names and isinstance(schema.get("additionalProperties"), dict):
            yield {"key": next(samples(schema["additionalProperties"], root))}
            return
        columns = [list(samples(schema["properties"][name], root)) for name in names]
        for row in zip_longest(*columns, fillvalue=None):
            yield {n: v if v is not None or None in c else c[0] for n, v, c in zip(names, row, columns, strict=True)}
        if not names:
            yield {}
    elif schema.get("type") == "array":
        yield [] if "items" not in schema else list(samples(schema["items"], root))[:2]
    else:
        by_format = {"uuid": "01a2052c-f9fa-774f-af6e-13736603d496", "date-time": "2026-11-22T21:00:00Z"}
        by_type = {"string": by_format.get(schema.get("format", ""), "text"), "integer": 7, "boolean": True}
        yield {**by_type, "null": None, "number": 7}[schema.get("type", "string")]


def problems(consumer: dict[str, Any], publisher: dict[str, Any]) -> list[str]:
    """Return why the consumer could not read the publisher's message; empty when it can."""
    found = []
    for sample in samples(publisher, publisher):
        for error in jsonschema.Draft202012Validator(consumer).iter_errors(sample):
            found.append(f"{'.'.join(map(str, error.absolute_path))}: {error.message}")
    return found


@pytest.mark.parametrize("package", SERVICES)
def test_the_service_can_read_all_that_it_handles(package):
    for name, schema in reads(package).items():
        assert name in published(), f"{package} waits for {name}, which nobody sends"
        assert problems(schema, published()[name]) == [], f"{package} cannot read {name}"


@pytest.mark.parametrize("package", SERVICES)
def test_the_asyncapi_document_names_what_the_service_receives(package):
    operations = json.loads((EVENTS / "asyncapi.json").read_text())["operations"]
    received = {
        name.removeprefix(f"{package}.receive.") for name in operations if name.startswith(f"{package}.receive.")
    }
    assert received == set(reads(package))


def test_every_command_has_exactly_one_receiver():
    for name, schema in published().items():
        takers = [package for package in SERVICES if name in reads(package)]
        if schema["x-kind"] == "command":
            assert len(takers) == 1, f"{name} is taken by {takers}"


@pytest.mark.parametrize("package", SERVICES)
def test_every_service_erases_a_person_and_hands_out_their_data(package):
    """users erases with the deletion itself, in one transaction."""
    assert "personal_data.export_requested.v1" in reads(package)
    assert package == "users" or "user.deleted.v1" in reads(package)


ORDER = {
    "type": "object",
    "properties": {"order_id": {"type": "string", "format": "uuid"}, "amount": {"type": "integer"}},
    "required": ["order_id", "amount"],
}


@pytest.mark.parametrize(
    "changed",
    [
        {**ORDER, "required": ["order_id"]},
        {**ORDER, "properties": {**ORDER["properties"], "amount": {"type": "string"}}},
        {**ORDER, "properties": {**ORDER["properties"], "amount": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
    ],
    ids=["dropped", "another type", "may be null"],
)
def test_a_broken_contract_is_seen(changed):
    assert problems(ORDER, ORDER) == []
    assert problems(ORDER, changed)
