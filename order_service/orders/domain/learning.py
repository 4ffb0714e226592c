"""An order learns a fact, and says so to those whom it concerns."""

from __future__ import annotations

from typing import Any

from orders.domain import facts, parcels, sentences
from orders.domain.facts import Fact, ParcelFact, PaymentRefunded, numbered
from orders.domain.order import Order, Tracking
from orders.domain.states import OrderStatus, PaymentStatus
from orders.domain.timeline import EntryKind
from orders.domain.turn import Turn
from orders.events_out import OrderPaymentActionRequired, OrderPaymentDeclined, OrderRefunded


def learn(turn: Turn, fact: Fact) -> None:
    """Gather the fact, and derive the states anew."""
    order = turn.order
    turn.write(EntryKind.MESSAGE, fact.kind, _detail(fact))
    if isinstance(fact, ParcelFact) and fact.attempt != order.parcel:
        turn.change(known=order.known | {fact.key})
        turn.alert(f"News of parcel {fact.attempt} of this order, which is not the present one: {fact.kind}.")
        return
    turn.change(known=order.known | {fact.key}, **_what_it_says(order, fact))
    turn.order = turn.order.derived()


def differs(order: Order, fact: Fact) -> bool:
    """Whether it speaks of a payment of another amount than the order's total, which is never accepted."""
    return isinstance(fact, facts.PaymentAuthorized | facts.PaymentCaptured) and fact.amount != order.total


def learn_of_another_amount(turn: Turn, fact: Fact) -> None:
    """Stop asking, and have staff decide: the payment is not what the order costs."""
    assert isinstance(fact, facts.PaymentAuthorized | facts.PaymentCaptured)
    what = fact.kind.rpartition(".")[2]
    turn.write(EntryKind.MESSAGE, fact.kind, str(fact.amount))
    turn.change(known=turn.order.known | {facts.AmountDiffered.kind})
    turn.alert(
        f"Payments say that {fact.amount} was {what}, but the order's total is {turn.order.total}."
        " Cancel and put back, or correct the payment and ask again."
    )


def _what_it_says(order: Order, fact: Fact) -> dict[str, Any]:
    match fact:
        case facts.StockRejected():
            return {"shortages": fact.lines}
        case facts.PaymentActionRequired() if fact.attempt == order.attempt:
            return {"action_url": fact.action_url}
        case facts.PaymentRefundFailed() if fact.code == facts.REFUND_REVERSED and fact.refunded_total is not None:
            return {"refunded": fact.refunded_total}
        case facts.PaymentRefunded() if _was_reversed(order, fact):
            return {}
        case facts.PaymentRefunded():
            refused = f"{facts.PaymentRefundFailed.kind}:{fact.refund_id}"
            seen = {"attention": ""} if any(key.startswith(refused) for key in order.known) else {}
            return {"refunded": max(order.refunded, fact.refunded_total), **seen}
        case facts.ShipmentCreated() if order.tracking is None:
            return {"tracking": Tracking(carrier=fact.carrier, number=fact.tracking_number, url=fact.tracking_url)}
        case facts.ShipmentDispatched():
            return {
                "tracking": Tracking(carrier=fact.carrier, number=fact.tracking_number, url=fact.tracking_url),
                "dispatched_at": fact.dispatched_at,
            }
        case facts.ShipmentReturned() if order.dispatched_at is None:
            return {"dispatched_at": fact.returned_at}
        case facts.ShipmentLost() if order.dispatched_at is None:
            return {"dispatched_at": fact.occurred_at}
        case facts.ShipmentDelivered():
            return {"delivered_at": fact.delivered_at}
        case _:
            return {}


def _was_reversed(order: Order, fact: PaymentRefunded) -> bool:
    """The news that it was taken back has overtaken the news that it was made."""
    return numbered(f"{facts.PaymentRefundFailed.kind}:{fact.refund_id}", fact.attempt) in order.known


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
        case facts.ShipmentCancelRefused() | facts.ShipmentReturned() | facts.ShipmentLost():
            return fact.reason
        case facts.ShipmentCanceled():
            return f"by the {fact.by}"
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
    _announce_refund(turn, before)
    if turn.order.fulfillment is not before.fulfillment:
        turn.change(attention="")
        parcels.announce(turn, before, fact)
    _announce_the_rest(turn, fact)


def _announce_refund(turn: Turn, before: Order) -> None:
    if turn.order.refunded > before.refunded:
        turn.tell("refunded", sentences.refunded(turn.order.refunded - before.refunded))


def announce_refund_by_hand(turn: Turn, before: Order, fact: PaymentRefunded) -> None:
    """Tell of a refund that belongs to no cancellation and to no return."""
    if turn.order.refunded > before.refunded:
        turn.send(
            OrderRefunded(
                order_id=turn.order.id,
                number=turn.order.number,
                customer_id=turn.order.customer_id,
                amount=fact.amount,
                refunded_total=turn.order.refunded,
                reason=fact.reason,
            )
        )


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
            turn.send(
                OrderPaymentDeclined(
                    order_id=order.id,
                    number=order.number,
                    customer_id=order.customer_id,
                    attempt=fact.attempt,
                    reason=fact.message,
                    pay_until=order.pay_until,
                )
            )
            turn.tell("payment_declined", sentences.declined(fact.message), detail=fact.code)


def _announce_the_rest(turn: Turn, fact: Fact) -> None:
    match fact:
        case facts.ShipmentProgressed() if not turn.order.knows(facts.ShipmentDelivered):
            where = f" ({fact.location})" if fact.location else ""
            turn.tell("in_transit", f"{fact.description or fact.status}{where}")
        case facts.PaymentRefundFailed() if fact.code != facts.REFUND_EXCEEDS_CAPTURED:
            turn.alert(f"A refund failed ({fact.message}). Ask again when payments can do it.")


def _announce_to_a_closed_order(turn: Turn, before: Order, fact: Fact) -> None:
    canceled = turn.order.status is OrderStatus.CANCELED
    match fact:
        case facts.PaymentAuthorized() | facts.PaymentCaptured() if canceled:
            turn.tell("late_payment", sentences.LATE_PAYMENT, kind=EntryKind.COMPENSATION)
        case facts.PaymentRefunded() if canceled:
            _announce_refund(turn, before)
        case facts.PaymentRefundFailed() if fact.code != facts.REFUND_EXCEEDS_CAPTURED:
            turn.alert(f"The refund failed ({fact.message}). Ask again when payments can do it, or give it up.")
        case facts.ShipmentDispatched() | facts.ShipmentDelivered():
            parcels.tell_that_it_left(turn)
            turn.alert("The carrier has the parcel of a canceled order. Have it brought back.")
