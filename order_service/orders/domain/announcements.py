"""The announcements of a fact and its effects to customers, staff and other services."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orders.domain import customer_texts, facts
from orders.domain.checkout_saga import is_held
from orders.domain.facts import Fact, PaymentRefunded
from orders.domain.order import Order
from orders.domain.outcome import Alert, AlertCleared, CustomerUpdate, Note, Sent, customer_update
from orders.domain.policy import Policy
from orders.domain.states import FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.timeline import EntryKind
from orders.events_out import (
    AboutParcel,
    OrderDelivered,
    OrderDispatched,
    OrderParcelCanceled,
    OrderParcelLost,
    OrderParcelReturned,
    OrderPaymentActionRequired,
    OrderPaymentDeclined,
    OrderRefunded,
)

_STOPPED = "Send it although the payment is disputed, or cancel and compensate."
_PARCEL_OF_CANCELED_ORDER = Alert("The carrier has a parcel of a canceled order. Have it returned.")


def announcements(before: Order, after: Order, fact: Fact, *, policy: Policy, by_hand: bool = False) -> list[Note]:
    """Announce what the fact changed. A change that a later fact has overtaken is not announced.

    `by_hand`: the fact is about a refund that belongs to no cancellation and to no return.
    """
    notes = _of_closed_order(before, after, fact) if after.closed else _of_open_order(before, after, fact, policy)
    if by_hand and isinstance(fact, PaymentRefunded) and after.refunded > before.refunded:
        return _with_refund(notes, _refunded_by_hand(after, fact))
    return notes


def _of_open_order(before: Order, after: Order, fact: Fact, policy: Policy) -> list[Note]:
    notes: list[Note] = []
    if isinstance(fact, facts.StockReserved) and after.status is OrderStatus.PENDING:
        notes.append(customer_update(after, "reserved", customer_texts.RESERVED))
    if after.payment is not before.payment:
        notes += _of_payment(after, fact)
    notes += _of_refund(before, after, fact)
    if after.fulfillment is not before.fulfillment:
        notes += [AlertCleared(), *_of_fulfillment(before, after, fact, policy)]
    match fact:
        case facts.ShipmentProgressed() if not after.knows(facts.ShipmentDelivered):
            where = f" ({fact.location})" if fact.location else ""
            notes.append(customer_update(after, "in_transit", f"{fact.description or fact.status}{where}"))
        case facts.PaymentRefundFailed() if fact.code != facts.REFUND_EXCEEDS_CAPTURED:
            notes.append(Alert(f"A refund failed ({fact.message}). Ask again when payments can do it."))
        case facts.PaymentDisputed() if is_held(after):
            notes += [customer_update(after, "payment_disputed", customer_texts.DISPUTED), _disputed(fact, _STOPPED)]
        case facts.PaymentDisputed():
            notes.append(_disputed(fact, ""))
        case facts.PaymentDisputeClosed():
            notes.append(_dispute_closed(fact, _STOPPED if is_held(after) else ""))
        case facts.ShipmentCancelRefused() if after.unsettled_disputes:
            notes.append(Alert(f"The parcel of this disputed order could not be stopped ({fact.reason})."))
    return notes


def _of_closed_order(before: Order, after: Order, fact: Fact) -> list[Note]:
    canceled = after.status is OrderStatus.CANCELED
    match fact:
        case facts.PaymentAuthorized() | facts.PaymentCaptured() if canceled:
            return [customer_update(after, "late_payment", customer_texts.LATE_PAYMENT, kind=EntryKind.COMPENSATION)]
        case PaymentRefunded() if canceled:
            return _of_refund(before, after, fact)
        case facts.PaymentDisputed():
            return [_disputed(fact, "The order is canceled.")]
        case facts.PaymentDisputeClosed():
            return [*_of_refund(before, after, fact), _dispute_closed(fact, "The order is canceled.")]
        case facts.PaymentRefundFailed() if fact.code != facts.REFUND_EXCEEDS_CAPTURED:
            return [Alert(f"The refund failed ({fact.message}). Ask again when payments can do it, or give it up.")]
        case facts.ShipmentDispatched():
            return [Sent(_dispatched(after, fact.dispatched_at)), _PARCEL_OF_CANCELED_ORDER]
        case facts.ShipmentDelivered():
            return [Sent(_dispatched(after, fact.delivered_at)), _PARCEL_OF_CANCELED_ORDER]
    return []


# Money


def _of_payment(order: Order, fact: Fact) -> list[Note]:
    match order.payment, fact:
        case PaymentStatus.AUTHORIZED, _:
            return [customer_update(order, "authorized", customer_texts.AUTHORIZED)]
        case PaymentStatus.ACTION_REQUIRED, facts.PaymentActionRequired() if order.pay_until:
            required = OrderPaymentActionRequired(
                order_id=order.id,
                number=order.number,
                customer_id=order.customer_id,
                action_url=order.action_url,
                expires_at=order.pay_until,
                instructions=fact.instructions,
            )
            text = fact.instructions or customer_texts.ACTION_REQUIRED
            return [customer_update(order, "payment_action_required", text, event=required)]
        case PaymentStatus.DECLINED, facts.PaymentDeclined() if order.pay_until:
            declined = OrderPaymentDeclined(
                order_id=order.id,
                number=order.number,
                customer_id=order.customer_id,
                attempt=fact.attempt,
                reason=fact.message,
                pay_until=order.pay_until,
            )
            text = customer_texts.declined(fact.message)
            return [customer_update(order, "payment_declined", text, detail=fact.code, event=declined)]
    return []


def _of_refund(before: Order, after: Order, fact: Fact) -> list[Note]:
    if after.refunded > before.refunded:
        by_bank = isinstance(fact, facts.PaymentDisputeClosed)
        text = customer_texts.charged_back if by_bank else customer_texts.refunded
        return [customer_update(after, "refunded", text(after.refunded - before.refunded))]
    return []


def _disputed(fact: facts.PaymentDisputed, what_now: str) -> Alert:
    until = f" by {fact.respond_by:%Y-%m-%d %H:%M} UTC" if fact.respond_by else ""
    demand = f"The customer's bank demands {fact.amount} back ({fact.reason or 'no reason given'})."
    return Alert(f"{demand} Answer at the provider{until}. {what_now}".strip())


def _dispute_closed(fact: facts.PaymentDisputeClosed, what_now: str) -> Alert:
    return Alert(f"The dispute over {fact.amount} was {fact.outcome}. {what_now}".strip())


def _refunded_by_hand(order: Order, fact: PaymentRefunded) -> OrderRefunded:
    return OrderRefunded(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        amount=fact.amount,
        refunded_total=order.refunded,
        reason=fact.reason,
    )


def _with_refund(notes: list[Note], event: OrderRefunded) -> list[Note]:
    """Send the event with the step of the refund; an order that is being canceled shows no such step."""
    told = [
        replace(note, event=event) if isinstance(note, CustomerUpdate) and note.step == "refunded" else note
        for note in notes
    ]
    return told if told != notes else [*notes, Sent(event)]


# The parcel


def _of_fulfillment(before: Order, after: Order, fact: Fact, policy: Policy) -> list[Note]:
    match after.fulfillment, fact:
        case FulfillmentStatus.PREPARING, _:
            return [customer_update(after, "preparing", customer_texts.PREPARING)]
        case FulfillmentStatus.DISPATCHED, _:
            text = customer_texts.dispatched(after)
            return [customer_update(after, "dispatched", text, event=_dispatched(after))]
        case FulfillmentStatus.DELIVERED, _:
            return [customer_update(after, "delivered", customer_texts.DELIVERED, event=_delivered(after, policy))]
        case FulfillmentStatus.RETURNED_TO_SENDER, facts.ShipmentReturned():
            return [
                *_dispatched_after_all(before, after),
                customer_update(
                    after,
                    "parcel_returned",
                    customer_texts.PARCEL_RETURNED,
                    event=_not_delivered(OrderParcelReturned, after, fact.reason),
                ),
                Alert(f"The parcel came back ({fact.reason}). Send it again, or refund and restock it."),
            ]
        case FulfillmentStatus.LOST, facts.ShipmentLost():
            return [
                *_dispatched_after_all(before, after),
                customer_update(
                    after,
                    "parcel_lost",
                    customer_texts.PARCEL_LOST,
                    event=_not_delivered(OrderParcelLost, after, fact.reason),
                ),
                Alert(f"The parcel is lost or damaged ({fact.reason}). Send it again, or refund it and write it off."),
            ]
        case FulfillmentStatus.CANCELED, facts.ShipmentCanceled() if is_held(after):
            return [Alert(f"The parcel is stopped. {_STOPPED}")]
        case FulfillmentStatus.CANCELED, facts.ShipmentCanceled():
            return [
                customer_update(
                    after,
                    "parcel_canceled",
                    customer_texts.PARCEL_CANCELED,
                    event=_not_delivered(OrderParcelCanceled, after),
                ),
                Alert("The carrier canceled the parcel. Send it again, or cancel and compensate."),
            ]
        case FulfillmentStatus.FAILED, facts.ShipmentFailed():
            return [Alert(f"The shipment failed ({fact.message}). Send it again, or cancel and compensate.")]
    return []


def _dispatched(order: Order, at: datetime | None = None) -> OrderDispatched:
    """Return `order.dispatched`, by which products counts the units out.

    `at`: when the parcel left, if the order does not know it, because it is not the present parcel.
    """
    dispatched_at = order.dispatched_at or order.delivered_at or at
    assert dispatched_at is not None
    tracking = order.tracking
    return OrderDispatched(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        carrier=tracking.carrier if tracking else "",
        tracking_number=tracking.number if tracking else "",
        tracking_url=tracking.url if tracking else "",
        dispatched_at=dispatched_at,
    )


def _dispatched_after_all(before: Order, after: Order) -> list[Note]:
    """Return `order.dispatched` if the message of the parcel's end came before the message of its dispatch."""
    return [Sent(_dispatched(after))] if before.dispatched_at is None else []


def _delivered(order: Order, policy: Policy) -> OrderDelivered:
    assert order.delivered_at is not None
    return OrderDelivered(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        lines=order.lines,
        delivered_at=order.delivered_at,
        returnable_until=order.delivered_at + policy.return_window,
    )


def _not_delivered(event: type[AboutParcel], order: Order, reason: str = "") -> AboutParcel:
    return event(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        carrier=order.tracking.carrier if order.tracking else order.carrier,
        tracking_number=order.tracking.number if order.tracking else "",
        reason=reason,
    )
