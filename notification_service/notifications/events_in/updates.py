"""Live updates from messages about orders and returns."""

from __future__ import annotations

import hashlib
from typing import Protocol
from uuid import UUID

from chassis.codec import data_of
from chassis.inbox.handlers import Context
from notifications.commands.updates import record_update


class CustomerMessage(Protocol):
    @property
    def customer_id(self) -> UUID: ...


def publish_update(message: CustomerMessage, context: Context, *, source: str) -> None:
    """Record a live update with the name of the event: `order.canceled`."""
    type_ = context.type.rpartition(".")[0]
    record_update(
        type_,
        user_id=message.customer_id,
        source=f"{type_}:{source}",
        data=data_of(message),
        at=context.sent_at,
        now=context.now,
    )


def fingerprint(text: str) -> str:
    """Return a short digest of a text that is too long to be part of a source."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
