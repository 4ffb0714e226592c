"""The saga: given the facts of an order and a new one, expect a state and messages."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.core.messages import message_type
from chassis.core.states import IllegalTransition
from orders.domain import customer_texts, facts, lifecycle
from orders.domain.checkout_saga import STEPS
from orders.domain.facts import Fact
from orders.domain.order import (
    NothingToResume,
    Order,
    OrderNotCancelable,
    PaymentNotExpected,
    PaymentWindowOver,
    Tracking,
)
from orders.domain.outcome import Outcome
from orders.domain.states import (
    FULFILLMENT_TRANSITIONS,
    ORDER_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    CancelReason,
    CustomerStatus,
    FulfillmentStatus,
    OrderStatus,
    PaymentStatus,
    derived,
)
from tests.factories import NOON, POLICY, begun, euros
from tests.neighbors import LATER, TRACKING


def told(order: Order, *said: Fact) -> Order:
    for fact in said:
        order = lifecycle.handle(order, fact, now=NOON, policy=POLICY).order
    return order


def handled(order: Order, fact: Fact) -> Outcome:
    return lifecycle.handle(order, fact, now=NOON, policy=POLICY)


def canceled(order: Order, reason: CancelReason = CancelReason.CUSTOMER) -> Outcome:
    return lifecycle.cancel(order, reason=reason, now=NOON, policy=POLICY)


def woken(order: Order, **later: float) -> Outcome:
    return lifecycle.wake(order, now=NOON + timedelta(**later), policy=POLICY)


def sent(outcome: Outcome) -> list[str]:
    """Return the types of the messages, without the live updates."""
    names = [message_type(message).name.removesuffix(".v1") for message in outcome.messages]
    return [name for name in names if name != "order.progressed"]


class Said:
    """Facts about one order."""

    def __init__(self, order: Order) -> None:
        about = {"order_id": order.id}
        self.reserved = facts.StockReserved(**about)
        self.sold_out = facts.StockRejected(
            **about,
            lines=(
                facts.Shortage(sku="SHIRT-M", requested=2, available=1),
                facts.Shortage(sku="MUG", requested=1, available=0),
            ),
        )
        self.authorized = facts.PaymentAuthorized(**about, amount=order.total)
        self.action = facts.PaymentActionRequired(**about, attempt=1, action_url="https://bank.example/")
        self.declined = facts.PaymentDeclined(**about, attempt=1, code="do_not_honor", message="Not honored.")
        self.allocated = facts.StockAllocated(**about)
        self.released = facts.StockReleased(**about)
        self.captured = facts.PaymentCaptured(**about, amount=order.total)
        self.capture_failed = facts.PaymentCaptureFailed(**about, code="expired", message="Expired")
        self.voided = facts.PaymentVoided(**about)
        self.refunded = facts.PaymentRefunded(
            **about, refund_id=order.id, amount=order.total, refunded_total=order.total
        )
        self.refund_failed = facts.PaymentRefundFailed(**about, refund_id=order.id, code="x", message="Bank away")
        self.created = facts.ShipmentCreated(**about, **TRACKING)
        self.dispatched = facts.ShipmentDispatched(**about, **TRACKING, dispatched_at=LATER)
        self.delivered = facts.ShipmentDelivered(**about, delivered_at=LATER)
        self.shipment_canceled = facts.ShipmentCanceled(**about)
        self.cancel_refused = facts.ShipmentCancelRefused(**about, reason="It has left.")
        self.shipment_failed = facts.ShipmentFailed(**about, code="bad_address", message="No such street")
        self.up_to_paid = (self.reserved, self.authorized, self.allocated, self.captured)


@pytest.fixture
def order() -> Order:
    return begun().order


@pytest.fixture
def said(order: Order) -> Said:
    return Said(order)


# Forward


def test_a_placed_order_asks_for_its_stock_and_nothing_else() -> None:
    outcome = begun()
    assert sent(outcome) == ["order.placed", "stock.reserve"]
    assert outcome.order.status is OrderStatus.PENDING
    (reserve,) = [message for message in outcome.messages if hasattr(message, "hold_seconds")]
    assert [(line.sku, line.quantity) for line in reserve.lines] == [("MUG", 1), ("SHIRT-M", 2)]
    assert reserve.hold_seconds > POLICY.payment_window.total_seconds()


def test_each_answer_asks_for_the_next_step(order: Order, said: Said) -> None:
    asked = []
    for fact in (*said.up_to_paid, said.created, said.dispatched, said.delivered):
        outcome = handled(order, fact)
        order = outcome.order
        asked.append(sent(outcome))
    assert asked == [
        ["payment.authorize"],
        ["stock.allocate"],
        ["payment.capture"],
        ["order.confirmed", "shipment.create"],
        [],
        ["order.dispatched"],
        ["order.delivered"],
    ]
    assert (order.status, order.customer_status) == (OrderStatus.CONFIRMED, CustomerStatus.DELIVERED)


def test_the_return_window_ends_in_completed(order: Order, said: Said) -> None:
    order = told(order, *said.up_to_paid, said.created, said.dispatched, said.delivered)
    assert order.due_at == LATER + POLICY.return_window
    outcome = lifecycle.wake(order, now=order.due_at, policy=POLICY)
    assert sent(outcome) == ["order.completed"]
    assert outcome.order.status is OrderStatus.COMPLETED
    assert outcome.order.due_at is None


@pytest.mark.parametrize("fact", ["authorized", "captured"])
def test_another_amount_than_the_total_is_never_accepted_and_staff_see_both(
    order: Order, said: Said, fact: str
) -> None:
    order = told(order, said.reserved)
    outcome = handled(order, replace(getattr(said, fact), amount=euros(1)))
    assert sent(outcome) == []
    assert outcome.order.payment is PaymentStatus.PENDING
    assert "0.01 EUR" in outcome.order.attention
    assert "77.38 EUR" in outcome.order.attention
    assert outcome.order.waiting.ask_again_at is None
    assert handled(outcome.order, replace(getattr(said, fact), amount=euros(1))).entries == ()
    resumed = lifecycle.resume(outcome.order, by="staff", now=NOON, policy=POLICY)
    assert (sent(resumed), resumed.order.attention) == (["payment.authorize"], "")
    assert told(resumed.order, said.authorized).waiting.step == "allocate"
    assert sent(canceled(outcome.order, CancelReason.STAFF)) == ["payment.void"]


def test_a_scan_on_the_way_is_told_and_changes_no_state(order: Order, said: Said) -> None:
    order = told(order, *said.up_to_paid, said.created, said.dispatched)
    scan = facts.ShipmentProgressed(
        order_id=order.id, status="in_transit", description="Sorted", location="Lyon", occurred_at=LATER
    )
    outcome = handled(order, scan)
    assert outcome.order.message == "Sorted (Lyon)"
    assert outcome.order.fulfillment is FulfillmentStatus.DISPATCHED


# Asking again


def test_a_step_that_waits_too_long_asks_again_with_the_same_key_and_growing_patience(order: Order) -> None:
    assert woken(order, seconds=19).messages == ()
    first = woken(order, seconds=20)
    assert sent(first) == ["stock.reserve"]
    assert first.messages == (STEPS[0].ask(order, POLICY).message,)
    second = lifecycle.wake(first.order, now=first.order.waiting.ask_again_at, policy=POLICY)
    assert sent(second) == ["stock.reserve"]
    gaps = [
        (before.waiting.ask_again_at, after.waiting.ask_again_at)
        for before, after in ((order, first.order), (first.order, second.order))
    ]
    assert [late - early for early, late in gaps] == [timedelta(seconds=40), timedelta(seconds=80)]
    assert second.order.waiting.asks == 3


def test_undo_steps_are_asked_again_too(order: Order, said: Said) -> None:
    order = canceled(told(order, said.reserved)).order
    assert sent(woken(order, minutes=1)) == ["payment.void"]


def test_nobody_is_asked_again_while_it_is_the_customers_turn(order: Order, said: Said) -> None:
    order = told(order, said.reserved, said.action)
    assert order.waiting.ask_again_at is None
    assert woken(order, minutes=29).messages == ()


# Unhappy


def test_an_order_that_is_out_of_stock_is_canceled_and_says_which_line(order: Order, said: Said) -> None:
    outcome = handled(order, said.sold_out)
    assert sent(outcome) == ["order.canceled"]
    assert outcome.order.status is OrderStatus.CANCELED
    assert outcome.order.message == (
        "Of “Linen Shirt, M” only 1 of 2 are left; “Mug” is sold out. So the order was canceled. Nothing was charged."
    )


def test_stock_that_is_gone_at_allocation_voids_the_payment(order: Order, said: Said) -> None:
    order = told(order, said.reserved, said.authorized)
    outcome = handled(order, said.sold_out)
    assert sent(outcome) == ["payment.void"]
    outcome = handled(outcome.order, said.voided)
    assert sent(outcome) == ["order.canceled"]
    assert outcome.order.cancel_reason == "out_of_stock"


def test_a_declined_customer_may_pay_another_way(order: Order, said: Said) -> None:
    outcome = handled(told(order, said.reserved), said.declined)
    assert sent(outcome) == ["order.payment_declined"]
    assert outcome.messages[0].reason == said.declined.message, "a mail says who says it"
    assert outcome.order.payment is PaymentStatus.DECLINED
    outcome = lifecycle.pay_another_way(outcome.order, payment_method="card_2", now=NOON, policy=POLICY)
    assert sent(outcome) == ["payment.authorize"]
    assert (outcome.messages[-1].attempt, outcome.messages[-1].payment_method) == (2, "card_2")
    assert outcome.order.payment is PaymentStatus.PENDING
    assert handled(outcome.order, said.declined).messages == ()
    outcome = handled(outcome.order, said.authorized)
    assert sent(outcome) == ["stock.allocate"]


def test_a_late_decline_of_an_earlier_attempt_is_history(order: Order, said: Said) -> None:
    order = told(order, said.reserved, said.action)
    order = lifecycle.pay_another_way(order, payment_method="card_2", now=NOON, policy=POLICY).order
    order = told(order, said.declined)
    assert order.payment is PaymentStatus.PENDING


def test_paying_another_way_needs_a_reason_and_an_open_window(order: Order, said: Said) -> None:
    with pytest.raises(PaymentNotExpected):
        lifecycle.pay_another_way(order, payment_method="x", now=NOON, policy=POLICY)
    order = told(order, said.reserved, said.declined)
    with pytest.raises(PaymentWindowOver):
        lifecycle.pay_another_way(order, payment_method="x", now=NOON + POLICY.payment_window, policy=POLICY)


def test_when_the_payment_window_is_over_everything_goes_back_in_reverse_order(order: Order, said: Said) -> None:
    order = told(order, said.reserved, said.action)
    outcome = woken(order, minutes=30)
    assert sent(outcome) == ["payment.void"]
    assert outcome.order.status is OrderStatus.CANCELING
    outcome = handled(outcome.order, said.voided)
    assert sent(outcome) == ["stock.release"]
    outcome = handled(outcome.order, said.released)
    assert sent(outcome) == ["order.canceled"]
    assert outcome.order.cancel_reason == "payment_expired"
    assert outcome.order.waiting is None


def test_money_that_comes_after_the_order_is_canceled_goes_back(order: Order, said: Said) -> None:
    order = told(woken(told(order, said.reserved), minutes=30).order, said.voided, said.released)
    assert order.status is OrderStatus.CANCELED
    authorized = handled(order, said.authorized)
    assert sent(authorized) == ["payment.void"]
    outcome = handled(authorized.order, said.captured)
    assert sent(outcome) == ["payment.void"]
    assert outcome.order.waiting is not None
    outcome = handled(outcome.order, said.refunded)
    assert (outcome.order.status, outcome.order.payment) == (OrderStatus.CANCELED, PaymentStatus.REFUNDED)
    assert outcome.order.waiting is None


def test_stock_that_is_reserved_after_the_order_is_canceled_goes_back(order: Order, said: Said) -> None:
    order = told(canceled(order).order, said.released)
    assert order.status is OrderStatus.CANCELED
    assert sent(handled(order, said.reserved)) == ["stock.release"]


def test_a_failed_capture_undoes_everything(order: Order, said: Said) -> None:
    order = told(order, said.reserved, said.authorized, said.allocated)
    outcome = handled(order, said.capture_failed)
    assert sent(outcome) == ["stock.release"]
    outcome = handled(outcome.order, said.released)
    assert sent(outcome) == ["payment.void"]
    outcome = handled(outcome.order, said.voided)
    assert sent(outcome) == ["order.canceled"]
    assert outcome.order.cancel_reason == "payment_failed"


def test_a_capture_that_nobody_answers_is_never_undone_by_a_timer(order: Order, said: Said) -> None:
    order = told(order, said.reserved, said.authorized, said.allocated)
    outcome = woken(order, days=2)
    assert outcome.order.status is OrderStatus.PENDING
    assert outcome.order.attention


def test_a_hold_that_runs_out_is_not_the_end(order: Order, said: Said) -> None:
    order = told(order, said.reserved)
    outcome = handled(order, said.released)
    assert outcome.messages == ()
    assert told(outcome.order, said.authorized).waiting.step == "allocate"


def test_a_shipment_that_fails_keeps_the_order_and_calls_staff(order: Order, said: Said) -> None:
    order = told(order, *said.up_to_paid)
    outcome = handled(order, said.shipment_failed)
    assert (outcome.order.status, outcome.order.fulfillment) == (OrderStatus.CONFIRMED, FulfillmentStatus.FAILED)
    assert "No such street" in outcome.order.attention
    assert woken(outcome.order, hours=1).messages == ()
    resumed = lifecycle.resume(outcome.order, by="staff@souk.test", now=NOON, policy=POLICY)
    assert sent(resumed) == ["shipment.create"]
    assert resumed.messages[-1].attempt == 2
    assert (resumed.order.attention, resumed.order.fulfillment) == ("", FulfillmentStatus.UNFULFILLED)
    assert handled(resumed.order, said.shipment_failed).entries == ()
    assert handled(resumed.order, replace(said.shipment_failed, attempt=2)).order.attention
    assert told(resumed.order, replace(said.created, attempt=2)).fulfillment is FulfillmentStatus.PREPARING


# Cancel


@pytest.mark.parametrize("reason", [CancelReason.PAYMENT_EXPIRED, CancelReason.PAYMENT_FAILED])
def test_a_customer_who_did_not_pay_hears_once_that_nothing_was_taken(reason: CancelReason, order: Order) -> None:
    sentence = customer_texts.canceled(replace(order, cancel_reason=reason.value, pay_until=NOON))
    assert sentence.count("payment") == 1
    assert "Nothing was charged." in sentence


def test_a_carrier_is_called_as_people_call_it(order: Order) -> None:
    tracking = Tracking(carrier="north-star", number="NS1", url="")
    assert "with North Star, tracking number NS1" in customer_texts.dispatched(replace(order, tracking=tracking))


def test_canceling_an_unpaid_order_voids_and_says_that_nothing_was_taken(order: Order, said: Said) -> None:
    outcome = canceled(told(order, said.reserved, said.authorized))
    assert sent(outcome) == ["payment.void"]
    order = told(outcome.order, said.voided)
    outcome = handled(order, said.released)
    assert outcome.messages[0].refunded is None
    assert outcome.order.message == "You canceled this order. Your payment was not taken."


def test_canceling_a_paid_order_stops_the_parcel_first_then_refunds_then_restocks(order: Order, said: Said) -> None:
    outcome = canceled(told(order, *said.up_to_paid, said.created))
    asked = [sent(outcome)]
    for fact in (said.shipment_canceled, said.refunded, said.released):
        outcome = handled(outcome.order, fact)
        asked.append(sent(outcome))
    assert asked == [["shipment.cancel"], ["payment.refund"], ["stock.release"], ["order.canceled"]]
    assert outcome.messages[0].refunded == order.total
    assert outcome.order.payment is PaymentStatus.REFUNDED


@pytest.mark.parametrize("because", ["cancel_refused", "dispatched", "delivered"])
def test_a_parcel_that_has_left_keeps_the_order_as_it_was(order: Order, said: Said, because: str) -> None:
    order = canceled(told(order, *said.up_to_paid, said.created)).order
    outcome = handled(order, getattr(said, because))
    assert outcome.order.status is OrderStatus.CONFIRMED
    assert "payment.refund" not in sent(outcome)
    assert outcome.order.waiting is None
    assert any(entry.name == "not_canceled" for entry in outcome.entries)
    with pytest.raises(OrderNotCancelable):
        canceled(outcome.order)


def test_a_dispatched_order_cannot_be_canceled(order: Order, said: Said) -> None:
    order = told(order, *said.up_to_paid, said.created, said.dispatched)
    with pytest.raises(OrderNotCancelable):
        canceled(order)


def test_canceling_twice_is_canceling_once(order: Order) -> None:
    order = canceled(order).order
    assert canceled(order).messages == ()


def test_a_cancellation_stays_pending_or_processing_for_the_customer_until_it_is_done(order: Order, said: Said) -> None:
    assert canceled(told(order, said.reserved)).order.customer_status is CustomerStatus.PENDING
    assert canceled(told(order, *said.up_to_paid)).order.customer_status is CustomerStatus.PROCESSING


def test_a_refund_that_fails_waits_for_staff(order: Order, said: Said) -> None:
    order = canceled(told(order, *said.up_to_paid)).order
    order = told(order, said.shipment_canceled, said.refund_failed)
    assert "Bank away" in order.attention
    assert order.waiting.ask_again_at is None
    resumed = lifecycle.resume(order, by="staff", now=NOON, policy=POLICY)
    assert sent(resumed) == ["payment.refund"]
    assert resumed.messages[-1].attempt == 2
    again = handled(resumed.order, replace(said.refund_failed, attempt=2))
    assert again.order.waiting.ask_again_at is None
    assert told(resumed.order, replace(said.refunded, attempt=2)).payment is PaymentStatus.REFUNDED


def test_a_refund_that_the_bank_reverses_is_owed_again(order: Order, said: Said) -> None:
    order = canceled(told(order, *said.up_to_paid)).order
    order = told(order, said.shipment_canceled, said.refunded, said.released)
    assert order.status is OrderStatus.CANCELED
    reversed_ = replace(said.refund_failed, code=facts.REFUND_REVERSED, refunded_total=euros(0))
    order = told(order, reversed_)
    assert (order.payment, order.refunded, order.waiting.step) == (PaymentStatus.CAPTURED, euros(0), "capture")
    assert order.attention
    assert told(order, said.refunded).refunded == euros(0)
    resumed = lifecycle.resume(order, by="staff", now=NOON, policy=POLICY)
    assert resumed.messages[-1].attempt == 2
    order = told(resumed.order, replace(said.refunded, attempt=2))
    assert (order.payment, order.waiting, order.attention) == (PaymentStatus.REFUNDED, None, "")


def test_an_attempt_that_staff_made_in_payments_is_counted(order: Order, said: Said) -> None:
    order = canceled(told(order, *said.up_to_paid)).order
    order = told(order, said.shipment_canceled, said.refund_failed, replace(said.refund_failed, attempt=2))
    assert lifecycle.resume(order, by="staff", now=NOON, policy=POLICY).messages[-1].attempt == 3


def test_a_refund_that_meets_another_one_is_made_for_the_rest_when_that_has_ended(order: Order, said: Said) -> None:
    order = canceled(told(order, *said.up_to_paid)).order
    order = told(order, said.shipment_canceled, replace(said.refund_failed, code=facts.REFUND_EXCEEDS_CAPTURED))
    assert order.attention == ""
    assert order.waiting.ask_again_at is not None
    other = facts.PaymentRefunded(
        order_id=order.id, refund_id=uuid4(), amount=euros(500), refunded_total=euros(500), reason="Scratch"
    )
    outcome = lifecycle.handle(order, other, now=NOON, policy=POLICY, by_hand=True)
    assert sent(outcome) == ["order.refunded", "payment.refund"]
    assert (outcome.messages[-1].attempt, outcome.messages[-1].amount) == (2, order.total - euros(500))


def test_an_undo_that_nobody_answers_calls_staff(order: Order, said: Said) -> None:
    order = canceled(told(order, said.reserved)).order
    assert woken(order, days=1).order.attention


def test_an_order_that_waits_for_nobody_cannot_be_resumed(order: Order, said: Said) -> None:
    order = told(order, *said.up_to_paid, said.created)
    with pytest.raises(NothingToResume):
        lifecycle.resume(order, by="staff", now=NOON, policy=POLICY)


# Tables


@pytest.mark.parametrize("table", [ORDER_TRANSITIONS, PAYMENT_TRANSITIONS, FULFILLMENT_TRANSITIONS])
def test_every_pair_that_is_not_in_the_table_is_refused(table: dict) -> None:
    for old in table:
        for new in table:
            if new == old or new in table[old]:
                assert derived(table, old, new, what="It") is new
            else:
                with pytest.raises(IllegalTransition):
                    derived(table, old, new, what="It")


def test_each_step_can_be_undone_and_has_a_deadline() -> None:
    assert [step.name for step in STEPS] == ["reserve", "authorize", "allocate", "capture", "fulfill"]
    for step in STEPS:
        assert step.undo
        assert step.deadline(POLICY) > timedelta(0)
