"""Targets of a relay: the broker, and optionally a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    def send_all(self, messages: Sequence[OutboxMessage]) -> Iterator[tuple[OutboxMessage, MessageRejected | None]]:
        """Send in this order; yield each message once it is stored there, or with its rejection.

        Later messages of a rejected one's subject are not sent. Raises SinkUnavailable, also after some were sent.
        """

    def check(self) -> bool:
        """Return whether the sink still has its data; False after it restarted empty. Raises SinkUnavailable."""

    def introduce(self, *, missed_since: datetime) -> None:
        """Request lost messages from all services and set the marker. Raises SinkUnavailable."""
