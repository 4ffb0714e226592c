"""What is told about an order's parcel, and how staff decide about one that did not arrive."""

from __future__ import annotations

from dataclasses import replace

from orders.domain import facts, sentences
from orders.domain.facts import Fact
from orders.domain.order import Order
from orders.domain.states import FulfillmentStatus
from orders.domain.turn import Turn
from orders.events_out import (
    OrderDelivered,
    OrderDispatched,
    OrderParcelCanceled,
    OrderParcelLost,
    OrderParcelReturned,
)

#: The parcel is nowhere on its way: staff send the order again, or end it.
STRANDED = frozenset(
    {
        FulfillmentStatus.FAILED,
        FulfillmentStatus.CANCELED,
        FulfillmentStatus.RETURNED_TO_SENDER,
        FulfillmentStatus.LOST,
    }
)


def announce(turn: Turn, before: Order, fact: Fact) -> None:
    """Tell the customer and the staff what has become of the parcel."""
    order = turn.order
    match order.fulfillment:
        case FulfillmentStatus.PREPARING:
            turn.tell("preparing", sentences.PREPARING)
        case FulfillmentStatus.DISPATCHED:
            tell_that_it_left(turn)
            turn.tell("dispatched", sentences.dispatched(order))
        case FulfillmentStatus.DELIVERED:
            _tell_that_it_arrived(turn)
        case FulfillmentStatus.RETURNED_TO_SENDER if isinstance(fact, facts.ShipmentReturned):
            _tell_that_it_left_after_all(turn, before)
            _tell_that_it_is_stranded(turn, OrderParcelReturned, "parcel_returned", sentences.PARCEL_RETURNED, fact)
            turn.alert(
                f"The parcel came back ({fact.reason}). Send it again, or refund it and put it back on the shelf."
            )
        case FulfillmentStatus.LOST if isinstance(fact, facts.ShipmentLost):
            _tell_that_it_left_after_all(turn, before)
            _tell_that_it_is_stranded(turn, OrderParcelLost, "parcel_lost", sentences.PARCEL_LOST, fact)
            turn.alert(f"The parcel is lost or damaged ({fact.reason}). Send it again, or refund it and write it off.")
        case FulfillmentStatus.CANCELED if isinstance(fact, facts.ShipmentCanceled):
            _tell_that_it_is_stranded(turn, OrderParcelCanceled, "parcel_canceled", sentences.PARCEL_CANCELED, fact)
            turn.alert("The carrier canceled the parcel. Send it again, or cancel and put back.")
        case FulfillmentStatus.FAILED if isinstance(fact, facts.ShipmentFailed):
            turn.alert(f"The shipment failed ({fact.message}). Send it again, or cancel and put back.")


def tell_that_it_left(turn: Turn) -> None:
    """Publish `order.dispatched`, by which the units leave the shelf."""
    order = turn.order
    assert order.dispatched_at is not None or order.delivered_at is not None
    tracking = order.tracking
    turn.send(
        OrderDispatched(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            carrier=tracking.carrier if tracking else "",
            tracking_number=tracking.number if tracking else "",
            tracking_url=tracking.url if tracking else "",
            dispatched_at=order.dispatched_at or order.delivered_at or turn.now,
        )
    )


def _tell_that_it_arrived(turn: Turn) -> None:
    order = turn.order
    assert order.delivered_at is not None
    turn.send(
        OrderDelivered(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            lines=order.lines,
            delivered_at=order.delivered_at,
            returnable_until=order.delivered_at + turn.policy.return_window,
        )
    )
    turn.tell("delivered", sentences.DELIVERED)


def _tell_that_it_left_after_all(turn: Turn, before: Order) -> None:
    """The news of its end has overtaken the news that it had left."""
    if before.dispatched_at is None:
        tell_that_it_left(turn)


def _tell_that_it_is_stranded(turn: Turn, event: type, step: str, sentence: str, fact: Fact) -> None:
    order = turn.order
    turn.send(
        event(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            carrier=order.tracking.carrier if order.tracking else order.carrier,
            tracking_number=order.tracking.number if order.tracking else "",
            reason=getattr(fact, "reason", ""),
        )
    )
    turn.tell(step, sentence)


def next_parcel(order: Order) -> Order:
    """The order with another parcel, of which nothing is known yet."""
    return replace(order, parcel=order.parcel + 1, tracking=None, waiting=None, due_at=None, attention="").derived()
