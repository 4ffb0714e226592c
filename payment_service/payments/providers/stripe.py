"""Adapter of Stripe: PaymentIntents with manual capture, by the official SDK. Needs the extra `stripe`.

The SDK's own retries are off: `payments.work` alone decides whether a request is sent again. Texts of its
errors may contain tokens, so only codes are passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import stripe

from chassis.core.money import Money
from payments.domain.methods import ACCOUNT_END
from payments.domain.provider_payment import (
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    UnreadableObject,
)
from payments.domain.webhooks import WebhookNotice
from payments.providers.connections import never_connected
from payments.providers.port import (
    WEBHOOK_TOLERANCE,
    AmountNotRepresentable,
    Charge,
    InvalidWebhook,
    NotThere,
    Provider,
    RequestNotProcessed,
    RequestOutcomeUnknown,
    RequestRejected,
    SavedMethod,
    SetUp,
)
from payments.providers.stripe_amounts import to_stripe
from payments.providers.stripe_objects import (
    IN_BROWSER,
    dispute_of,
    has_more_refunds,
    listed,
    notice_of,
    order_of,
    payment_of,
    reference_of,
    refund_of,
    saved_method_of,
)

T = TypeVar("T")

#: The request may have been sent several times, and clocks differ: search until well after now.
_AHEAD = timedelta(days=1)
#: The customer's browser can still do something.
_UNDECIDED = {"requires_payment_method", "requires_confirmation", "requires_action"}
_PAYMENT_REJECTED = "The payment could not be made in this way."


class Stripe(Provider):
    name = "stripe"
    #: Stripe may forget a key after 24 hours; a retry would then charge again.
    key_lifetime = timedelta(hours=23)

    def __init__(self, *, key: str, webhook_secrets: list[str], api_base: str, return_url: str, timeout: float) -> None:
        self._secrets = webhook_secrets
        self._return_url = return_url
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": api_base},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(min(timeout, 2.0), timeout)),
        )

    def authorize(self, charge: Charge, *, key: str) -> ProviderPayment:
        """Confirm at once with the customer's token; without one, the customer chooses and confirms in the browser."""
        metadata = {"reference": str(charge.reference), "order_id": str(charge.order_id), "number": charge.number}
        params: Any = {
            "amount": _amount(charge.amount),
            "currency": charge.amount.currency.lower(),
            "automatic_payment_methods": {"enabled": True},  # what the shop has switched on in its account
            "capture_method": "manual",
            "metadata": metadata,
        }
        account, _, method = charge.method.rpartition(ACCOUNT_END)
        if account:
            params["customer"] = account
        if method:
            return_url = self._return_url.format(order_id=charge.order_id)
            params |= {"payment_method": method, "confirm": True, "return_url": return_url}
        else:
            params["metadata"] = metadata | IN_BROWSER
        intents = self._client.v1.payment_intents
        return self._payment(_change(lambda: intents.create(params, {"idempotency_key": key})))

    def capture(self, provider_id: str, amount: Money, *, key: str) -> ProviderPayment:
        params: Any = {"amount_to_capture": _amount(amount)}
        intents = self._client.v1.payment_intents
        return payment_of(_change(lambda: intents.capture(provider_id, params, {"idempotency_key": key})))

    def void(self, provider_id: str, *, key: str) -> ProviderPayment:
        intents = self._client.v1.payment_intents
        return payment_of(_change(lambda: intents.cancel(provider_id, {}, {"idempotency_key": key})))

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> ProviderRefund:
        params: Any = {
            "payment_intent": provider_id,
            "amount": _amount(amount),
            "metadata": {"reference": str(reference)},
        }
        refunds = self._client.v1.refunds
        return refund_of(_change(lambda: refunds.create(params, {"idempotency_key": key})))

    def fetch(self, provider_id: str) -> ProviderPayment:
        def retrieve() -> ProviderPayment:
            intent = self._client.v1.payment_intents.retrieve(provider_id)
            refunds: tuple[ProviderRefund, ...] = ()
            if intent.status == "succeeded":
                page = self._client.v1.refunds.list({"payment_intent": provider_id, "limit": 100})
                refunds = tuple(map(refund_of, page.auto_paging_iter()))
            return self._payment(intent, refunds)

        return _read(retrieve)

    def find(self, reference: UUID, *, since: datetime) -> ProviderPayment | None:
        """Search the list, which contains a new object at once; Stripe's search index lags behind."""

        def find() -> ProviderPayment | None:
            intents = self._list(since, datetime.now(UTC) + _AHEAD)
            found = next((intent for intent in intents if reference_of(intent) == str(reference)), None)
            return self._payment(found) if found is not None else None

        return _read(find)

    def list_created(self, start: datetime, end: datetime) -> Iterable[ProviderPayment | UnreadableObject]:
        try:
            for intent in self._list(start, end, expand=["data.latest_charge.refunds"]):
                # A charge shows its latest ten refunds.
                yield self.fetch(intent.id) if has_more_refunds(intent) else listed(intent)
        except stripe.StripeError as error:
            raise RequestNotProcessed(_codes(error)) from None

    def client_secret(self, provider_id: str) -> str:
        intent: Any = _read(lambda: self._client.v1.payment_intents.retrieve(provider_id))
        return str(intent.client_secret) if intent.status in _UNDECIDED else ""

    def open_account(self, key: UUID) -> str:
        params: Any = {"metadata": {"reference": str(key)}}
        return str(_change(lambda: self._client.v1.customers.create(params, {"idempotency_key": f"account-{key}"})).id)

    def set_up(self, account: str) -> SetUp:
        params: Any = {"customer": account, "usage": "off_session", "automatic_payment_methods": {"enabled": True}}
        intent: Any = _change(lambda: self._client.v1.setup_intents.create(params))
        return SetUp(str(intent.client_secret))

    def saved_methods(self, account: str) -> list[SavedMethod]:
        params: Any = {"limit": 100}
        listed = _read(lambda: self._client.v1.customers.payment_methods.list(account, params))
        return [saved_method_of(method) for method in listed.data]

    def forget_method(self, method_id: str) -> None:
        _change(lambda: self._client.v1.payment_methods.detach(method_id))

    def forget_account(self, account: str) -> None:
        try:
            self._client.v1.customers.delete(account)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise RequestNotProcessed(_codes(error)) from None
        except stripe.StripeError as error:
            raise RequestNotProcessed(_codes(error)) from None

    def fetch_dispute(self, dispute_id: str) -> ProviderDispute:
        return _read(lambda: dispute_of(self._client.v1.disputes.retrieve(dispute_id)))

    def disputes(self, *, since: datetime) -> Iterable[ProviderDispute]:
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        try:
            yield from map(dispute_of, self._client.v1.disputes.list(params).auto_paging_iter())
        except stripe.StripeError as error:
            raise RequestNotProcessed(_codes(error)) from None

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> WebhookNotice:
        header = headers.get("Stripe-Signature", "")
        tolerance = int(WEBHOOK_TOLERANCE.total_seconds())
        try:
            event = self._verified(body, header, tolerance)
            parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
            if int(parts["t"]) > now.timestamp() + tolerance:  # the SDK accepts a future time
                raise InvalidWebhook("from the future")
            return notice_of(event)
        except (stripe.SignatureVerificationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidWebhook(type(error).__name__) from error

    def _payment(self, intent: Any, refunds: tuple[ProviderRefund, ...] = ()) -> ProviderPayment:
        """Return the payment; one that is completed in the browser leads to the page of its order."""
        payment = payment_of(intent, refunds)
        if payment.status is not ProviderStatus.ACTION_REQUIRED or payment.action_url:
            return payment
        return replace(payment, action_url=self._return_url.format(order_id=order_of(intent)))

    def _verified(self, body: bytes, header: str, tolerance: int) -> Any:
        """Return the event, signed with any of our secrets: while one is exchanged, both count."""
        refused: Exception = InvalidWebhook("STRIPE_WEBHOOK_SECRET is not set")
        for secret in self._secrets:
            try:
                return self._client.construct_event(body, header, secret, tolerance=tolerance)
            except stripe.SignatureVerificationError as error:
                refused = error
        raise refused

    def _list(self, start: datetime, end: datetime, *, expand: Sequence[str] = ()) -> Iterable[Any]:
        """Return the PaymentIntents of the period, newest first."""
        params: Any = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp()) + 1},
            "limit": 100,
            "expand": list(expand),
        }
        return self._client.v1.payment_intents.list(params).auto_paging_iter()


def _change(call: Callable[[], T]) -> T:
    """Make a changing call and translate Stripe's errors into rejected, not processed, and outcome unknown."""
    try:
        return call()
    except stripe.CardError as error:
        raise RequestRejected(
            getattr(error, "decline_code", None) or error.code or "card_error", _buyer_message(error)
        ) from None
    except (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError) as error:
        raise RequestNotProcessed(_codes(error)) from None
    except stripe.APIConnectionError as error:
        raise (RequestNotProcessed if never_connected(error.__cause__) else RequestOutcomeUnknown)(
            _codes(error)
        ) from None
    except stripe.InvalidRequestError as error:
        raise RequestRejected(error.code or "invalid_request", _PAYMENT_REJECTED) from None
    except stripe.StripeError as error:  # a 500, or a key in use: it may have been done
        raise RequestOutcomeUnknown(_codes(error)) from None


def _amount(money: Money) -> int:
    """Return the amount in Stripe's units. Raises RequestRejected for what Stripe would round."""
    try:
        return to_stripe(money)
    except AmountNotRepresentable as error:
        raise RequestRejected(error.code, error.message) from None


def _read(call: Callable[[], T]) -> T:
    """Make a reading call; any error of Stripe means that nothing was read."""
    try:
        return call()
    except stripe.InvalidRequestError as error:
        raise (NotThere if error.code == "resource_missing" else RequestNotProcessed)(_codes(error)) from None
    except stripe.StripeError as error:
        raise RequestNotProcessed(_codes(error)) from None


def _codes(error: stripe.StripeError) -> str:
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''} {error.request_id or ''}".strip()


def _buyer_message(error: stripe.CardError) -> str:
    """Return Stripe's message of a card error, which is written for the buyer."""
    return str(error.user_message or _PAYMENT_REJECTED)[:500]
