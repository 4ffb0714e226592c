"""The message reference: a JSON Schema for each message type, and one AsyncAPI document for all of them.

    python -m testkit.message_reference --out docs/events orders payments ...

Reads the `events_out` module and the consumer shapes of each package; `--check` compares instead of writing.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chassis import codec
from chassis.core.messages import MessageKind, message_type
from testkit.asyncapi import Sent, asyncapi

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Modules of the chassis with shapes that it handles for every service.
_SHARED_SHAPES = ("chassis.privacy.messages", "chassis.revocation")


class NoDescription(Exception):
    """A message class has no docstring."""


def sent_by(service: str) -> list[Sent]:
    """Return the messages declared in the service's `events_out`, by type. Raises NoDescription."""
    module = importlib.import_module(f"{service}.events_out")
    found = [
        Sent(shape=shape, service=service, type=message_type(shape), description=_description(shape))
        for shape in vars(module).values()
        if isinstance(shape, type) and hasattr(shape, "__message__") and shape.__module__.startswith(module.__name__)
    ]
    return sorted(found, key=lambda sent: sent.type.name)


def read_by(service: str) -> list[str]:
    """Return the types that the service's shapes declare with `reads`, found in its source: no Django is needed.

    `tests/contracts` compares them with its HANDLERS table.
    """
    spec = importlib.util.find_spec(service)
    assert spec is not None
    assert spec.submodule_search_locations
    trees = [ast.parse(path.read_text()) for path in sorted(Path(spec.submodule_search_locations[0]).rglob("*.py"))]
    found = {name for tree in trees for node in ast.walk(tree) for name in _declared(node)}
    return sorted(found)


def _declared(node: ast.AST) -> Iterator[str]:
    """Yield the types of a class that is declared with `reads`, or imported as such a class from the chassis."""
    if isinstance(node, ast.ClassDef):
        for decorator in node.decorator_list:
            if (
                isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Name)
                and decorator.func.id == "reads"
            ):
                yield from (str(ast.literal_eval(argument)) for argument in decorator.args)
    elif isinstance(node, ast.ImportFrom) and node.module in _SHARED_SHAPES:
        module = importlib.import_module(node.module)
        for alias in node.names:
            yield from getattr(getattr(module, alias.name), "__reads__", ())


def schema_of(sent: Sent) -> dict[str, Any]:
    """Return the JSON Schema of the message's data, with its sender and its meaning."""
    schema = codec.json_schema(sent.shape)
    definitions = schema.pop("$defs")
    root = definitions.pop(schema.pop("$ref").rpartition("/")[2])
    return {
        "$schema": DIALECT,
        "$id": f"https://souk.example/events/{sent.type.name}.json",
        **root,
        "title": sent.type.name,
        "description": sent.description,
        "x-kind": sent.type.kind.value,
        "x-sent-by": sent.service,
        "x-subject": sent.type.subject,
        **({"$defs": definitions} if definitions else {}),
    }


def documents(services: Iterable[str], read: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the text of each file by name. Raises ValueError when two services send the same event."""
    files: dict[str, dict[str, Any]] = {}
    everything = [sent for service in services for sent in sent_by(service)]
    for sent in everything:
        name = f"{sent.type.name}.json"
        if name in files and sent.type.kind is MessageKind.EVENT:
            raise ValueError(f"{sent.type.name} is sent by {files[name]['x-sent-by']} and by {sent.service}")
        files[name] = schema_of(sent)
    files["asyncapi.json"] = asyncapi(everything, read)
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in files.items()}


def _description(shape: type) -> str:
    text = (vars(shape).get("__doc__") or "").strip()
    if not text or text.startswith(f"{shape.__name__}("):  # the text that `dataclass` writes
        raise NoDescription(f"{shape.__module__}.{shape.__name__} needs a docstring: what the message states or asks.")
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generate, or check, the message reference.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file is out of date")
    parser.add_argument("services", nargs="+", metavar="package")
    options = parser.parse_args(arguments)
    wanted = documents(options.services, {service: read_by(service) for service in options.services})
    present = {path.name: path.read_text() for path in options.out.glob("*.json")}
    stale = sorted(name for name in wanted | present if wanted.get(name) != present.get(name))
    if options.check:
        for name in stale:
            print(f"{options.out / name} is out of date: run make docs", file=sys.stderr)
        return 1 if stale else 0
    options.out.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (options.out / name).write_text(wanted[name])
        else:
            (options.out / name).unlink()
    print(f"{len(wanted)} documents in {options.out}, {len(stale)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
