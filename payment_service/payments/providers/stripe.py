"""Stripe: manual-capture PaymentIntents, by the official SDK. Needs the extra `stripe`.

The SDK's own retries are off: whether something is asked again is decided in one place, by us. Texts of
its errors may name tokens, so only codes are passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import requests
import stripe
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from chassis.money import Money
from payments.domain.seen import SeenPayment, SeenRefund, SeenStatus
from payments.providers.port import (
    WEBHOOK_TOLERANCE,
    Charge,
    InvalidWebhook,
    NotDone,
    Notice,
    Refused,
    Unknown,
)

T = TypeVar("T")

_STATUS = {
    "requires_payment_method": SeenStatus.DECLINED,  # ours are created with one: it was refused
    "requires_confirmation": SeenStatus.PROCESSING,
    "processing": SeenStatus.PROCESSING,
    "requires_action": SeenStatus.ACTION_REQUIRED,
    "requires_capture": SeenStatus.AUTHORIZED,
    "succeeded": SeenStatus.CAPTURED,
    "canceled": SeenStatus.VOIDED,
}
#: How long after it was sent a request may have made its object.
_FIND_SPAN = timedelta(minutes=20)
_NOT_PAID = "The payment could not be made in this way."


class Stripe:
    name = "stripe"
    #: Stripe may forget a key after 24 hours, and a retry then charges again.
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

    def authorize(self, charge: Charge, *, key: str) -> SeenPayment:
        params: Any = {
            "amount": charge.amount.amount,
            "currency": charge.amount.currency.lower(),
            "payment_method": charge.method,
            "payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "return_url": self._return_url,
            "metadata": {
                "reference": str(charge.reference),
                "order_id": str(charge.order_id),
                "number": charge.number,
            },
        }
        return _payment(_doing(lambda: self._client.v1.payment_intents.create(params, {"idempotency_key": key})))

    def capture(self, provider_id: str, amount: Money, *, key: str) -> SeenPayment:
        params: Any = {"amount_to_capture": amount.amount}
        intents = self._client.v1.payment_intents
        return _payment(_doing(lambda: intents.capture(provider_id, params, {"idempotency_key": key})))

    def void(self, provider_id: str, *, key: str) -> SeenPayment:
        intents = self._client.v1.payment_intents
        return _payment(_doing(lambda: intents.cancel(provider_id, {}, {"idempotency_key": key})))

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> SeenRefund:
        params: Any = {
            "payment_intent": provider_id,
            "amount": amount.amount,
            "metadata": {"reference": str(reference)},
        }
        return _refund(_doing(lambda: self._client.v1.refunds.create(params, {"idempotency_key": key})))

    def look_up(self, provider_id: str) -> SeenPayment:
        def look() -> SeenPayment:
            intent = self._client.v1.payment_intents.retrieve(provider_id)
            refunds: tuple[SeenRefund, ...] = ()
            if intent.status == "succeeded":
                page = self._client.v1.refunds.list({"payment_intent": provider_id, "limit": 100})
                refunds = tuple(map(_refund, page.auto_paging_iter()))
            return _payment(intent, refunds)

        return _looking(look)

    def find(self, reference: UUID, *, since: datetime) -> SeenPayment | None:
        """By the list, which knows a new object at once; Stripe's search lags behind."""

        def find() -> SeenPayment | None:
            found = (seen for seen in self._list(since, since + _FIND_SPAN) if seen.reference == str(reference))
            return next(found, None)

        return _looking(find)

    def created(self, start: datetime, end: datetime) -> Iterable[SeenPayment]:
        return _looking(lambda: list(self._list(start, end)))

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        if not self._secret:
            raise InvalidWebhook("STRIPE_WEBHOOK_SECRET is not set")
        header = headers.get("Stripe-Signature", "")
        tolerance = int(WEBHOOK_TOLERANCE.total_seconds())
        try:
            event = self._client.construct_event(body, header, self._secret, tolerance=tolerance)
            parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
            if int(parts["t"]) > now.timestamp() + tolerance:  # the SDK lets the future pass
                raise InvalidWebhook("from the future")
            return _notice(event)
        except (stripe.SignatureVerificationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidWebhook(type(error).__name__) from error

    def _list(self, start: datetime, end: datetime) -> Iterable[SeenPayment]:
        params: Any = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp()) + 1},
            "limit": 100,
            "expand": ["data.latest_charge"],
        }
        return map(_payment, self._client.v1.payment_intents.list(params).auto_paging_iter())


def _doing(call: Callable[[], T]) -> T:
    """Sort Stripe's errors into refused, not done, and unknown."""
    try:
        return call()
    except stripe.CardError as error:
        raise Refused(getattr(error, "decline_code", None) or error.code or "card_error", _words(error)) from None
    except (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError) as error:
        raise NotDone(_codes(error)) from None
    except stripe.APIConnectionError as error:
        raise (NotDone if _never_connected(error) else Unknown)(_codes(error)) from None
    except stripe.InvalidRequestError as error:
        raise Refused(error.code or "invalid_request", _NOT_PAID) from None
    except stripe.StripeError as error:  # a 500, a key in use: perhaps it was done
        raise Unknown(_codes(error)) from None


def _looking(call: Callable[[], T]) -> T:
    try:
        return call()
    except stripe.StripeError as error:
        raise NotDone(_codes(error)) from None


def _never_connected(error: stripe.StripeError) -> bool:
    cause = error.__cause__
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _codes(error: stripe.StripeError) -> str:
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''} {error.request_id or ''}".strip()


def _words(error: stripe.CardError) -> str:
    """Stripe's message for the buyer; it writes those of card errors to be shown."""
    return str(error.user_message or _NOT_PAID)[:500]


def _payment(intent: Any, refunds: tuple[SeenRefund, ...] = ()) -> SeenPayment:
    error = _get(intent, "last_payment_error")
    charge = _get(intent, "latest_charge")
    returned = sum(refund.amount for refund in refunds if refund.status == "succeeded")
    if not refunds and charge is not None and not isinstance(charge, str):
        returned = charge.amount_refunded
    redirect = _get(_get(intent, "next_action"), "redirect_to_url")
    return SeenPayment(
        id=intent.id,
        reference=_reference(intent),
        status=_STATUS[intent.status],
        amount=intent.amount,
        currency=intent.currency.upper(),
        captured=intent.amount_received or 0,
        refunded=returned,
        action_url=_get(redirect, "url") or "",
        code=_get(error, "decline_code") or _get(error, "code") or "",
        message=_get(error, "message") or "",
        refunds=refunds,
        created_at=datetime.fromtimestamp(intent.created, UTC),
    )


def _refund(refund: Any) -> SeenRefund:
    status = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}.get(refund.status, "pending")
    return SeenRefund(id=refund.id, reference=_reference(refund), amount=refund.amount, status=status)


def _notice(event: Any) -> Notice:
    shown = event.data.object
    if shown.object == "payment_intent":
        status = _STATUS[shown.status]
        hint = f"{status} {_get(shown, 'amount_received') or 0} 0"
        return Notice(event_id=event.id, type=event.type, provider_id=shown.id, reference=_reference(shown), hint=hint)
    # charges, refunds, disputes: they name the payment
    return Notice(event_id=event.id, type=event.type, provider_id=_get(shown, "payment_intent") or "")


def _reference(shown: Any) -> str:
    return str(_get(_get(shown, "metadata"), "reference") or "")


def _get(shown: Any, name: str) -> Any:
    """A field that Stripe may leave out."""
    return getattr(shown, name, None) if shown is not None else None
