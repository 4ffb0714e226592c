"""The interface of a payment provider, and the ways in which it can fail.

An adapter must distinguish three failures, because money depends on it: rejected (final), not processed
(send again), and outcome unknown (look it up, and never create a second object).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.core.errors import DomainError
from chassis.core.money import Money
from payments.domain.provider_payment import ProviderDispute, ProviderPayment, ProviderRefund, UnreadableObject
from payments.domain.webhooks import WebhookNotice

#: A signature older, or newer, than this is refused.
WEBHOOK_TOLERANCE = timedelta(minutes=5)


class RequestRejected(Exception):
    """The provider has refused the request; the same request would be refused again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class AmountNotRepresentable(DomainError):
    """The payment provider cannot take exactly this amount in this currency."""

    code = "amount_not_representable"


class RequestNotProcessed(Exception):
    """Nothing was done for certain: the provider was unreachable or busy, or did not accept our key. Retry later."""


class NotThere(RequestNotProcessed):
    """The provider has answered that it has no such object, or does not have it any more."""


class RequestOutcomeUnknown(Exception):
    """It may have been done: the answer was lost or was an error. Look it up before anything else."""


class InvalidWebhook(Exception):
    """The webhook is not from the provider, too old, from the future, or not readable. The text is for logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An amount to authorize. `reference` is our payment's id, by which the provider's object can be found."""

    reference: UUID
    order_id: UUID
    number: str
    amount: Money
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """A way to pay that the provider keeps for a customer."""

    id: str
    kind: str
    brand: str = ""
    last4: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The secret with which the customer's browser saves a way to pay."""

    client_secret: str


class Provider(Protocol):
    """A payment provider. `key` is the idempotency key, stored before the call. Calls end within the time limit.

    Adapters inherit the methods that have a body.
    """

    name: str
    #: How long the provider is certain to remember an idempotency key.
    key_lifetime: timedelta

    def authorize(self, charge: Charge, *, key: str) -> ProviderPayment:
        """Hold the money. A declined card is a payment in status DECLINED, or RequestRejected."""

    def confirm(self, provider_id: str, *, key: str) -> ProviderPayment:
        """Hold the money of a payment in status APPROVED, which not every provider has."""
        raise RequestRejected("nothing_to_confirm", "This provider needs no confirmation.")

    def capture(self, provider_id: str, amount: Money, *, key: str) -> ProviderPayment: ...

    def void(self, provider_id: str, *, key: str) -> ProviderPayment: ...

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> ProviderRefund: ...

    def fetch(self, provider_id: str) -> ProviderPayment:
        """Return the object as it is now, with its refunds. Raises NotThere; RequestNotProcessed without an answer."""

    def find(self, reference: UUID, *, since: datetime) -> ProviderPayment | None:
        """Return the payment created for our `reference`, not before `since`; None if there is none."""

    def list_created(self, start: datetime, end: datetime) -> Iterable[ProviderPayment | UnreadableObject]:
        """Return all payments created in that period; one that cannot be read does not hide the others."""

    def client_secret(self, provider_id: str) -> str:
        """Return the secret with which the customer's browser completes the payment; empty if it cannot."""
        return ""

    def open_account(self, key: UUID) -> str:
        """Return the id of the customer's account for saved ways to pay; the same key gets the same account."""
        raise _keeps_nothing()

    def set_up(self, account: str) -> SetUp:
        """Begin to save a way to pay, which the customer's browser completes."""
        raise _keeps_nothing()

    def saved_methods(self, account: str) -> list[SavedMethod]:
        return []

    def forget_method(self, method_id: str) -> None:
        """Remove a saved way to pay."""
        raise _keeps_nothing()

    def forget_account(self, account: str) -> None:
        """Delete the account with all that is saved; one that is gone already is no error."""
        raise _keeps_nothing()

    def disputes(self, *, since: datetime) -> Iterable[ProviderDispute]:
        """Return the disputes that were opened since then."""
        return ()

    def fetch_dispute(self, dispute_id: str) -> ProviderDispute:
        """Return the dispute as it is now. Raises RequestNotProcessed if there is no answer."""
        raise RequestNotProcessed("this provider has no disputes")

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> WebhookNotice:
        """Verify the signature and read the event. Raises InvalidWebhook; RequestNotProcessed: try again later."""


def _keeps_nothing() -> RequestRejected:
    return RequestRejected("saving_not_offered", "This provider keeps no ways to pay.")
