"""A parcel that does not arrive: staff and customer are notified at once, and staff decide."""

from uuid import uuid4

import pytest

from orders.domain import facts, lifecycle
from orders.domain.order import NothingToGiveUp, Order, OrderNotCancelable, ParcelNotLost, restock_id
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus
from orders.events_out import CreateShipment, OrderDelivered, RefundPayment, RestockReturn
from tests.domain.test_checkout_saga import Said, canceled, handled, sent, told
from tests.factories import NOON, POLICY, begun, euros
from tests.neighbors import LATER, TRACKING

STAFF = {"by": "staff@souk.test", "why": "Asked the customer", "now": NOON, "policy": POLICY}


@pytest.fixture
def order() -> Order:
    order = begun().order
    return told(order, *Said(order).up_to_paid, Said(order).created)


@pytest.fixture
def said(order: Order) -> Said:
    return Said(order)


def ended(order: Order, kind: str, **given: object) -> facts.Fact:
    about = {"order_id": order.id, **given}
    return {
        "returned": lambda: facts.ShipmentReturned(**about, reason="Nobody was there", returned_at=LATER),
        "lost": lambda: facts.ShipmentLost(**about, reason="lost", occurred_at=LATER),
        "canceled": lambda: facts.ShipmentCanceled(**about, by="carrier"),
        "failed": lambda: facts.ShipmentFailed(**about, code="x", message="No such street"),
    }[kind]()


TOLD = {
    "returned": (FulfillmentStatus.RETURNED_TO_SENDER, "order.parcel_returned", "came back (Nobody was there)"),
    "lost": (FulfillmentStatus.LOST, "order.parcel_lost", "lost or damaged (lost)"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_parcel_that_will_not_arrive_is_told_to_staff_and_customer_at_once(
    order: Order, said: Said, kind: str
) -> None:
    fulfillment, event, attention = TOLD[kind]
    outcome = handled(told(order, said.dispatched), ended(order, kind))
    assert (outcome.order.status, outcome.order.fulfillment) == (OrderStatus.CONFIRMED, fulfillment)
    assert sent(outcome) == [event]
    assert (outcome.messages[0].carrier, outcome.messages[0].tracking_number) == ("Atlas", "AT1")
    assert attention in outcome.order.attention
    assert "get in touch" in outcome.order.message
    with pytest.raises(OrderNotCancelable):
        canceled(outcome.order)


@pytest.mark.parametrize("kind", TOLD)
def test_news_of_the_end_that_overtake_the_dispatch_tell_that_the_units_have_left(
    order: Order, said: Said, kind: str
) -> None:
    outcome = handled(order, ended(order, kind))
    assert sent(outcome) == ["order.dispatched", TOLD[kind][1]]
    late = handled(outcome.order, said.dispatched)
    assert sent(late) == []
    assert late.order.fulfillment is TOLD[kind][0]


def test_a_carrier_that_cancels_leaves_an_order_that_is_sent_again(order: Order) -> None:
    outcome = handled(order, ended(order, "canceled"))
    assert sent(outcome) == ["order.parcel_canceled"]
    assert "Send it again" in outcome.order.attention
    again = lifecycle.resume(outcome.order, by="staff", now=NOON, policy=POLICY)
    assert sent(again) == ["shipment.create"]


@pytest.mark.parametrize("kind", ["returned", "lost", "canceled", "failed"])
def test_staff_send_an_order_again_and_only_the_new_parcel_counts(order: Order, said: Said, kind: str) -> None:
    before = told(order, said.dispatched) if kind in TOLD else order
    if kind == "failed":
        unsent = begun().order
        before = told(unsent, *Said(unsent).up_to_paid)
    stranded = told(before, ended(before, kind))
    again = lifecycle.send_again(stranded, **STAFF)
    (create,) = [message for message in again.messages if isinstance(message, CreateShipment)]
    assert (create.attempt, again.order.fulfillment, again.order.attention) == (2, FulfillmentStatus.UNFULFILLED, "")
    assert any("Asked the customer" in entry.detail for entry in again.entries)
    assert handled(again.order, ended(before, kind)).entries == ()
    old = facts.ShipmentProgressed(order_id=before.id, status="x", description="Old", occurred_at=LATER)
    assert "parcel 1" in handled(again.order, old).order.attention
    about = {"order_id": before.id, "attempt": 2}
    arrived = told(
        again.order,
        facts.ShipmentDispatched(**about, **TRACKING, dispatched_at=LATER),
        facts.ShipmentDelivered(**about, delivered_at=LATER),
    )
    assert arrived.fulfillment is FulfillmentStatus.DELIVERED


def test_a_parcel_that_came_back_is_refunded_and_restocked_once(order: Order, said: Said) -> None:
    order = told(order, said.dispatched, ended(order, "returned"))
    outcome = lifecycle.refund_parcel(order, restock=True, **STAFF)
    assert sent(outcome) == ["payment.refund"]
    outcome = handled(outcome.order, said.refunded)
    (restock,) = [message for message in outcome.messages if isinstance(message, RestockReturn)]
    assert restock.return_id == restock_id(order.id) != order.id
    assert [(line.sku, line.quantity) for line in restock.lines] == [("MUG", 1), ("SHIRT-M", 2)]
    outcome = handled(outcome.order, facts.StockRestocked(order_id=order.id, return_id=restock.return_id))
    (event,) = [message for message in outcome.messages if hasattr(message, "refunded")]
    assert (event.reason, event.refunded, event.lines) == ("undeliverable", order.total, order.lines)
    assert outcome.order.status is OrderStatus.CANCELED


def test_a_lost_parcel_is_refunded_and_its_units_are_written_off(order: Order, said: Said) -> None:
    order = told(order, said.dispatched, ended(order, "lost"))
    outcome = lifecycle.refund_parcel(order, restock=False, **STAFF)
    assert sent(outcome) == ["payment.refund"]
    outcome = handled(outcome.order, said.refunded)
    assert sent(outcome) == ["order.canceled"]
    assert (outcome.order.status, outcome.order.cancel_reason) == (OrderStatus.CANCELED, "lost")


def test_an_order_that_lost_a_parcel_and_failed_to_be_sent_again_writes_the_units_off(order: Order, said: Said) -> None:
    order = lifecycle.send_again(told(order, said.dispatched, ended(order, "lost")), **STAFF).order
    order = canceled(told(order, ended(order, "failed", attempt=2)), CancelReason.STAFF).order
    assert order.waiting.step == "fulfill"
    order = told(order, facts.ShipmentCanceled(order_id=order.id, attempt=2), said.refunded)
    assert order.status is OrderStatus.CANCELED


@pytest.mark.parametrize(
    "decide", [lifecycle.send_again, lambda order, **by: lifecycle.refund_parcel(order, restock=True, **by)]
)
def test_a_parcel_that_is_on_its_way_is_not_decided(order: Order, said: Said, decide) -> None:
    for before in (order, told(order, said.dispatched), told(order, said.dispatched, said.delivered)):
        with pytest.raises(ParcelNotLost):
            decide(before, **STAFF)


def test_a_lost_parcel_that_is_found_is_delivered(order: Order, said: Said) -> None:
    outcome = handled(told(order, said.dispatched, ended(order, "lost")), said.delivered)
    assert (sent(outcome), outcome.order.attention) == (["order.delivered"], "")


def test_a_delivery_tells_until_when_things_may_be_sent_back(order: Order, said: Said) -> None:
    outcome = handled(told(order, said.dispatched), said.delivered)
    (delivered,) = (message for message in outcome.messages if isinstance(message, OrderDelivered))
    assert delivered.returnable_until == outcome.order.delivered_at + POLICY.return_window


def by_hand(order: Order, amount: int) -> facts.PaymentRefunded:
    refund = euros(amount)
    return facts.PaymentRefunded(
        order_id=order.id, refund_id=uuid4(), amount=refund, refunded_total=refund, reason="We are sorry"
    )


def test_a_paid_order_that_is_wholly_refunded_is_not_sent(order: Order, said: Said) -> None:
    outcome = lifecycle.handle(order, by_hand(order, 7738), now=NOON, policy=POLICY, by_hand=True)
    assert sent(outcome) == ["order.refunded", "shipment.cancel"]
    assert (outcome.messages[0].amount, outcome.messages[0].reason) == (order.total, "We are sorry")
    outcome = handled(outcome.order, said.shipment_canceled)
    assert sent(outcome) == ["stock.release"]
    outcome = handled(outcome.order, said.released)
    assert (outcome.order.status, outcome.order.cancel_reason) == (OrderStatus.CANCELED, "refunded")


def test_a_partly_refunded_order_is_sent(order: Order) -> None:
    outcome = lifecycle.handle(order, by_hand(order, 500), now=NOON, policy=POLICY, by_hand=True)
    assert sent(outcome) == ["order.refunded"]
    assert outcome.order.status is OrderStatus.CONFIRMED


def test_staff_see_that_a_wholly_refunded_parcel_has_left(order: Order, said: Said) -> None:
    order = lifecycle.handle(order, by_hand(order, 7738), now=NOON, policy=POLICY, by_hand=True).order
    outcome = handled(order, said.cancel_refused)
    assert outcome.order.status is OrderStatus.CONFIRMED
    assert "the parcel has left" in outcome.order.attention


def test_staff_give_up_what_a_cancellation_waits_for(order: Order) -> None:
    with pytest.raises(NothingToGiveUp):
        lifecycle.give_up(order, **STAFF)
    order = canceled(order, CancelReason.STAFF).order
    waited_for = []
    while order.waiting:
        waited_for.append(order.waiting.step)
        outcome = lifecycle.give_up(order, **STAFF)
        order = outcome.order
    assert waited_for == ["fulfill", "capture", "allocate"]
    assert order.status is OrderStatus.CANCELED
    assert not [message for message in outcome.messages if isinstance(message, RefundPayment)]


def test_staff_clear_what_they_have_looked_at(order: Order) -> None:
    order = told(order, ended(order, "lost"))
    outcome = lifecycle.dismiss(order, **STAFF)
    assert (outcome.order.attention, outcome.messages) == ("", ())
    assert "lost or damaged" in outcome.entries[0].detail


def test_the_carrier_may_take_an_earlier_parcel_of_a_canceled_order(order: Order, said: Said) -> None:
    order = told(order, ended(order, "canceled"))
    order = canceled(lifecycle.send_again(order, **STAFF).order).order
    outcome = handled(order, said.dispatched)
    assert sent(outcome) == ["order.dispatched"]
    assert outcome.messages[0].dispatched_at == said.dispatched.dispatched_at
    assert "a parcel of a canceled order" in outcome.order.attention
