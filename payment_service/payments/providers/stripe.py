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

from chassis.core.money import Money
from payments.domain.seen import SeenPayment, SeenRefund, SeenStatus, Unreadable
from payments.providers.port import (
    WEBHOOK_TOLERANCE,
    Charge,
    Dispute,
    InvalidWebhook,
    NotDone,
    Notice,
    Refused,
    Unknown,
)
from payments.providers.stripe_amounts import AmountNotRepresentable, from_stripe, to_stripe

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
#: The request may have been sent again and again: its object is looked for up to now, whatever the clocks say.
_AHEAD = timedelta(days=1)
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
            "amount": _amount(charge.amount),
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
        params: Any = {"amount_to_capture": _amount(amount)}
        intents = self._client.v1.payment_intents
        return _payment(_doing(lambda: intents.capture(provider_id, params, {"idempotency_key": key})))

    def void(self, provider_id: str, *, key: str) -> SeenPayment:
        intents = self._client.v1.payment_intents
        return _payment(_doing(lambda: intents.cancel(provider_id, {}, {"idempotency_key": key})))

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> SeenRefund:
        params: Any = {
            "payment_intent": provider_id,
            "amount": _amount(amount),
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
            intents = self._list(since, datetime.now(UTC) + _AHEAD)
            found = next((intent for intent in intents if _reference(intent) == str(reference)), None)
            return _payment(found) if found is not None else None

        return _looking(find)

    def created(self, start: datetime, end: datetime) -> Iterable[SeenPayment | Unreadable]:
        try:
            yield from map(_readable, self._list(start, end))
        except stripe.StripeError as error:
            raise NotDone(_codes(error)) from None

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

    def _list(self, start: datetime, end: datetime) -> Iterable[Any]:
        """PaymentIntents, newest first."""
        params: Any = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp()) + 1},
            "limit": 100,
            "expand": ["data.latest_charge"],
        }
        return self._client.v1.payment_intents.list(params).auto_paging_iter()  # type: ignore[no-any-return]


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


def _amount(money: Money) -> int:
    """In Stripe's units; what it would round is refused."""
    try:
        return to_stripe(money)
    except AmountNotRepresentable as error:
        raise Refused(error.code, error.message) from None


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
        returned = from_stripe(charge.amount_refunded, intent.currency)
    redirect = _get(_get(intent, "next_action"), "redirect_to_url")
    return SeenPayment(
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


def _readable(intent: Any) -> SeenPayment | Unreadable:
    try:
        return _payment(intent)
    except (KeyError, TypeError, ValueError, AttributeError, AmountNotRepresentable) as error:
        return Unreadable(id=str(intent.id), reference=_reference(intent), error=repr(error))


def _refund(refund: Any) -> SeenRefund:
    status = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}.get(refund.status, "pending")
    amount = from_stripe(refund.amount, refund.currency)
    return SeenRefund(id=refund.id, reference=_reference(refund), amount=amount, status=status)


def _notice(event: Any) -> Notice:
    shown = event.data.object
    if shown.object == "payment_intent":
        return Notice(
            event_id=event.id, type=event.type, provider_id=shown.id, reference=_reference(shown), hint=_hint(shown)
        )
    # charges, refunds, disputes: they name the payment
    dispute = _dispute(shown) if shown.object == "dispute" else None
    provider_id = _get(shown, "payment_intent") or ""
    return Notice(event_id=event.id, type=event.type, provider_id=provider_id, dispute=dispute)


def _hint(intent: Any) -> str:
    """Empty for what we do not know: then the object is looked at."""
    status = _STATUS.get(intent.status)
    try:
        captured = from_stripe(_get(intent, "amount_received") or 0, intent.currency)
    except AmountNotRepresentable:
        return ""
    return f"{status} {captured} 0" if status else ""


def _dispute(shown: Any) -> Dispute:
    due = _get(_get(shown, "evidence_details"), "due_by")
    until = f", answer by {datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M} UTC" if due else ""
    try:
        sum_ = str(Money(from_stripe(shown.amount, shown.currency), shown.currency.upper()))
    except AmountNotRepresentable:
        sum_ = f"{shown.amount} {shown.currency} as Stripe counts"
    return Dispute(id=shown.id, text=f"{shown.status}: {sum_}, {_get(shown, 'reason') or 'no reason given'}{until}")


def _reference(shown: Any) -> str:
    return str(_get(_get(shown, "metadata"), "reference") or "")


def _get(shown: Any, name: str) -> Any:
    """A field that Stripe may leave out."""
    return getattr(shown, name, None) if shown is not None else None
