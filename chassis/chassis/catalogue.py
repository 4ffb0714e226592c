"""The event catalogue: a JSON Schema for each message a service sends, and what each service reads.

    python -m chassis.catalogue --out docs/events orders.events_out payments.events_out ...

Writes `<type>.json` a message and `asyncapi.json` (AsyncAPI 3.0) for all; `--check` compares instead.
Imports only `events_out` modules, which are pure, so it needs no Django.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis import codec
from chassis.core.messages import MessageKind, MessageType, message_type

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message's class, its declared type, and who sends it."""

    shape: type
    service: str
    type: MessageType


def sent_by(module_name: str) -> list[Sent]:
    """The messages declared in an `events_out` module, by type."""
    module = importlib.import_module(module_name)
    service = module_name.partition(".")[0]
    found = [
        Sent(shape, service, message_type(shape))
        for shape in vars(module).values()
        if isinstance(shape, type) and hasattr(shape, "__message__") and shape.__module__.startswith(module_name)
    ]
    return sorted(found, key=lambda sent: sent.type.name)


def schema_of(sent: Sent) -> dict[str, Any]:
    """The JSON Schema of the message's data, with who sends it and what it means."""
    schema = codec.json_schema(sent.shape)
    definitions = schema.pop("$defs")
    root = definitions.pop(schema.pop("$ref").rpartition("/")[2])
    meaning = (sent.shape.__doc__ or "").strip()
    return {
        "$schema": DIALECT,
        "$id": f"https://souk.example/events/{sent.type.name}.json",
        **root,
        "title": sent.type.name,
        "description": "" if meaning.startswith(f"{sent.shape.__name__}(") else meaning,
        "x-kind": sent.type.kind.value,
        "x-sent-by": sent.service,
        "x-subject": sent.type.subject,
        **({"$defs": definitions} if definitions else {}),
    }


def asyncapi(messages: Iterable[Sent]) -> dict[str, Any]:
    """One AsyncAPI 3 document: each type is a channel (its routing key on the exchange `souk`)."""
    channels, operations = {}, {}
    for sent in messages:
        name = sent.type.name
        message = {
            "name": name,
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"./{name}.json"},
            "summary": f"{sent.type.kind.value.capitalize()} sent by {sent.service}",
        }
        channels[name] = {"address": name, "messages": {name: message}}
        operations[f"{sent.service}.send.{name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    description = (
        "Every message between Souk's services. Routing key = type, exchange = souk, CloudEvents 1.0 envelope."
    )
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Souk", "version": "1.0.0", "description": description},
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
    }


def documents(modules: Iterable[str]) -> dict[str, str]:
    """File name -> text. A type that two services send must look the same in both (commands to one receiver)."""
    files: dict[str, dict[str, Any]] = {}
    everything = [sent for module in modules for sent in sent_by(module)]
    for sent in everything:
        name = f"{sent.type.name}.json"
        if name in files and sent.type.kind is MessageKind.EVENT:
            raise ValueError(f"{sent.type.name} is sent by {files[name]['x-sent-by']} and by {sent.service}")
        files[name] = schema_of(sent)
    files["asyncapi.json"] = asyncapi(everything)
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in files.items()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generate, or check, the catalogue of messages.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file is out of date")
    parser.add_argument("modules", nargs="+", metavar="package.events_out")
    options = parser.parse_args(arguments)
    wanted = documents(options.modules)
    present = {path.name: path.read_text() for path in options.out.glob("*.json")}
    stale = sorted(name for name in wanted | present if wanted.get(name) != present.get(name))
    if options.check:
        for name in stale:
            print(f"{options.out / name} is out of date: run make docs", file=sys.stderr)  # noqa: T201
        return 1 if stale else 0
    options.out.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (options.out / name).write_text(wanted[name])
        else:
            (options.out / name).unlink()
    print(f"{len(wanted)} documents in {options.out}, {len(stale)} changed")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
