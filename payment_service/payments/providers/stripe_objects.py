"""Stripe's PaymentIntents, refunds, disputes and events in our terms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from payments.domain.dispute import DisputeStatus
from payments.domain.provider_payment import (
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    UnreadableObject,
)
from payments.domain.webhooks import WebhookNotice
from payments.providers.port import AmountNotRepresentable, SavedMethod
from payments.providers.stripe_amounts import from_stripe

#: In the metadata of a payment whose card or wallet the customer chooses in the browser, in the Payment Element.
IN_BROWSER = {"chosen": "in_browser"}

_STATUS = {
    "requires_payment_method": ProviderStatus.DECLINED,  # it was created with one, which was refused
    "requires_confirmation": ProviderStatus.PROCESSING,
    "processing": ProviderStatus.PROCESSING,
    "requires_action": ProviderStatus.ACTION_REQUIRED,
    "requires_capture": ProviderStatus.AUTHORIZED,
    "succeeded": ProviderStatus.CAPTURED,
    "canceled": ProviderStatus.VOIDED,
}
_DISPUTE_STATUS = {
    "warning_needs_response": DisputeStatus.NEEDS_RESPONSE,
    "warning_under_review": DisputeStatus.UNDER_REVIEW,
    "warning_closed": DisputeStatus.WON,
    "needs_response": DisputeStatus.NEEDS_RESPONSE,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "prevented": DisputeStatus.WON,
}
#: Stripe takes the money when a dispute is opened, and gives it back when the shop wins.
_TAKING = {"needs_response", "under_review", "lost"}


def status_of(intent: Any) -> ProviderStatus:
    """Return the status. Until a card works, the customer may try another one in the browser. Raises KeyError."""
    chosen = _get(_get(intent, "metadata"), "chosen")
    if intent.status == "requires_payment_method" and chosen == IN_BROWSER["chosen"]:
        return ProviderStatus.ACTION_REQUIRED
    return _STATUS[intent.status]


def payment_of(intent: Any, refunds: tuple[ProviderRefund, ...] = ()) -> ProviderPayment:
    error = _get(intent, "last_payment_error")
    returned = sum(refund.amount for refund in refunds if refund.status == "succeeded")
    redirect = _get(_get(intent, "next_action"), "redirect_to_url")
    return ProviderPayment(
        id=intent.id,
        reference=reference_of(intent),
        status=status_of(intent),
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


def listed(intent: Any) -> ProviderPayment | UnreadableObject:
    """Return a payment of a list that was asked to contain the charge with its refunds."""
    try:
        charge = _get(intent, "latest_charge")
        return payment_of(intent, tuple(map(refund_of, charge.refunds.data)) if charge is not None else ())
    except (KeyError, TypeError, ValueError, AttributeError, AmountNotRepresentable) as error:
        return UnreadableObject(id=str(intent.id), reference=reference_of(intent), error=repr(error))


def has_more_refunds(intent: Any) -> bool:
    return bool(_get(_get(_get(intent, "latest_charge"), "refunds"), "has_more"))


def refund_of(refund: Any) -> ProviderRefund:
    status = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}.get(refund.status, "pending")
    amount = from_stripe(refund.amount, refund.currency)
    return ProviderRefund(id=refund.id, reference=reference_of(refund), amount=amount, status=status)


def notice_of(event: Any) -> WebhookNotice:
    found = event.data.object
    if found.object == "payment_intent":
        return WebhookNotice(
            event_id=event.id,
            type=event.type,
            provider_id=found.id,
            reference=reference_of(found),
            snapshot=_snapshot(found),
        )
    # charges, refunds, disputes: they name the payment
    dispute_id = found.id if found.object == "dispute" else ""
    provider_id = _get(found, "payment_intent") or ""
    return WebhookNotice(event_id=event.id, type=event.type, provider_id=provider_id, dispute_id=dispute_id)


def _snapshot(intent: Any) -> str:
    """Return the snapshot, empty if we cannot interpret the object: then it is fetched."""
    try:
        status = status_of(intent)
        captured = from_stripe(_get(intent, "amount_received") or 0, intent.currency)
    except (AmountNotRepresentable, KeyError):
        return ""
    return f"{status} {captured} 0"


def dispute_of(found: Any) -> ProviderDispute:
    """Return the dispute. An inquiry (`warning_...`) takes no money. Raises AmountNotRepresentable."""
    due = _get(_get(found, "evidence_details"), "due_by")
    amount = from_stripe(found.amount, found.currency)
    return ProviderDispute(
        id=found.id,
        status=_DISPUTE_STATUS.get(found.status, DisputeStatus.UNDER_REVIEW),
        amount=amount,
        currency=found.currency.upper(),
        reason=_get(found, "reason") or "",
        respond_by=datetime.fromtimestamp(due, UTC) if due else None,
        taken=amount if found.status in _TAKING else 0,
        payment_id=_get(found, "payment_intent") or "",
    )


def saved_method_of(method: Any) -> SavedMethod:
    """Return a saved way to pay, with as little of a card as its owner needs to know it again."""
    card = _get(method, "card")
    if card is None:
        return SavedMethod(id=method.id, kind=method.type)
    expires = f"{card.exp_year}-{card.exp_month:02}"
    return SavedMethod(id=method.id, kind=method.type, brand=card.brand, last4=card.last4, expires=expires)


def order_of(intent: Any) -> str:
    """Return the id of our order."""
    return str(_get(_get(intent, "metadata"), "order_id") or "")


def reference_of(found: Any) -> str:
    return str(_get(_get(found, "metadata"), "reference") or "")


def _get(found: Any, name: str) -> Any:
    """Return a field that Stripe may leave out, or None."""
    return getattr(found, name, None) if found is not None else None
