"""PayPal's orders, captures, refunds and disputes in our terms. A PayPal order is the provider's payment object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.domain.dispute import DECIDED, DisputeStatus
from payments.domain.provider_payment import ProviderDispute, ProviderPayment, ProviderRefund, ProviderStatus
from payments.providers.paypal_amounts import from_paypal

Document = Mapping[str, Any]

#: Statuses of an order while no authorization was made.
_OPEN = {
    "CREATED": ProviderStatus.ACTION_REQUIRED,
    "SAVED": ProviderStatus.ACTION_REQUIRED,
    "PAYER_ACTION_REQUIRED": ProviderStatus.ACTION_REQUIRED,
    "APPROVED": ProviderStatus.APPROVED,
    "VOIDED": ProviderStatus.VOIDED,
    "COMPLETED": ProviderStatus.PROCESSING,
}
_AUTHORIZATION = {
    "CREATED": ProviderStatus.AUTHORIZED,
    "PENDING": ProviderStatus.PROCESSING,
    "DENIED": ProviderStatus.DECLINED,
    "VOIDED": ProviderStatus.VOIDED,
    "CAPTURED": ProviderStatus.PROCESSING,
    "PARTIALLY_CAPTURED": ProviderStatus.PROCESSING,
}
_TAKEN = {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}
_REFUND = {"COMPLETED": "succeeded", "FAILED": "failed", "CANCELLED": "failed"}
#: `RESOLVED_WITH_PAYOUT`: PayPal has paid the buyer itself.
_OUTCOME = {
    "RESOLVED_BUYER_FAVOUR": DisputeStatus.LOST,
    "ACCEPTED": DisputeStatus.LOST,
    "RESOLVED_SELLER_FAVOUR": DisputeStatus.WON,
    "RESOLVED_WITH_PAYOUT": DisputeStatus.WON,
    "CANCELED_BY_BUYER": DisputeStatus.WON,
    "DENIED": DisputeStatus.WON,
}
_UNANSWERED = {"OPEN", "WAITING_FOR_SELLER_RESPONSE"}
_ACTION_LINKS = {"payer-action", "approve"}


def payment_of(order: Document) -> ProviderPayment:
    """Return the payment object that an order is, with its refunds. Raises KeyError for one that is not ours."""
    (unit,) = order["purchase_units"]
    amount = from_paypal(unit["amount"])
    refunds = tuple(map(refund_of, _payments(order, "refunds")))
    status = status_of(order)
    denied = status is ProviderStatus.DECLINED
    return ProviderPayment(
        id=order["id"],
        reference=str(unit.get("custom_id", "")),
        status=status,
        amount=amount.amount,
        currency=amount.currency,
        captured=sum(from_paypal(capture["amount"]).amount for capture in captures_of(order)),
        refunded=sum(refund.amount for refund in refunds if refund.status == "succeeded"),
        action_url=_action_url(order) if status is ProviderStatus.ACTION_REQUIRED else "",
        code="authorization_denied" if denied else "",
        message="PayPal refused the payment. Please choose another way to pay." if denied else "",
        refunds=refunds,
        created_at=_time(order.get("create_time")),
    )


def status_of(order: Document) -> ProviderStatus:
    """Return the status of an order: that of its captures, else of its last authorization, else its own."""
    captures = _payments(order, "captures")
    if captures_of(order):
        return ProviderStatus.CAPTURED
    if any(capture["status"] == "PENDING" for capture in captures):
        return ProviderStatus.PROCESSING
    held = authorization_of(order)
    if held is not None:
        return _AUTHORIZATION[held["status"]]
    return _OPEN[order["status"]]


def authorization_of(order: Document) -> Document | None:
    """Return the authorization that counts: the last one, and one that is not voided before one that is."""
    made = sorted(_payments(order, "authorizations"), key=lambda one: (one["status"] != "VOIDED", one["create_time"]))
    return made[-1] if made else None


def captures_of(order: Document) -> list[Document]:
    """Return the captures whose money has come."""
    return [capture for capture in _payments(order, "captures") if capture["status"] in _TAKEN]


def refund_of(refund: Document) -> ProviderRefund:
    """`custom_id` is `<payment>.<refund>`, which we have sent; nothing for a refund by hand at PayPal."""
    return ProviderRefund(
        id=refund["id"],
        reference=str(refund.get("custom_id", "")).partition(".")[2],
        amount=from_paypal(refund["amount"]).amount,
        status=_REFUND.get(refund["status"], "pending"),
    )


def dispute_of(found: Document) -> ProviderDispute:
    """Return a dispute; `custom` of its transaction is our payment's id. An inquiry takes no money yet."""
    amount = from_paypal(found["dispute_amount"])
    transaction = (found.get("disputed_transactions") or [{}])[0]
    outcome = found.get("dispute_outcome") or {}
    status = _dispute_status(str(found["status"]), str(outcome.get("outcome_code", "")))
    inquiry = found.get("dispute_life_cycle_stage") == "INQUIRY"
    taken = amount.amount if status is DisputeStatus.LOST or (status not in DECIDED and not inquiry) else 0
    if status is DisputeStatus.LOST and outcome.get("amount_refunded"):
        taken = from_paypal(outcome["amount_refunded"]).amount
    return ProviderDispute(
        id=found["dispute_id"],
        status=status,
        amount=amount.amount,
        currency=amount.currency,
        reason=str(found.get("reason", "")).lower(),
        respond_by=None if status in DECIDED else _time(found.get("seller_response_due_date")),
        taken=taken,
        reference=str(transaction.get("custom", "")),
    )


def _dispute_status(status: str, outcome: str) -> DisputeStatus:
    if outcome in _OUTCOME:
        return _OUTCOME[outcome]
    return DisputeStatus.NEEDS_RESPONSE if status in _UNANSWERED else DisputeStatus.UNDER_REVIEW


def _payments(order: Document, kind: str) -> list[Document]:
    (unit,) = order["purchase_units"]
    return list(unit.get("payments", {}).get(kind, []))


def _action_url(order: Document) -> str:
    return next((link["href"] for link in order.get("links", []) if link["rel"] in _ACTION_LINKS), "")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
