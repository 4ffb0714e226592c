"""The interface of all providers, and the four errors by which they refuse a message."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered message. `reference` is the same at every attempt, so that a provider can recognize duplicates."""

    target: str
    reference: str
    title: str
    text: str
    html: str = ""
    name: str = ""
    link: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class TryLater(Exception):
    """The provider cannot accept this message now."""


class Unavailable(TryLater):
    """The provider accepts no messages at all now."""


class Refused(Exception):
    """The provider will never accept this message: a bad address, a blocked recipient."""


class AddressGone(Refused):
    """The app was uninstalled from the device; its token is to be deleted."""


class Connection(Protocol):
    def send(self, message: Message) -> str:
        """Send a message and return the provider's answer. Raises TryLater, Refused."""

    def abandon(self) -> None:
        """Abort a call that takes too long; called by another thread than `send`."""


class Provider(Protocol):
    def connect(self) -> AbstractContextManager[Connection]:
        """Return a connection for a series of messages; it connects when the first one is sent."""
