"""Whatever customers, banks, lost answers and late reports do: nobody is charged twice, and nobody pays for nothing.

A random walk over the payments of one order and a bank that does each request once, whatever becomes of its answer.
SOUK_RUNS: the number of walks; the same number makes the same walks.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import count
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.domain.simulation import CARDS, Simulation
from tests.factories import a_payment, eur

from chassis.core.errors import DomainError
from payments.domain import lifecycle, provider_updates, refunds
from payments.domain.dispute import DECIDED, DisputeStatus
from payments.domain.disputes import apply_dispute
from payments.domain.ledger import sums
from payments.domain.provider_payment import ProviderDispute, ProviderStatus
from payments.domain.refund import Refund, RefundStatus

RUNS = int(os.environ.get("SOUK_RUNS", "300"))
STEPS = 30


class AnOrder(RuleBasedStateMachine, Simulation):
    """One order: commands of the order service, calls that end in every way, reports that are new, old or repeated."""

    @initialize(steps=st.sampled_from([0, 1, 2, 3]))
    def begin(self, steps: int) -> None:
        """Begin anew, or with money that is held, taken, or on its way back."""
        self.ids = (UUID(int=number) for number in count(1))
        Simulation.__init__(self, next(self.ids))
        self.old_disputes: list[tuple[UUID, ProviderDispute]] = []
        for act in (lambda: self.authorize("good", 1), self.capture, lambda: self.refund(500))[:steps]:
            act()
            self.answer(self.calls[0], self.bank.do(self.calls[0]))
            self.saved()

    @rule(card=st.sampled_from(sorted(CARDS)), step=st.sampled_from([-1, 0, 1, 1]))
    def authorize(self, card: str, step: int) -> None:
        """Ask for the next attempt, or once more for one that was asked for before."""
        latest = self.order.latest()
        attempt = max(1, latest.attempt + step) if latest else 1
        payment = a_payment(self.order.order_id, id=next(self.ids), attempt=attempt)
        self.bank.cards[payment.id] = card
        lifecycle.request_authorization(self.order, payment)
        self.saved()

    @rule()
    def capture(self) -> None:
        lifecycle.request_capture(self.order)
        self.saved()

    @rule()
    def close(self) -> None:
        lifecycle.close(self.order)
        self.saved()

    @rule(amount=st.sampled_from([1, 500, 1000, 1999]))
    def refund(self, amount: int) -> None:
        latest = self.order.latest()
        if latest:
            refund = Refund(id=next(self.ids), payment_id=latest.id, amount=eur(amount))
            refunds.request_by_message(self.order, refund)
            self.saved()

    @rule(data=st.data())
    def retry_a_refund(self, data: st.DataObject) -> None:
        failed = [one.id for one in self.order.refunds.values() if one.status is not RefundStatus.SUCCEEDED]
        if failed:
            try:
                refunds.retry(self.order, data.draw(st.sampled_from(failed)), requested_by="ann@souk.test")
            except DomainError:
                return
            self.saved()

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), becomes=st.sampled_from(["answered", "answered", "lost", "never sent"]))
    def call(self, data: st.DataObject, becomes: str) -> None:
        self.make(data.draw(st.sampled_from(self.calls)), becomes)

    @precondition(lambda self: self.bank.payments)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        payment_id = data.draw(st.sampled_from(list(self.bank.payments)))
        self.report(payment_id)
        self.saved()

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def hear_an_old_report(self, data: st.DataObject) -> None:
        """A payment's state at an earlier moment comes once more; its refunds are always looked up."""
        payment_id, old = data.draw(st.sampled_from(self.reports))
        now = self.bank.shown(payment_id)
        assert now
        provider_updates.apply_payment(self.order, payment_id, replace(old, refunds=now.refunds))
        self.saved()

    @precondition(lambda self: self.bank.payments)
    @rule(data=st.data(), agreed=st.booleans())
    def customer_decides(self, data: st.DataObject, agreed: bool) -> None:
        self.bank.customer_decides(data.draw(st.sampled_from(list(self.bank.payments))), agreed)

    @precondition(lambda self: self.bank.refunds)
    @rule(data=st.data())
    def a_refund_fails_later(self, data: st.DataObject) -> None:
        self.bank.refund_fails(data.draw(st.sampled_from(list(self.bank.refunds))))

    @precondition(lambda self: any(one.captured for one in self.bank.payments.values()))
    @rule(data=st.data(), amount=st.sampled_from([500, 1999]))
    def the_bank_disputes(self, data: st.DataObject, amount: int) -> None:
        captured = [id_ for id_, one in self.bank.payments.items() if one.captured]
        self.bank.dispute(data.draw(st.sampled_from(captured)), amount)

    @precondition(lambda self: self.bank.disputes)
    @rule(data=st.data(), status=st.sampled_from([DisputeStatus.UNDER_REVIEW, *DECIDED]))
    def the_bank_goes_on_with_a_dispute(self, data: st.DataObject, status: DisputeStatus) -> None:
        payment_id = data.draw(st.sampled_from(list(self.bank.disputes)))
        if self.bank.disputes[payment_id].status not in DECIDED or status in DECIDED:
            self.bank.decide(payment_id, status)

    @precondition(lambda self: self.bank.disputes)
    @rule(data=st.data())
    def hear_of_a_dispute(self, data: st.DataObject) -> None:
        """As it is, or as it was in an earlier report."""
        payment_id = data.draw(st.sampled_from(list(self.bank.disputes)))
        self.old_disputes.append((payment_id, self.bank.disputes[payment_id]))
        apply_dispute(self.order, *data.draw(st.sampled_from(self.old_disputes)))
        self.saved()

    @invariant()
    def nobody_is_charged_twice(self) -> None:
        captured = [one for one in self.bank.payments.values() if one.captured]
        assert len(captured) <= 1

    @invariant()
    def no_more_goes_back_than_was_taken(self) -> None:
        for payment in self.order.payments.values():
            assert 0 <= payment.refunded <= payment.claimed <= payment.captured <= payment.amount.amount

    @invariant()
    def counters_agree_with_the_ledger(self) -> None:
        found = sums(self.entries)
        payments = self.order.payments.values()
        assert found.captured == sum(one.captured for one in payments)
        assert found.refunded == sum(one.refunded for one in payments)
        assert found.taken == sum(one.disputed + one.charged_back for one in payments)

    def teardown(self) -> None:
        """Let everything come to rest: then a closed order keeps no money, and our books are the bank's."""
        for _ in range(4):
            self.rest()
            if self.order.closed:
                lifecycle.close(self.order)  # the order service asks until it is told that nothing is left
                self.saved()
        self.rest()
        for payment_id, found in self.bank.payments.items():
            payment = self.order.payment(payment_id)
            kept = payment.captured - payment.returned - payment.disputed
            assert (payment.captured, kept) == (found.captured, self.bank.kept(payment_id))
            if self.order.closed:
                assert found.status is not ProviderStatus.AUTHORIZED, "money is still held"
                assert self.bank.kept(payment_id) == 0, "canceled, and paid"
        if self.order.closed:
            assert self.order.voided


TestAnOrder = AnOrder.TestCase
TestAnOrder.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    derandomize=True,
    # A busy machine is no finding.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
