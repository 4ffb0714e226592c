"""The reaction of an order to a fact: what it keeps of it, and the states that follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orders.domain import customer_texts, facts
from orders.domain.facts import AmountDiffered, Fact, ParcelFact, PaymentRefunded, PaymentRefundFailed
from orders.domain.holdings import holds_shipment
from orders.domain.order import Order, Tracking
from orders.domain.outcome import Alert, AlertCleared, Change, Note, StaffNote, customer_update
from orders.domain.states import OrderStatus
from orders.domain.steps import LEFT
from orders.domain.timeline import EntryKind


def learn(order: Order, fact: Fact) -> Change:
    """Keep the fact, and derive the states of payment, fulfillment and order. Raises IllegalTransition."""
    learned, received = _received(order, fact)
    after, kept = _kept_if_left(learned)
    return after, [*received, *kept]


def _received(order: Order, fact: Fact) -> Change:
    known = order.known | {fact.key}
    received = StaffNote(EntryKind.MESSAGE, fact.kind, _detail(fact))
    if isinstance(fact, AmountDiffered):
        received = StaffNote(EntryKind.MESSAGE, fact.stated, str(fact.amount))
        return replace(order, known=known), [received, _alert_of_amount(order, fact)]
    if isinstance(fact, ParcelFact) and fact.attempt != order.parcel:
        alert = Alert(f"{fact.kind} for parcel {fact.attempt} of this order, which is not the present one.")
        return replace(order, known=known), [received, alert]
    notes: list[Note] = [received, AlertCleared()] if _ends_refusal(order, fact) else [received]
    return replace(order, known=known, **_stated(order, fact)).derived(), notes


def amount_difference(order: Order, fact: Fact) -> AmountDiffered | None:
    """Return what to learn instead of a fact that states another amount than the total; it is never accepted."""
    if isinstance(fact, facts.PaymentAuthorized | facts.PaymentCaptured) and fact.amount != order.total:
        return AmountDiffered(order_id=order.id, stated=fact.kind, amount=fact.amount)
    return None


def _kept_if_left(order: Order) -> Change:
    """End a cancellation that came too late: shipping refused to stop the parcel, or the carrier has it."""
    if not (order.status is OrderStatus.CANCELING and order.knows(*LEFT) and holds_shipment(order)):
        return order, []
    order = replace(order.moved(OrderStatus.CONFIRMED), cancel_reason="")
    notes: list[Note] = [customer_update(order, "not_canceled", customer_texts.NOT_CANCELED)]
    if order.wholly_refunded:
        notes.append(Alert("The order was refunded in full, but the parcel has left. Have it returned, or clear this."))
    return order, notes


def _alert_of_amount(order: Order, fact: AmountDiffered) -> Alert:
    what = fact.stated.rpartition(".")[2]
    return Alert(
        f"Payments say that {fact.amount} was {what}, but the order's total is {order.total}."
        " Cancel and compensate, or correct the payment and resume."
    )


def _stated(order: Order, fact: Fact) -> dict[str, Any]:
    """Return the fields of the order that the fact states."""
    match fact:
        case facts.StockRejected():
            return {"shortages": fact.lines}
        case facts.PaymentActionRequired() if fact.attempt == order.attempt:
            return {"action_url": fact.action_url}
        case PaymentRefundFailed() if fact.code == facts.REFUND_REVERSED and fact.refunded_total is not None:
            return {"refunded": fact.refunded_total}
        case PaymentRefunded() if not _was_reversed(order, fact):
            return {"refunded": max(order.refunded, fact.refunded_total)}
        case facts.PaymentDisputeClosed() if _changes_refunded(order, fact):
            return {"refunded": fact.refunded_total}
        case facts.ShipmentCreated() if order.tracking is None:
            return {"tracking": _tracking(fact)}
        case facts.ShipmentDispatched():
            return {"tracking": _tracking(fact), "dispatched_at": fact.dispatched_at}
        case facts.ShipmentReturned() if order.dispatched_at is None:
            return {"dispatched_at": fact.returned_at}
        case facts.ShipmentLost() if order.dispatched_at is None:
            return {"dispatched_at": fact.occurred_at}
        case facts.ShipmentDelivered():
            return {"delivered_at": fact.delivered_at}
        case _:
            return {}


def _tracking(fact: facts.ShipmentCreated | facts.ShipmentDispatched) -> Tracking:
    return Tracking(carrier=fact.carrier, number=fact.tracking_number, url=fact.tracking_url)


def _was_reversed(order: Order, fact: PaymentRefunded) -> bool:
    """Return whether the message that the bank reversed the refund came before the message that it was made."""
    return PaymentRefundFailed.key_of_refund(fact.refund_id, fact.attempt) in order.known


def _changes_refunded(order: Order, fact: facts.PaymentDisputeClosed) -> bool:
    """Return whether money went to the customer by the dispute, or came back after an appeal."""
    other = "lost" if fact.outcome == "won" else "won"
    heard_other = fact.key_of_outcome(fact.dispute_id, other) in order.known
    return heard_other if fact.outcome == "won" else not heard_other


def _ends_refusal(order: Order, fact: Fact) -> bool:
    """Return whether a refund succeeded of which an attempt, with whatever number, had been refused."""
    if not isinstance(fact, PaymentRefunded) or _was_reversed(order, fact):
        return False
    first = PaymentRefundFailed.key_of_refund(fact.refund_id, attempt=1)
    return any(key.startswith(first) for key in order.known)


def _detail(fact: Fact) -> str:
    match fact:
        case facts.StockRejected():
            return ", ".join(f"{line.sku}: {line.available} of {line.requested}" for line in fact.lines)
        case facts.PaymentDeclined() | facts.PaymentActionRequired():
            return f"attempt {fact.attempt}"
        case facts.PaymentCaptureFailed() | PaymentRefundFailed() | facts.ShipmentFailed():
            return f"{fact.code}: {fact.message}"
        case PaymentRefunded():
            return f"{fact.amount}, {fact.refunded_total} in all"
        case facts.PaymentDisputed():
            return f"{fact.amount}: {fact.reason}"
        case facts.PaymentDisputeClosed():
            return f"{fact.amount}: {fact.outcome}"
        case facts.ShipmentProgressed():
            return f"{fact.status}: {fact.description} {fact.location}".strip()
        case facts.ShipmentCancelRefused() | facts.ShipmentReturned() | facts.ShipmentLost():
            return fact.reason
        case facts.ShipmentCanceled():
            return f"by the {fact.by}"
        case _:
            return ""
