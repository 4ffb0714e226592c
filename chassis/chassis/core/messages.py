"""Declarations and envelopes of messages. Standard library only, so that any domain may declare messages.

    @event("order.placed.v1", subject="order_id")
    class OrderPlaced:
        order_id: UUID
        total: Money

An event states a fact and belongs to its publisher; a command requests something and belongs to
its receiver. Both travel in a CloudEvents 1.0 envelope. A consumer declares the fields that it reads:

    @reads("order.placed.v1")
    class OrderPlaced:
        order_id: UUID

Fields and docstrings may be inherited from a dataclass that several messages share.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, dataclass_transform
from uuid import UUID

T = TypeVar("T")

TYPE_PATTERN = re.compile(r"[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")


class MessageKind(StrEnum):
    EVENT = "event"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class MessageType:
    """The name on the wire, event or command, and which field names the aggregate."""

    name: str
    kind: MessageKind
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """CloudEvents 1.0 (https://github.com/cloudevents/spec), with our four extensions.

    `aggregateversion` grows with each message of one subject, with gaps.
    """

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    data: dict[str, Any]
    correlationid: str
    causationid: str | None = None
    aggregateversion: int = 0
    traceparent: str | None = None
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(name: str, *, subject: str) -> Callable[[type[T]], type[T]]:
    """Declare a frozen dataclass as the event `name`; `subject` is the field with the aggregate's id."""
    return _message(name, MessageKind.EVENT, subject)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def command(name: str, *, subject: str) -> Callable[[type[T]], type[T]]:
    """Declare a frozen dataclass as the command `name`; `subject` is the field with the aggregate's id."""
    return _message(name, MessageKind.COMMAND, subject)


def message_type(message: object) -> MessageType:
    """The declared type of a message or of its class; TypeError for anything else."""
    found = getattr(message, "__message__", None)
    if not isinstance(found, MessageType):
        raise TypeError(f"{message!r} is not a declared message")
    return found


@dataclass_transform(frozen_default=True, kw_only_default=True)
def reads(*names: str) -> Callable[[type[T]], type[T]]:
    """Declare a frozen dataclass as the fields that a consumer reads of messages of the types `names`."""
    for name in names:
        _check_name(name)

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.__reads__ = names  # type: ignore[attr-defined]
        return made

    return declare


def types_read(shape: type) -> tuple[str, ...]:
    """Return the types that `shape` itself declares with `reads`; TypeError when it declares none."""
    found = vars(shape).get("__reads__")
    if not found:
        raise TypeError(f"{shape.__name__} does not declare which message types it reads")
    return tuple(found)


def _check_name(name: str) -> None:
    if not TYPE_PATTERN.fullmatch(name):
        raise ValueError(f"{name!r} is not of the form noun.verb.v1")


def _message(name: str, kind: MessageKind, subject: str) -> Callable[[type[T]], type[T]]:
    _check_name(name)

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, kw_only=True)(cls)
        if subject not in {field.name for field in fields(made)}:  # type: ignore[arg-type]
            raise ValueError(f"{cls.__name__} has no field {subject!r}")
        made.__message__ = MessageType(name, kind, subject)  # type: ignore[attr-defined]
        return made

    return declare
