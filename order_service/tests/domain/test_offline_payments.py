"""Orders that are paid by bank transfer, or after the delivery."""

from datetime import timedelta

import pytest

from orders.domain import customer_texts, facts, lifecycle
from orders.domain.order import Order
from orders.domain.states import CancelReason, OrderStatus, PaymentStatus
from orders.events_out import AuthorizePayment, OrderConfirmed, OrderPaymentActionRequired, ReserveStock
from tests.domain.test_checkout_saga import Said, canceled, handled, sent, told
from tests.factories import NOON, POLICY, begun

PREPAID = {"payment_method": "prepayment"}


@pytest.fixture
def order() -> Order:
    return begun().order


@pytest.fixture
def said(order: Order) -> Said:
    return Said(order)


def message(outcome, kind):
    return next(message for message in outcome.messages if isinstance(message, kind))


def deferred(order: Order, said: Said) -> Order:
    return told(order, said.reserved, said.authorized, said.allocated, facts.PaymentDeferred(order_id=order.id))


def test_an_order_whose_money_comes_after_the_delivery_is_confirmed_and_sent(order, said):
    order = told(order, said.reserved, said.authorized, said.allocated)
    outcome = handled(order, facts.PaymentDeferred(order_id=order.id))
    assert sent(outcome) == ["order.confirmed", "shipment.create"]
    assert message(outcome, OrderConfirmed).paid is False
    assert (outcome.order.status, outcome.order.payment) == (OrderStatus.CONFIRMED, PaymentStatus.AUTHORIZED)
    assert outcome.order.message == customer_texts.CONFIRMED_UNPAID


def test_a_paid_order_is_confirmed_as_paid(order, said):
    order = told(order, said.reserved, said.authorized, said.allocated)
    assert message(handled(order, said.captured), OrderConfirmed).paid is True


def test_the_money_is_recorded_when_it_comes(order, said):
    order = told(deferred(order, said), said.created, said.dispatched, said.delivered, said.captured)
    assert (order.status, order.payment) == (OrderStatus.CONFIRMED, PaymentStatus.CAPTURED)


def test_a_canceled_order_whose_money_has_not_come_is_closed_and_not_refunded(order, said):
    outcome = canceled(deferred(order, said))
    assert sent(outcome) == ["shipment.cancel"]
    outcome = handled(outcome.order, said.shipment_canceled)
    outcome = handled(outcome.order, said.released)
    assert sent(outcome) == ["payment.void"]
    assert handled(outcome.order, said.voided).order.status is OrderStatus.CANCELED


def test_a_bank_transfer_in_advance_has_days_and_its_units_are_reserved_as_long():
    outcome = begun(**PREPAID)
    hold = message(outcome, ReserveStock).hold_seconds
    asked = handled(outcome.order, Said(outcome.order).reserved)
    assert message(asked, AuthorizePayment).expires_at == NOON + POLICY.transfer_window
    assert POLICY.transfer_window.total_seconds() < hold <= timedelta(days=7).total_seconds()
    late = lifecycle.wake(asked.order, now=NOON + POLICY.transfer_window + timedelta(seconds=1), policy=POLICY)
    assert late.order.cancel_reason == CancelReason.PAYMENT_EXPIRED


def test_other_ways_to_pay_keep_the_payment_window():
    outcome = begun(payment_method="invoice")
    asked = handled(outcome.order, Said(outcome.order).reserved)
    assert message(asked, AuthorizePayment).expires_at == NOON + POLICY.payment_window


def test_the_customer_reads_how_to_transfer_the_money():
    order = begun(**PREPAID).order
    order = told(order, Said(order).reserved)
    text = "Please transfer 19.99 EUR to the shop."
    outcome = handled(
        order,
        facts.PaymentActionRequired(order_id=order.id, attempt=1, action_url="https://s.test/", instructions=text),
    )
    assert message(outcome, OrderPaymentActionRequired).instructions == text
    assert outcome.order.message == text


def test_the_command_says_where_the_order_goes(order, said):
    assert message(handled(order, said.reserved), AuthorizePayment).country == order.address.country
