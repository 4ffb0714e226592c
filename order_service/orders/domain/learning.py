"""An order learns a fact, and says so to those whom it concerns."""

from __future__ import annotations

from typing import Any

from orders.domain import facts, sentences
from orders.domain.facts import Fact
from orders.domain.order import AmountDiffers, Order, Tracking
from orders.domain.states import FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.timeline import EntryKind
from orders.domain.turn import Turn
from orders.events_out import (
    OrderDelivered,
    OrderDispatched,
    OrderPaymentActionRequired,
    OrderPaymentDeclined,
)


def learn(turn: Turn, fact: Fact) -> None:
    """Gather the fact, and derive the states anew. Raises AmountDiffers."""
    order = turn.order
    turn.write(EntryKind.MESSAGE, fact.kind, _detail(fact))
    turn.change(known=order.known | {fact.key}, **_what_it_says(order, fact))
    turn.order = turn.order.derived()


def _what_it_says(order: Order, fact: Fact) -> dict[str, Any]:
    match fact:
        case facts.StockRejected():
            return {"shortages": fact.lines}
        case facts.PaymentAuthorized() | facts.PaymentCaptured() if fact.amount != order.total:
            raise AmountDiffers(f"{fact.kind}: {fact.amount}, but the order's total is {order.total}.")
        case facts.PaymentActionRequired() if fact.attempt == order.attempt:
            return {"action_url": fact.action_url}
        case facts.PaymentRefunded():
            return {"refunded": max(order.refunded, fact.refunded_total)}
        case facts.ShipmentCreated() if order.tracking is None:
            return {"tracking": Tracking(carrier=fact.carrier, number=fact.tracking_number, url=fact.tracking_url)}
        case facts.ShipmentDispatched():
            return {
                "tracking": Tracking(carrier=fact.carrier, number=fact.tracking_number, url=fact.tracking_url),
                "dispatched_at": fact.dispatched_at,
            }
        case facts.ShipmentDelivered():
            return {"delivered_at": fact.delivered_at}
        case _:
            return {}


def _detail(fact: Fact) -> str:
    match fact:
        case facts.StockRejected():
            return ", ".join(f"{line.sku}: {line.available} of {line.requested}" for line in fact.lines)
        case facts.PaymentDeclined() | facts.PaymentActionRequired():
            return f"attempt {fact.attempt}"
        case facts.PaymentCaptureFailed() | facts.PaymentRefundFailed() | facts.ShipmentFailed():
            return f"{fact.code}: {fact.message}"
        case facts.PaymentRefunded():
            return f"{fact.amount}, {fact.refunded_total} in all"
        case facts.ShipmentProgressed():
            return f"{fact.status}: {fact.description} {fact.location}".strip()
        case facts.ShipmentCancelRefused():
            return fact.reason
        case _:
            return ""


def announce(turn: Turn, before: Order, fact: Fact) -> None:
    """Tell what the fact has changed. What was overtaken by a later fact is not told any more."""
    if turn.order.closed:
        _announce_to_a_closed_order(turn, before, fact)
        return
    if isinstance(fact, facts.StockReserved) and turn.order.status is OrderStatus.PENDING:
        turn.tell("reserved", sentences.RESERVED)
    if turn.order.payment is not before.payment:
        _announce_payment(turn, fact)
    if turn.order.refunded > before.refunded:
        turn.tell("refunded", sentences.refunded(turn.order.refunded - before.refunded))
    if turn.order.fulfillment is not before.fulfillment:
        turn.change(attention="")
        _announce_fulfillment(turn)
    _announce_the_rest(turn, fact)


def _announce_payment(turn: Turn, fact: Fact) -> None:
    order = turn.order
    match order.payment, fact:
        case PaymentStatus.AUTHORIZED, _:
            turn.tell("authorized", sentences.AUTHORIZED)
        case PaymentStatus.ACTION_REQUIRED, facts.PaymentActionRequired() if order.pay_until:
            turn.send(
                OrderPaymentActionRequired(
                    order_id=order.id,
                    number=order.number,
                    customer_id=order.customer_id,
                    action_url=order.action_url,
                    expires_at=order.pay_until,
                )
            )
            turn.tell("payment_action_required", sentences.ACTION_REQUIRED)
        case PaymentStatus.DECLINED, facts.PaymentDeclined() if order.pay_until:
            reason = sentences.declined(fact.message)
            turn.send(
                OrderPaymentDeclined(
                    order_id=order.id,
                    number=order.number,
                    customer_id=order.customer_id,
                    attempt=fact.attempt,
                    reason=reason,
                    pay_until=order.pay_until,
                )
            )
            turn.tell("payment_declined", reason, detail=fact.code)


def _announce_fulfillment(turn: Turn) -> None:
    order = turn.order
    match order.fulfillment:
        case FulfillmentStatus.PREPARING:
            turn.tell("preparing", sentences.PREPARING)
        case FulfillmentStatus.DISPATCHED if order.tracking and order.dispatched_at:
            turn.send(
                OrderDispatched(
                    order_id=order.id,
                    number=order.number,
                    customer_id=order.customer_id,
                    carrier=order.tracking.carrier,
                    tracking_number=order.tracking.number,
                    tracking_url=order.tracking.url,
                    dispatched_at=order.dispatched_at,
                )
            )
            turn.tell("dispatched", sentences.dispatched(order))
        case FulfillmentStatus.DELIVERED if order.delivered_at:
            turn.send(
                OrderDelivered(
                    order_id=order.id,
                    number=order.number,
                    customer_id=order.customer_id,
                    lines=order.lines,
                    delivered_at=order.delivered_at,
                )
            )
            turn.tell("delivered", sentences.DELIVERED)
        case FulfillmentStatus.CANCELED:
            turn.alert("The carrier canceled the shipment; the order goes on. Cancel and put back, or send it by hand.")


def _announce_the_rest(turn: Turn, fact: Fact) -> None:
    match fact:
        case facts.ShipmentProgressed() if not turn.order.knows(facts.ShipmentDelivered):
            where = f" ({fact.location})" if fact.location else ""
            turn.tell("in_transit", f"{fact.description or fact.status}{where}")
        case facts.ShipmentFailed():
            turn.alert(f"The shipment failed ({fact.message}). Ask again, or cancel and put back.")
        case facts.PaymentRefundFailed():
            turn.alert(f"A refund failed ({fact.message}). Resume it when payments can do it again.")


def _announce_to_a_closed_order(turn: Turn, before: Order, fact: Fact) -> None:
    canceled = turn.order.status is OrderStatus.CANCELED
    match fact:
        case facts.PaymentAuthorized() | facts.PaymentCaptured() if canceled:
            turn.tell("late_payment", sentences.LATE_PAYMENT, kind=EntryKind.COMPENSATION)
        case facts.PaymentRefunded() if canceled and turn.order.refunded > before.refunded:
            turn.tell("refunded", sentences.refunded(turn.order.refunded - before.refunded))
        case facts.PaymentRefundFailed():
            turn.alert(f"The refund failed ({fact.message}). Resume it when payments can do it again.")
        case facts.ShipmentDispatched() | facts.ShipmentDelivered():
            turn.alert("The carrier has the parcel of a canceled order. Have it brought back.")
