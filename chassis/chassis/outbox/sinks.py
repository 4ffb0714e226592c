"""Targets of a relay: the broker, and optionally a stream."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chassis.outbox.models import OutboxMessage


class SinkUnavailable(Exception):
    """The sink is unavailable; all messages stay recorded and are sent later."""


class MessageRejected(Exception):
    """The sink rejects this message; messages of other subjects are sent."""


class Sink(Protocol):
    """A target for messages."""

    def send(self, message: OutboxMessage) -> None:
        """Return when the message is stored there. Raises SinkUnavailable or MessageRejected."""

    def check(self) -> bool:
        """Return whether the sink still has its data; False after it restarted empty. Raises SinkUnavailable."""

    def introduce(self, *, missed_since: datetime) -> None:
        """Request lost messages from all services and set the marker. Raises SinkUnavailable."""
