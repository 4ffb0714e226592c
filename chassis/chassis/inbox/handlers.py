"""The HANDLERS table of a service: the messages it receives and the function that handles each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


Function = Callable[[Any, Context], None]
Loader = Callable[[Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """`shape` is a dataclass of the fields that `function` reads; the rest of the message is ignored.

    `load` reads for several messages at once what `function` would read for each (see `loads`).
    """

    shape: type
    function: Function
    load: Loader | None = None


def loads(load: Loader) -> Callable[[Function], Function]:
    """Declare what reads the rows for the messages of a handler into the unit of work, before the first is handled."""

    def declare(function: Function) -> Function:
        function.load = load  # type: ignore[attr-defined]
        return function

    return declare


def handlers(*rows: tuple[type, Function]) -> Mapping[str, Handler]:
    """Return the handlers by message type, which each shape declares with `reads`.

    Raises TypeError for a shape that declares no type, and ValueError for a type with two handlers.
    """
    table: dict[str, Handler] = {}
    for shape, function in rows:
        for name in types_read(shape):
            if name in table:
                raise ValueError(f"{name} has two handlers")
            table[name] = Handler(shape, function, getattr(function, "load", None))
    return table
