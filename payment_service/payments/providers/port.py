"""What the service needs of a payment provider, and how a provider may fail.

An adapter keeps three failures apart, for money depends on it: refused (final), not done (try
again), and unknown (look, and never ask for a second one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.core.money import Money
from payments.domain.seen import SeenPayment, SeenRefund, Unreadable

#: A signature older, or newer, than this is refused.
WEBHOOK_TOLERANCE = timedelta(minutes=5)


class Refused(Exception):
    """The provider has decided: no. Asking again gets the same answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class NotDone(Exception):
    """Certainly nothing was done: not reached, too busy, or not let in. Try again later."""


class Unknown(Exception):
    """Perhaps it was done: the answer was lost, or an error. Look before anything else."""


class InvalidWebhook(Exception):
    """Not from the provider, too old, from the future, or not readable. The text is for logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is to be authorized. `reference` is our payment's id, by which it can be found again."""

    reference: UUID
    order_id: UUID
    number: str
    amount: Money
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The customer's bank asks for the money back. `text`: state, amount and when to answer."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A verified webhook. `provider_id` and `reference` say which payment to look at; `hint` its state then."""

    event_id: str
    type: str
    provider_id: str = ""
    reference: str = ""
    hint: str = ""
    dispute: Dispute | None = None


class Provider(Protocol):
    """One provider. `key` is the idempotency key, stored before the call. Calls end within the time limit."""

    name: str
    #: How long the provider surely remembers an idempotency key.
    key_lifetime: timedelta

    def authorize(self, charge: Charge, *, key: str) -> SeenPayment:
        """Hold the money. A declined card is an answer (status DECLINED) or Refused."""

    def capture(self, provider_id: str, amount: Money, *, key: str) -> SeenPayment: ...

    def void(self, provider_id: str, *, key: str) -> SeenPayment: ...

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> SeenRefund: ...

    def look_up(self, provider_id: str) -> SeenPayment:
        """The object as it is now, with its refunds. Raises NotDone when the provider cannot be asked."""

    def find(self, reference: UUID, *, since: datetime) -> SeenPayment | None:
        """The payment made for our `reference`, not before `since`; None: there is none."""

    def created(self, start: datetime, end: datetime) -> Iterable[SeenPayment | Unreadable]:
        """All payments made in that time, for reconciliation; one that cannot be read hides no other."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """Verify and read. Raises InvalidWebhook."""
