"""Whatever customers, banks, lost answers and late reports do: nobody is charged twice, and nobody pays for nothing.

A random walk over the payments of one order and a bank that does each request once, whatever becomes of its answer.
SOUK_RUNS: the number of walks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.factories import EUR, a_payment, eur

from chassis.core.errors import DomainError
from payments.domain import lifecycle, provider_updates, refunds
from payments.domain.dispute import DECIDED, DisputeStatus
from payments.domain.disputes import apply_dispute
from payments.domain.ledger import Entry, sums
from payments.domain.order_payments import OrderPayments
from payments.domain.provider_calls import HOLDING, Operation, PlannedCall
from payments.domain.provider_payment import ProviderDispute, ProviderPayment, ProviderRefund, ProviderStatus
from payments.domain.refund import Refund, RefundStatus

RUNS = int(os.environ.get("SOUK_RUNS", "300"))
STEPS = 30
#: What a way to pay leads to when it is used, and when the customer agrees.
CARDS = {
    "good": (ProviderStatus.AUTHORIZED, ProviderStatus.AUTHORIZED),
    "bad": (ProviderStatus.DECLINED, ProviderStatus.DECLINED),
    "asks": (ProviderStatus.ACTION_REQUIRED, ProviderStatus.AUTHORIZED),
    "wallet": (ProviderStatus.ACTION_REQUIRED, ProviderStatus.APPROVED),  # has to be confirmed by the shop
}


@dataclass
class Bank:
    """The provider: its payments and refunds by our ids. A repeated request changes nothing."""

    payments: dict[UUID, ProviderPayment] = field(default_factory=dict)
    refunds: dict[UUID, ProviderRefund] = field(default_factory=dict)
    refunded: dict[UUID, UUID] = field(default_factory=dict)
    disputes: dict[UUID, ProviderDispute] = field(default_factory=dict)
    cards: dict[UUID, str] = field(default_factory=dict)

    def do(self, call: PlannedCall) -> str:
        """Do what is asked; return why it is refused, or nothing."""
        known = self.payments.get(call.payment_id)
        if call.operation is Operation.AUTHORIZE:
            if known is None:
                self._put(call.payment_id, call.amount.amount, CARDS[self.cards[call.payment_id]][0])
            return ""
        if call.operation is Operation.REFUND:
            return self._refund(call)
        if known is None:
            return "unknown"
        if call.operation is Operation.CONFIRM:
            if known.status is ProviderStatus.APPROVED:
                self._change(known, ProviderStatus.AUTHORIZED)
            return ""
        if call.operation is Operation.CAPTURE:
            if known.status is ProviderStatus.AUTHORIZED:
                self._change(known, ProviderStatus.CAPTURED, captured=known.amount)
            return "" if self.payments[call.payment_id].status is ProviderStatus.CAPTURED else "not held"
        if known.status not in {ProviderStatus.CAPTURED, ProviderStatus.DECLINED}:
            self._change(known, ProviderStatus.VOIDED)
        return ""

    def shown(self, payment_id: UUID) -> ProviderPayment | None:
        """Return the payment with its refunds, as a look-up or a webhook shows it."""
        found = self.payments.get(payment_id)
        mine = tuple(one for key, one in self.refunds.items() if self.refunded[key] == payment_id)
        return replace(found, refunds=mine) if found else None

    def customer_decides(self, payment_id: UUID, agreed: bool) -> None:
        found = self.payments[payment_id]
        if found.status is ProviderStatus.ACTION_REQUIRED:
            self._change(found, CARDS[self.cards[payment_id]][1] if agreed else ProviderStatus.DECLINED)

    def refund_fails(self, refund_id: UUID) -> None:
        """Fail a refund, days later perhaps."""
        self.refunds[refund_id] = replace(self.refunds[refund_id], status="failed")

    def dispute(self, payment_id: UUID, amount: int) -> None:
        """Take the money, or what is left of it; there is one dispute about a payment."""
        taken = min(amount, self.kept(payment_id))
        if payment_id not in self.disputes and taken:
            self.disputes[payment_id] = ProviderDispute(
                id=f"dp_{len(self.disputes)}",
                status=DisputeStatus.NEEDS_RESPONSE,
                amount=taken,
                currency=EUR,
                taken=taken,
            )

    def decide(self, payment_id: UUID, status: DisputeStatus) -> None:
        found = self.disputes[payment_id]
        if found.status is not DisputeStatus.WON:
            taken = 0 if status is DisputeStatus.WON else found.taken
            self.disputes[payment_id] = replace(found, status=status, taken=taken)

    def kept(self, payment_id: UUID) -> int:
        """Return what the shop has of the customer's money."""
        mine = [one for key, one in self.refunds.items() if self.refunded[key] == payment_id]
        back = sum(one.amount for one in mine if one.status != "failed")
        disputed = self.disputes.get(payment_id)
        return self.payments[payment_id].captured - back - (disputed.taken if disputed else 0)

    def _refund(self, call: PlannedCall) -> str:
        assert call.refund_id
        if call.refund_id in self.refunds:
            return ""
        if call.payment_id not in self.payments or self.kept(call.payment_id) < call.amount.amount:
            return "more than there is"
        self.refunded[call.refund_id] = call.payment_id
        self.refunds[call.refund_id] = ProviderRefund(
            id=f"re_{len(self.refunds)}", reference=str(call.refund_id), amount=call.amount.amount
        )
        return ""

    def _put(self, payment_id: UUID, amount: int, status: ProviderStatus) -> None:
        self.payments[payment_id] = ProviderPayment(
            id=f"pay_{len(self.payments)}", reference=str(payment_id), status=status, amount=amount, currency=EUR
        )

    def _change(self, found: ProviderPayment, status: ProviderStatus, **changes: Any) -> None:
        self.payments[UUID(found.reference)] = replace(found, status=status, **changes)


class AnOrder(RuleBasedStateMachine):
    """One order: commands of the order service, calls that end in every way, reports that are new, old or repeated."""

    @initialize(steps=st.sampled_from([0, 1, 2, 3]))
    def begin(self, steps: int) -> None:
        """Begin anew, or with money that is held, taken, or on its way back."""
        self.ids = (UUID(int=number) for number in count(1))
        self.order = OrderPayments(order_id=next(self.ids))
        self.bank = Bank()
        self.calls: list[PlannedCall] = []
        self.sent: list[PlannedCall] = []
        self.reports: list[tuple[UUID, ProviderPayment]] = []
        self.old_disputes: list[tuple[UUID, ProviderDispute]] = []
        self.entries: list[Entry] = []
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
        """Make a call. A lost answer leaves it to be made again, and so does one that was never sent."""
        call = data.draw(st.sampled_from(self.calls))
        if becomes == "never sent":
            return
        refusal = self.bank.do(call)
        self.sent.append(call)
        if becomes == "lost":
            provider_updates.mark_unknown(self.order, call.operation, call.payment_id, call.refund_id)
        else:
            self.answer(call, refusal)
        self.saved()

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

    def rest(self) -> None:
        for _ in range(10):
            for payment_id in list(self.bank.payments):
                self.report(payment_id)
                if payment_id in self.bank.disputes:
                    apply_dispute(self.order, payment_id, self.bank.disputes[payment_id])
                self.saved()
            if not self.calls:
                return
            for call in list(self.calls):
                if call in self.calls:  # not withdrawn
                    self.sent.append(call)
                    self.answer(call, self.bank.do(call))
                    self.saved()

    def answer(self, call: PlannedCall, refusal: str) -> None:
        self.calls.remove(call)
        if refusal and call.operation is Operation.CAPTURE:
            provider_updates.fail_capture(self.order, call.payment_id, "refused", refusal)
        elif refusal and call.refund_id:
            provider_updates.fail_refund(self.order, call.refund_id, "refused", refusal)
        else:
            self.report(call.payment_id)

    def report(self, payment_id: UUID) -> None:
        found = self.bank.shown(payment_id)
        if found:
            self.reports.append((payment_id, found))
            provider_updates.apply_payment(self.order, payment_id, found)

    def saved(self) -> None:
        """Keep the effects as the repository does; a call for the same thing is kept once."""
        self.entries += self.order.entries
        for call in self.order.calls:
            if call not in self.calls:
                self.calls.append(call)
        gone = self.order.withdrawn
        self.calls = [call for call in self.calls if call.operation is Operation.VOID or call.payment_id not in gone]
        for effects in (self.order.messages, self.order.calls, self.order.entries, self.order.withdrawn):
            effects.clear()
        withdrawable = [call for call in self.calls if call.operation in HOLDING | {Operation.CAPTURE}]
        self.order.unsent = frozenset(call.payment_id for call in withdrawable if call not in self.sent)


TestAnOrder = AnOrder.TestCase
TestAnOrder.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    # A busy machine is no finding.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
