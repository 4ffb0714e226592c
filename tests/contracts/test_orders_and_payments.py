"""Orders and payments together: whatever is lost, late, repeated or reordered, nobody is canceled and has paid.

A random walk over one order, with the domains of both services, a bank, and simulated products and shipping; messages
between them wait until they are delivered, in any order. SOUK_RUNS: the number of walks, the same for each number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chassis.core.errors import DomainError
from chassis.core.messages import message_type, types_read
from chassis.core.money import Money
from order_service.tests.neighbors import Neighbors
from orders import events_out as told
from orders.domain import facts, lifecycle
from orders.domain.checkout_saga import is_held
from orders.domain.facts import Fact
from orders.domain.order import Order
from orders.domain.outcome import Outcome
from orders.domain.policy import Policy
from orders.domain.states import CancelReason, OrderStatus
from payment_service.tests.domain.simulation import CARDS, Simulation
from payments.domain import lifecycle as payments_lifecycle
from payments.domain import refunds
from payments.domain.dispute import DisputeStatus
from payments.domain.disputes import apply_dispute
from payments.domain.payment import Payment
from payments.domain.provider_payment import ProviderStatus
from payments.domain.refund import Refund, attempt_id

RUNS = int(os.environ.get("SOUK_RUNS", "200"))
STEPS = 30
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
POLICY = Policy()
TOTAL = Money(1999, "EUR")
FACT_OF_TYPE = {
    types_read(kind)[0]: kind
    for kind in vars(facts).values()
    if isinstance(kind, type) and issubclass(kind, Fact) and hasattr(kind, "__reads__")
}


def an_order(order_id: UUID, card: str) -> Order:
    nothing = Money(0, "EUR")
    line = told.Line(product_id=order_id, sku="MUG", name="Mug", quantity=1, unit_price=TOTAL, line_total=TOTAL)
    address = told.Address(
        name="A", line1="1", line2="", city="Paris", postal_code="75002", region="", country="FR", phone=""
    )
    return Order(
        id=order_id, number="S1", customer_id=order_id, correlation_id="walk", lines=(line,), address=address,
        subtotal=TOTAL, shipping=nothing, tax=nothing, total=TOTAL, quote_id=order_id, carrier="atlas",
        service="standard", placed_at=NOON, payment_method=card, refunded=nothing, updated_at=NOON,
    )  # fmt: skip


def fact_of(message: object) -> Fact:
    """Return a message of payments as orders read it."""
    kind = FACT_OF_TYPE[message_type(message).name]
    return kind(**{field.name: getattr(message, field.name) for field in fields(kind)})


class OneOrder(RuleBasedStateMachine):
    """One order from its placing to its end."""

    @initialize(card=st.sampled_from(sorted(CARDS)), steps=st.integers(0, 8))
    def begin(self, card: str, steps: int) -> None:
        """Place the order; the first messages may have been delivered as they should."""
        self.ids = (UUID(int=number) for number in count(1))
        self.now = NOON
        order = an_order(next(self.ids), card)
        self.order = order
        self.payments = Simulation(order.id)
        self.neighbors = Neighbors(order.id, order.total)
        self.to_others: list[object] = []
        self.to_orders: list[Fact] = []
        self.accept(lifecycle.begin(order, now=self.now, policy=POLICY))
        for _ in range(steps):
            self.deliver_all()
            self.payments.rest()
            self.collect()

    @precondition(lambda self: self.to_others)
    @rule(data=st.data(), again=st.booleans())
    def a_command_arrives(self, data: st.DataObject, again: bool) -> None:
        message = data.draw(st.sampled_from(self.to_others))
        if not again:
            self.to_others.remove(message)
        self.receive(message)

    @precondition(lambda self: self.to_orders)
    @rule(data=st.data(), again=st.booleans())
    def a_fact_arrives(self, data: st.DataObject, again: bool) -> None:
        fact = data.draw(st.sampled_from(self.to_orders))
        if self.hear(fact) and not again:
            self.to_orders.remove(fact)

    @precondition(lambda self: self.payments.calls)
    @rule(data=st.data(), becomes=st.sampled_from(["answered", "answered", "lost", "never sent"]))
    def a_call_is_made(self, data: st.DataObject, becomes: str) -> None:
        self.payments.make(data.draw(st.sampled_from(self.payments.calls)), becomes)
        self.collect()

    @precondition(lambda self: self.payments.bank.payments)
    @rule(data=st.data())
    def a_webhook_makes_payments_look(self, data: st.DataObject) -> None:
        self.payments.report(data.draw(st.sampled_from(list(self.payments.bank.payments))))
        self.payments.saved()
        self.collect()

    @precondition(lambda self: self.payments.bank.payments)
    @rule(data=st.data(), agreed=st.booleans())
    def the_customer_answers_the_bank(self, data: st.DataObject, agreed: bool) -> None:
        self.payments.bank.customer_decides(data.draw(st.sampled_from(list(self.payments.bank.payments))), agreed)

    @rule()
    def the_customer_cancels(self) -> None:
        self.act(lambda: lifecycle.cancel(self.order, reason=CancelReason.CUSTOMER, now=self.now, policy=POLICY))

    @rule(card=st.sampled_from(sorted(CARDS)))
    def the_customer_pays_another_way(self, card: str) -> None:
        self.act(lambda: lifecycle.pay_another_way(self.order, payment_method=card, now=self.now, policy=POLICY))

    @rule()
    def staff_resume(self) -> None:
        self.act(lambda: lifecycle.resume(self.order, by="ann", now=self.now, policy=POLICY))

    @rule(minutes=st.sampled_from([1, 10, 31]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.accept(lifecycle.wake(self.order, now=self.now, policy=POLICY))

    @rule()
    def the_courier_moves(self) -> None:
        self.neighbors.courier_moves()
        self.collect()

    @precondition(lambda self: any(one.captured for one in self.payments.bank.payments.values()))
    @rule(data=st.data(), amount=st.sampled_from([500, 1999]))
    def the_bank_disputes(self, data: st.DataObject, amount: int) -> None:
        bank = self.payments.bank
        bank.dispute(data.draw(st.sampled_from([id_ for id_, one in bank.payments.items() if one.captured])), amount)

    @precondition(lambda self: self.payments.bank.disputes)
    @rule(data=st.data(), status=st.sampled_from([DisputeStatus.WON, DisputeStatus.LOST]))
    def the_bank_decides(self, data: st.DataObject, status: DisputeStatus) -> None:
        self.payments.bank.decide(data.draw(st.sampled_from(list(self.payments.bank.disputes))), status)

    @precondition(lambda self: self.payments.bank.disputes)
    @rule()
    def payments_hear_of_disputes(self) -> None:
        self.look_at_disputes()

    @precondition(lambda self: self.payments.bank.refunds)
    @rule(data=st.data())
    def a_refund_fails_later(self, data: st.DataObject) -> None:
        self.payments.bank.refund_fails(data.draw(st.sampled_from(list(self.payments.bank.refunds))))

    @invariant()
    def nobody_is_charged_twice(self) -> None:
        assert len([one for one in self.payments.bank.payments.values() if one.captured]) <= 1

    def teardown(self) -> None:
        """Deliver everything and let the timers run out: the order ends, and the money is where it belongs."""
        for payment_id in self.payments.bank.disputes:
            self.payments.bank.decide(payment_id, DisputeStatus.LOST)
        for _ in range(60):
            self.deliver_all()
            self.look_at_disputes()
            self.payments.rest()
            self.collect()
            if self.order.refund_refused:  # the bank has refused a refund, or sent it back: staff try again
                self.staff_resume()
            self.time_passes(31)
        bank = self.payments.bank
        kept = sum(bank.kept(payment_id) for payment_id in bank.payments)
        held = [one for one in bank.payments.values() if one.status is ProviderStatus.AUTHORIZED]
        where = f"{self.order}, {bank}"
        assert not held, where
        if self.order.status is OrderStatus.CANCELED:
            assert kept == 0, f"canceled, and paid: {where}"
        else:
            assert self.order.status in {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}, where
            disputed = any(one.taken for one in bank.disputes.values())
            assert kept == TOTAL.amount or disputed or is_held(self.order), f"sent, and not paid: {where}"

    def deliver_all(self) -> None:
        for message in list(self.to_others):
            self.to_others.remove(message)
            self.receive(message)
        for fact in list(self.to_orders):
            if self.hear(fact):
                self.to_orders.remove(fact)

    def receive(self, message: Any) -> None:
        """Let the service that a message is for handle it."""
        account = self.payments.order
        match message:
            case told.AuthorizePayment():
                payment = Payment(
                    id=next(self.ids),
                    order_id=account.order_id,
                    attempt=message.attempt,
                    customer_id=message.customer_id,
                    number=message.number,
                    amount=message.amount,
                    method=message.payment_method,
                    provider="sandbox",
                    expires_at=message.expires_at,
                )
                self.payments.bank.cards[payment.id] = message.payment_method
                payments_lifecycle.request_authorization(account, payment)
            case told.CapturePayment():
                payments_lifecycle.request_capture(account)
            case told.VoidPayment():
                payments_lifecycle.close(account)
            case told.RefundPayment():
                refund = Refund(
                    id=attempt_id(message.refund_id, message.attempt),
                    key=message.refund_id,
                    attempt=message.attempt,
                    payment_id=message.refund_id,
                    amount=message.amount,
                )
                refunds.request_by_message(account, refund)
            case _:
                self.neighbors.take(message)
        self.payments.saved()
        self.collect()

    def hear(self, fact: Fact) -> bool:
        """Record the fact; one that cannot be recorded yet waits, as in the inbox."""
        return self.act(lambda: lifecycle.handle(self.order, fact, now=self.now, policy=POLICY))

    def act(self, change: Callable[[], Outcome]) -> bool:
        try:
            self.accept(change())
        except DomainError:
            return False
        return True

    def accept(self, outcome: Outcome) -> None:
        self.order = outcome.order
        self.to_others += outcome.messages

    def collect(self) -> None:
        """Take what payments, products and shipping have said."""
        self.to_orders += [*map(fact_of, self.payments.messages), *self.neighbors.bag]
        self.payments.messages.clear()
        self.neighbors.bag.clear()

    def look_at_disputes(self) -> None:
        for payment_id, dispute in self.payments.bank.disputes.items():
            apply_dispute(self.payments.order, payment_id, dispute)
            self.payments.saved()
        self.collect()


TestOneOrder = OneOrder.TestCase
TestOneOrder.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    derandomize=True,
    deadline=None,  # a busy machine is no finding
    suppress_health_check=[HealthCheck.too_slow],
)
