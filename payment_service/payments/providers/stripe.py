"""Adapter of Stripe: PaymentIntents with manual capture, by the official SDK. Needs the extra `stripe`.

The SDK's own retries are off: `payments.work` alone decides whether a request is sent again. Texts of its
errors may contain tokens, so only codes are passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import stripe

from chassis.core.money import Money
from payments.domain.provider_payment import ProviderPayment, ProviderRefund, ProviderStatus, UnreadableObject
from payments.domain.webhooks import Dispute, WebhookNotice
from payments.providers.connections import never_connected
from payments.providers.port import (
    WEBHOOK_TOLERANCE,
    AmountNotRepresentable,
    Charge,
    InvalidWebhook,
    Provider,
    RequestNotProcessed,
    RequestOutcomeUnknown,
    RequestRejected,
)
from payments.providers.stripe_amounts import from_stripe, to_stripe

T = TypeVar("T")

_STATUS = {
    "requires_payment_method": ProviderStatus.DECLINED,  # ours are created with one, so it was refused
    "requires_confirmation": ProviderStatus.PROCESSING,
    "processing": ProviderStatus.PROCESSING,
    "requires_action": ProviderStatus.ACTION_REQUIRED,
    "requires_capture": ProviderStatus.AUTHORIZED,
    "succeeded": ProviderStatus.CAPTURED,
    "canceled": ProviderStatus.VOIDED,
}
#: The request may have been sent several times, and clocks differ: search until well after now.
_AHEAD = timedelta(days=1)
_PAYMENT_REJECTED = "The payment could not be made in this way."


class Stripe(Provider):
    name = "stripe"
    #: Stripe may forget a key after 24 hours; a retry would then charge again.
    key_lifetime = timedelta(hours=23)

    def __init__(self, *, key: str, webhook_secret: str, api_base: str, return_url: str, timeout: float) -> None:
        self._secret = webhook_secret
        self._return_url = return_url
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": api_base},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(min(timeout, 2.0), timeout)),
        )

    def authorize(self, charge: Charge, *, key: str) -> ProviderPayment:
        params: Any = {
            "amount": _amount(charge.amount),
            "currency": charge.amount.currency.lower(),
            "payment_method": charge.method,
            "payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "return_url": self._return_url.format(order_id=charge.order_id),
            "metadata": {
                "reference": str(charge.reference),
                "order_id": str(charge.order_id),
                "number": charge.number,
            },
        }
        return _payment(_change(lambda: self._client.v1.payment_intents.create(params, {"idempotency_key": key})))

    def capture(self, provider_id: str, amount: Money, *, key: str) -> ProviderPayment:
        params: Any = {"amount_to_capture": _amount(amount)}
        intents = self._client.v1.payment_intents
        return _payment(_change(lambda: intents.capture(provider_id, params, {"idempotency_key": key})))

    def void(self, provider_id: str, *, key: str) -> ProviderPayment:
        intents = self._client.v1.payment_intents
        return _payment(_change(lambda: intents.cancel(provider_id, {}, {"idempotency_key": key})))

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> ProviderRefund:
        params: Any = {
            "payment_intent": provider_id,
            "amount": _amount(amount),
            "metadata": {"reference": str(reference)},
        }
        return _refund(_change(lambda: self._client.v1.refunds.create(params, {"idempotency_key": key})))

    def fetch(self, provider_id: str) -> ProviderPayment:
        def retrieve() -> ProviderPayment:
            intent = self._client.v1.payment_intents.retrieve(provider_id)
            refunds: tuple[ProviderRefund, ...] = ()
            if intent.status == "succeeded":
                page = self._client.v1.refunds.list({"payment_intent": provider_id, "limit": 100})
                refunds = tuple(map(_refund, page.auto_paging_iter()))
            return _payment(intent, refunds)

        return _read(retrieve)

    def find(self, reference: UUID, *, since: datetime) -> ProviderPayment | None:
        """Search the list, which contains a new object at once; Stripe's search index lags behind."""

        def find() -> ProviderPayment | None:
            intents = self._list(since, datetime.now(UTC) + _AHEAD)
            found = next((intent for intent in intents if _reference(intent) == str(reference)), None)
            return _payment(found) if found is not None else None

        return _read(find)

    def list_created(self, start: datetime, end: datetime) -> Iterable[ProviderPayment | UnreadableObject]:
        try:
            yield from map(_readable, self._list(start, end))
        except stripe.StripeError as error:
            raise RequestNotProcessed(_codes(error)) from None

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> WebhookNotice:
        if not self._secret:
            raise InvalidWebhook("STRIPE_WEBHOOK_SECRET is not set")
        header = headers.get("Stripe-Signature", "")
        tolerance = int(WEBHOOK_TOLERANCE.total_seconds())
        try:
            event = self._client.construct_event(body, header, self._secret, tolerance=tolerance)
            parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
            if int(parts["t"]) > now.timestamp() + tolerance:  # the SDK accepts a future time
                raise InvalidWebhook("from the future")
            return _notice(event)
        except (stripe.SignatureVerificationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidWebhook(type(error).__name__) from error

    def _list(self, start: datetime, end: datetime) -> Iterable[Any]:
        """Return the PaymentIntents of the period, newest first."""
        params: Any = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp()) + 1},
            "limit": 100,
            "expand": ["data.latest_charge"],
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
    except stripe.StripeError as error:
        raise RequestNotProcessed(_codes(error)) from None


def _codes(error: stripe.StripeError) -> str:
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''} {error.request_id or ''}".strip()


def _buyer_message(error: stripe.CardError) -> str:
    """Return Stripe's message of a card error, which is written for the buyer."""
    return str(error.user_message or _PAYMENT_REJECTED)[:500]


def _payment(intent: Any, refunds: tuple[ProviderRefund, ...] = ()) -> ProviderPayment:
    error = _get(intent, "last_payment_error")
    charge = _get(intent, "latest_charge")
    returned = sum(refund.amount for refund in refunds if refund.status == "succeeded")
    if not refunds and charge is not None and not isinstance(charge, str):
        returned = from_stripe(charge.amount_refunded, intent.currency)
    redirect = _get(_get(intent, "next_action"), "redirect_to_url")
    return ProviderPayment(
        id=intent.id,
        reference=_reference(intent),
        status=_STATUS[intent.status],
        amount=from_stripe(intent.amount, intent.currency),
        currency=intent.currency.upper(),
        captured=from_stripe(intent.amount_received or 0, intent.currency),
        refunded=returned,
        action_url=_get(redirect, "url") or "",
        code=_get(error, "decline_code") or _get(error, "code") or "",
        message=_get(error, "message") or "",
        refunds=refunds,
        created_at=datetime.fromtimestamp(intent.created, UTC),
    )


def _readable(intent: Any) -> ProviderPayment | UnreadableObject:
    try:
        return _payment(intent)
    except (KeyError, TypeError, ValueError, AttributeError, AmountNotRepresentable) as error:
        return UnreadableObject(id=str(intent.id), reference=_reference(intent), error=repr(error))


def _refund(refund: Any) -> ProviderRefund:
    status = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}.get(refund.status, "pending")
    amount = from_stripe(refund.amount, refund.currency)
    return ProviderRefund(id=refund.id, reference=_reference(refund), amount=amount, status=status)


def _notice(event: Any) -> WebhookNotice:
    found = event.data.object
    if found.object == "payment_intent":
        return WebhookNotice(
            event_id=event.id,
            type=event.type,
            provider_id=found.id,
            reference=_reference(found),
            snapshot=_snapshot(found),
        )
    # charges, refunds, disputes: they name the payment
    dispute = _dispute(found) if found.object == "dispute" else None
    provider_id = _get(found, "payment_intent") or ""
    return WebhookNotice(event_id=event.id, type=event.type, provider_id=provider_id, dispute=dispute)


def _snapshot(intent: Any) -> str:
    """Return the snapshot, empty if we cannot interpret the object: then it is fetched."""
    status = _STATUS.get(intent.status)
    try:
        captured = from_stripe(_get(intent, "amount_received") or 0, intent.currency)
    except AmountNotRepresentable:
        return ""
    return f"{status} {captured} 0" if status else ""


def _dispute(found: Any) -> Dispute:
    due = _get(_get(found, "evidence_details"), "due_by")
    until = f", answer by {datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M} UTC" if due else ""
    try:
        sum_ = str(Money(from_stripe(found.amount, found.currency), found.currency.upper()))
    except AmountNotRepresentable:
        sum_ = f"{found.amount} {found.currency} as Stripe counts"
    return Dispute(id=found.id, text=f"{found.status}: {sum_}, {_get(found, 'reason') or 'no reason given'}{until}")


def _reference(found: Any) -> str:
    return str(_get(_get(found, "metadata"), "reference") or "")


def _get(found: Any, name: str) -> Any:
    """Return a field that Stripe may leave out, or None."""
    return getattr(found, name, None) if found is not None else None
