"""What every provider is to this service, and the four ways in which one can say no."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Ready to send. `reference` is the same at every try, so that a provider can tell a repeated one."""

    target: str
    reference: str
    title: str
    text: str
    html: str = ""
    name: str = ""
    link: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class TryLater(Exception):
    """Not now; this message alone may have to wait."""


class Unavailable(TryLater):
    """The provider as a whole is away; the others would fare no better."""


class RefusedForGood(Exception):
    """It will never be taken: a bad address, a blocked recipient."""


class AddressGone(RefusedForGood):
    """The device has uninstalled the app; forget its token."""


class Connection(Protocol):
    def send(self, message: Message) -> str:
        """What the provider answered when it took the message. Raises TryLater or RefusedForGood."""

    def abandon(self) -> None:
        """End a conversation that takes too long; called by another thread than `send`."""


class Provider(Protocol):
    def connect(self) -> AbstractContextManager[Connection]:
        """One conversation for a run of messages; connects when the first one is sent."""
