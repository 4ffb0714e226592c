"""Live updates from messages about orders and returns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.codec import data_of
from chassis.inbox.handlers import Context
from notifications.commands.updates import record_step, record_update


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step that the customer sees; `sequence` counts the steps of an order without a gap."""

    sequence: int
    status: str
    step: str
    message: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMessage:
    """A message about an order. `update`: the step that it is; None from an older publisher, which sends it apart."""

    order_id: UUID
    number: str
    customer_id: UUID
    update: Step | None = None


def show_step(message: CustomerMessage, context: Context) -> None:
    """Record the step of the message, if it has one, as the same live update as `order.progressed`."""
    step = message.update
    if step is None:
        return
    about = {"order_id": message.order_id, "number": message.number, "customer_id": message.customer_id}
    record_step(
        user_id=message.customer_id,
        order_id=message.order_id,
        step=step.sequence,
        data=data_of({**about, **data_of(step)}),
        at=step.occurred_at,
        now=context.now,
    )


def publish_update(message: CustomerMessage, context: Context, *, source: str) -> None:
    """Record a live update with the name of the event: `order.canceled`."""
    type_ = context.type.rpartition(".")[0]
    record_update(
        type_,
        user_id=message.customer_id,
        source=f"{type_}:{source}",
        data=facts_of(message),
        at=context.sent_at,
        now=context.now,
    )


def facts_of(message: CustomerMessage) -> dict[str, Any]:
    """Return the fields of the message without its step."""
    return {name: value for name, value in data_of(message).items() if name != "update"}


def fingerprint(text: str) -> str:
    """Return a short digest of a text that is too long to be part of a source."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
