"""Where a relay sends: the broker, and perhaps a stream beside it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chassis.outbox.models import OutboxMessage


class NotSent(Exception):
    """The far side is away; everything stays recorded and is tried again."""


class Refused(Exception):
    """The far side is there but does not take this message; its neighbors go on."""


class Sink(Protocol):
    """Where messages go: the broker, and perhaps a stream beside it."""

    def send(self, message: OutboxMessage) -> None:
        """Returns when the message is safe there; else raises NotSent or Refused."""

    def check(self) -> bool:
        """Whether the far side remembers us; False when it came back empty. Raises NotSent when away."""

    def introduce(self, *, missed_since: datetime) -> None:
        """Ask all others to send again what we may have missed, and be remembered. Raises NotSent when away."""
