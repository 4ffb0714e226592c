"""A payment service in memory: the payments of one order, and the bank that they are made at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from payments.domain import provider_updates
from payments.domain.dispute import DisputeStatus
from payments.domain.disputes import apply_dispute
from payments.domain.ledger import Entry
from payments.domain.order_payments import OrderPayments
from payments.domain.provider_calls import HOLDING, Operation, PlannedCall
from payments.domain.provider_payment import ProviderDispute, ProviderPayment, ProviderRefund, ProviderStatus

EUR = "EUR"
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


class Simulation:
    """The payments of one order, without a database: calls wait until they are made, reports until they are heard.

    `messages`: what the order service was told.
    """

    def __init__(self, order_id: UUID) -> None:
        self.order = OrderPayments(order_id=order_id)
        self.bank = Bank()
        self.calls: list[PlannedCall] = []
        self.sent: list[PlannedCall] = []
        self.reports: list[tuple[UUID, ProviderPayment]] = []
        self.entries: list[Entry] = []
        self.messages: list[object] = []

    def make(self, call: PlannedCall, becomes: str) -> None:
        """Make a call. A lost answer leaves it to be made again, and so does one that was never sent."""
        if becomes == "never sent":
            return
        refusal = self.bank.do(call)
        self.sent.append(call)
        if becomes == "lost":
            provider_updates.mark_unknown(self.order, call.operation, call.payment_id, call.refund_id)
        else:
            self.answer(call, refusal)
        self.saved()

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
        self.messages += self.order.messages
        for call in self.order.calls:
            if call not in self.calls:
                self.calls.append(call)
        gone = self.order.withdrawn
        self.calls = [call for call in self.calls if call.operation is Operation.VOID or call.payment_id not in gone]
        for effects in (self.order.messages, self.order.calls, self.order.entries, self.order.withdrawn):
            effects.clear()
        withdrawable = [call for call in self.calls if call.operation in HOLDING | {Operation.CAPTURE}]
        self.order.unsent = frozenset(call.payment_id for call in withdrawable if call not in self.sent)
