"""The HANDLERS table of a service: which messages it takes, what it reads of them, who does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a handler knows beside the data. `now` is the time of this try; `sent_at` that of the message."""

    now: datetime
    sent_at: datetime
    message_id: UUID
    type: str
    subject: str
    version: int
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Handler:
    """`shape` is a dataclass of the fields that are read; the rest of the message is ignored."""

    shape: type
    function: Callable[[Any, Context], None]


def handlers(*rows: tuple[str, type, Callable[[Any, Context], None]]) -> Mapping[str, Handler]:
    """A table by message type. ValueError when a type stands there twice."""
    table: dict[str, Handler] = {}
    for name, shape, function in rows:
        if name in table:
            raise ValueError(f"{name} has two handlers")
        table[name] = Handler(shape, function)
    return table
