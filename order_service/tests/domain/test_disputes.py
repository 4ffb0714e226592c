"""A disputed payment: a parcel that has not left is stopped until a person decides."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from orders.domain import facts, lifecycle
from orders.domain.order import Order, OrderHeld, OrderNotHeld, ParcelBeingStopped
from orders.domain.outcome import Outcome
from orders.domain.states import CancelReason, CustomerStatus, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.events_out import CancelShipment, CreateShipment, OrderCanceled, OrderParcelCanceled, RefundPayment
from tests.factories import NOON, POLICY, begun, euros
from tests.neighbors import LATER, TRACKING

STAFF = {"by": "ann", "why": "The bank agrees", "now": NOON, "policy": POLICY}
DISPUTE = uuid4()


def hear(order: Order, *told: type[facts.Fact], **given: object) -> Outcome:
    """Let the order hear these facts; the outcome is that of the last one."""
    outcome = Outcome(order)
    for kind in told:
        fact = kind(order_id=order.id, **given)
        outcome = lifecycle.handle(outcome.order, fact, now=NOON, policy=POLICY)
    return outcome


def paid() -> Order:
    order = begun().order
    order = hear(order, facts.StockReserved).order
    order = hear(order, facts.PaymentAuthorized, amount=order.total).order
    order = hear(order, facts.StockAllocated).order
    return hear(order, facts.PaymentCaptured, amount=order.total).order


def labeled() -> Order:
    return hear(paid(), facts.ShipmentCreated, **TRACKING).order


def disputed(order: Order) -> Outcome:
    due = datetime(2030, 5, 8, 12, 0, tzinfo=UTC)
    return hear(
        order, facts.PaymentDisputed, dispute_id=DISPUTE, amount=order.total, reason="fraudulent", respond_by=due
    )


def stopped(order: Order | None = None) -> Order:
    return hear(disputed(order or labeled()).order, facts.ShipmentCanceled).order


def decided(order: Order, outcome: str) -> Outcome:
    total = order.total if outcome == "lost" else euros(0)
    return hear(
        order,
        facts.PaymentDisputeClosed,
        dispute_id=DISPUTE,
        outcome=outcome,
        amount=order.total,
        refunded_total=total,
    )


def kinds(outcome: Outcome) -> list[type]:
    return [type(message) for message in outcome.messages]


@pytest.mark.parametrize("order", [paid(), labeled()], ids=["requested", "labeled"])
def test_a_parcel_that_has_not_left_is_stopped_and_staff_and_customer_are_told(order):
    outcome = disputed(order)
    assert CancelShipment in kinds(outcome)
    assert outcome.order.attention.startswith(
        f"The customer's bank demands {order.total} back (fraudulent). Answer at the provider by 2030-05-08 12:00 UTC."
    )
    assert "We keep your parcel here" in outcome.order.message


def test_the_customer_of_a_stopped_parcel_is_not_told_that_the_carrier_did_it():
    outcome = hear(disputed(labeled()).order, facts.ShipmentCanceled)
    assert OrderParcelCanceled not in kinds(outcome)
    assert outcome.order.attention.startswith("The parcel is stopped.")
    assert (outcome.order.waiting, outcome.order.due_at) == (None, None)


def test_a_dispute_that_comes_before_the_order_is_confirmed_stops_the_parcel_too():
    order = begun().order
    order = disputed(order).order
    outcome = hear(order, facts.StockReserved)
    outcome = hear(outcome.order, facts.PaymentCaptured, amount=order.total)
    outcome = hear(outcome.order, facts.StockAllocated)
    assert outcome.order.status is OrderStatus.CONFIRMED
    assert CreateShipment not in kinds(outcome)


def test_a_stopped_parcel_that_shipping_does_not_confirm_is_asked_for_again():
    order = disputed(labeled()).order
    again = lifecycle.wake(order, now=order.waiting.ask_again_at, policy=POLICY)
    assert kinds(again) == [CancelShipment]


def test_staff_send_the_parcel_all_the_same():
    outcome = lifecycle.release(stopped(), **STAFF)
    assert CreateShipment in kinds(outcome)
    assert (outcome.order.parcel, outcome.order.attention) == (2, "")
    sent = hear(outcome.order, facts.ShipmentDispatched, **TRACKING, dispatched_at=LATER, attempt=2).order
    assert sent.customer_status is CustomerStatus.SHIPPED


def test_staff_decide_once_the_parcel_is_stopped():
    with pytest.raises(ParcelBeingStopped):
        lifecycle.release(disputed(labeled()).order, **STAFF)


@pytest.mark.parametrize("act", [lifecycle.send_again, lifecycle.dismiss], ids=["send again", "dismiss"])
def test_no_other_action_sends_or_hides_a_held_order(act):
    with pytest.raises(OrderHeld):
        act(stopped(), **STAFF)


def test_an_order_without_a_dispute_is_not_released():
    with pytest.raises(OrderNotHeld):
        lifecycle.release(labeled(), **STAFF)


def test_another_dispute_stops_the_parcel_again():
    order = lifecycle.release(stopped(), **STAFF).order
    outcome = hear(order, facts.PaymentDisputed, dispute_id=uuid4(), amount=order.total)
    assert CancelShipment in kinds(outcome)


def test_a_won_dispute_leaves_the_decision_to_staff():
    outcome = decided(stopped(), "won")
    assert CreateShipment not in kinds(outcome)
    assert outcome.order.attention.startswith(f"The dispute over {outcome.order.total} was won. Send it")


def test_an_order_whose_money_was_lost_before_its_parcel_left_is_canceled():
    order = decided(stopped(), "lost").order
    outcome = hear(order, facts.StockReleased)
    (canceled,) = [message for message in outcome.messages if isinstance(message, OrderCanceled)]
    assert canceled.reason == CancelReason.REFUNDED
    assert outcome.order.payment is PaymentStatus.REFUNDED


def test_the_refund_of_a_disputed_order_that_staff_cancel_waits_for_the_bank():
    order = lifecycle.cancel(stopped(), reason=CancelReason.STAFF, now=NOON, policy=POLICY).order
    order = hear(order, facts.StockReleased).order
    refused = {"refund_id": order.id, "code": facts.REFUND_EXCEEDS_CAPTURED, "message": "Disputed"}
    order = hear(order, facts.PaymentRefundFailed, **refused).order
    assert RefundPayment in kinds(decided(order, "won"))
    lost = decided(order, "lost")
    assert RefundPayment not in kinds(lost)
    assert lost.order.status is OrderStatus.CANCELED


@pytest.mark.parametrize("fulfillment", [FulfillmentStatus.DISPATCHED, FulfillmentStatus.DELIVERED])
def test_a_parcel_that_has_left_goes_on_and_staff_are_told(fulfillment):
    order = hear(labeled(), facts.ShipmentDispatched, **TRACKING, dispatched_at=LATER).order
    if fulfillment is FulfillmentStatus.DELIVERED:
        order = hear(order, facts.ShipmentDelivered, delivered_at=LATER).order
    outcome = disputed(order)
    assert outcome.messages == ()
    assert (outcome.order.fulfillment, outcome.order.waiting) == (fulfillment, order.waiting)
    assert "Answer at the provider" in outcome.order.attention


def test_a_parcel_that_could_not_be_stopped_goes_on_and_staff_are_told():
    outcome = hear(disputed(labeled()).order, facts.ShipmentCancelRefused, reason="It has left")
    assert outcome.order.attention == "The parcel of this disputed order could not be stopped (It has left)."
    assert outcome.order.waiting is None
    assert outcome.order.due_at is not None


@pytest.mark.parametrize("first", ["won", "lost"])
def test_an_appeal_counts_whatever_comes_first(first):
    order = hear(labeled(), facts.ShipmentDispatched, **TRACKING, dispatched_at=LATER).order
    second = "lost" if first == "won" else "won"
    order = decided(decided(disputed(order).order, first).order, second).order
    assert order.refunded.amount == 0


def test_the_customer_reads_that_the_bank_has_given_the_money_back():
    order = hear(labeled(), facts.ShipmentDispatched, **TRACKING, dispatched_at=LATER).order
    outcome = decided(disputed(order).order, "lost")
    assert outcome.order.message == f"Your bank has given you {order.total} back."
    assert outcome.order.payment is PaymentStatus.REFUNDED
