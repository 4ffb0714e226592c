"""All payments, refunds and disputes of one order, and the effects of what happens to them. Pure.

One object answers for the whole order, because the promises are about orders: at most one payment holds
money, and a closed order ends with none. The functions of `lifecycle`, `refunds` and `provider_updates`
change it under the order's lock; the repository then stores the new state with its effects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from chassis.core.money import Money
from payments.domain.dispute import Dispute
from payments.domain.ledger import KIND_OF, Entry, EntryKind, Outcome
from payments.domain.payment import NotCaptured, Payment, PaymentNotFound, PaymentStatus
from payments.domain.provider_calls import Operation, PlannedCall
from payments.domain.refund import OPEN, Refund


@dataclass(slots=True, kw_only=True)
class OrderPayments:
    """`closed`: the order accepts no further charge. `voided`: and the order service was told that no money is left.

    `unsent`: payments whose authorization or capture was not sent to the provider yet, so that it can be withdrawn.
    `actor`: the staff member who acts now, for the ledger.
    Effects: `messages` to send, `calls` to make, `entries` for the ledger, and `withdrawn`, the payments whose
    unsent call is no longer wanted. `loaded`: the state as the repository read it.
    """

    order_id: UUID
    closed: bool = False
    voided: bool = False
    payments: dict[UUID, Payment] = field(default_factory=dict)
    refunds: dict[UUID, Refund] = field(default_factory=dict)
    disputes: dict[UUID, Dispute] = field(default_factory=dict)
    unsent: frozenset[UUID] = frozenset()
    actor: str = ""
    messages: list[object] = field(default_factory=list)
    calls: list[PlannedCall] = field(default_factory=list)
    withdrawn: list[UUID] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    loaded: OrderPayments | None = None

    def payment(self, payment_id: UUID) -> Payment:
        """Return the payment. Raises PaymentNotFound."""
        found = self.payments.get(payment_id)
        if found is None:
            raise PaymentNotFound
        return found

    def latest(self) -> Payment | None:
        """Return the payment with the highest attempt."""
        return max(self.payments.values(), key=lambda payment: payment.attempt, default=None)

    def in_status(self, *statuses: PaymentStatus) -> Payment | None:
        """Return the payment in the first of these statuses that any payment is in."""
        return next((p for status in statuses for p in self.payments.values() if p.status is status), None)

    def captured(self) -> Payment:
        """Return the payment whose money was captured. Raises NotCaptured."""
        found = self.in_status(PaymentStatus.CAPTURED)
        if found is None:
            raise NotCaptured
        return found

    def attempts_of(self, key: UUID) -> list[Refund]:
        """Return all attempts at one refund, the latest last."""
        return sorted((r for r in self.refunds.values() if r.key == key), key=lambda refund: refund.attempt)

    def has_open_refund(self) -> bool:
        return any(refund.status in OPEN for refund in self.refunds.values())

    def keep(self, payment: Payment) -> Payment:
        """Add the payment, or replace it by its new state, and return it."""
        self.payments[payment.id] = payment
        return payment

    def keep_refund(self, refund: Refund) -> Refund:
        """Add the refund, or replace it by its new state, and return it."""
        self.refunds[refund.id] = refund
        return refund

    def send(self, message: object | None) -> None:
        """Send the message after the commit; None is no message."""
        if message is not None:
            self.messages.append(message)

    def call(self, operation: Operation, payment: Payment, amount: Money, refund_id: UUID | None = None) -> None:
        """Call the provider after the commit, and record the request in the ledger.

        Nobody is called about an offline payment: staff see what is to be done.
        """
        if not payment.offline:
            planned = PlannedCall(operation=operation, payment_id=payment.id, amount=amount, refund_id=refund_id)
            self.calls.append(planned)
        self.record(payment, KIND_OF[operation], Outcome.REQUESTED, amount, refund_id=refund_id)

    def record(
        self,
        payment: Payment,
        kind: EntryKind,
        outcome: Outcome,
        amount: Money,
        *,
        code: str = "",
        message: str = "",
        refund_id: UUID | None = None,
        dispute_id: UUID | None = None,
    ) -> None:
        """Add an entry to the ledger."""
        self.entries.append(
            Entry(
                payment_id=payment.id,
                kind=kind,
                outcome=outcome,
                amount=amount,
                refund_id=refund_id,
                dispute_id=dispute_id,
                code=code,
                message=message,
                actor=self.actor,
            )
        )
