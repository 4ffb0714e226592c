"""The HANDLERS table of a service: the messages it receives and the function that handles each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.core.messages import types_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The message around the data. `now` is the time of this attempt; `sent_at` that of the message."""

    now: datetime
    sent_at: datetime
    message_id: UUID
    type: str
    subject: str
    version: int
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Handler:
    """`shape` is a dataclass of the fields that `function` reads; the rest of the message is ignored."""

    shape: type
    function: Callable[[Any, Context], None]


def handlers(*rows: tuple[type, Callable[[Any, Context], None]]) -> Mapping[str, Handler]:
    """Return the handlers by message type, which each shape declares with `reads`.

    Raises TypeError for a shape that declares no type, and ValueError for a type with two handlers.
    """
    table: dict[str, Handler] = {}
    for shape, function in rows:
        for name in types_read(shape):
            if name in table:
                raise ValueError(f"{name} has two handlers")
            table[name] = Handler(shape, function)
    return table
