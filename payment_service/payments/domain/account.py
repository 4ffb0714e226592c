"""All payments of one order, and what the shop may ask of them. Pure.

One object answers for the whole order, because the promises are about orders: at most one payment
holds money, and a closed order ends with none. Its methods change it and note what is to be told
(`messages`), asked of the provider (`asks`) and written down (`entries`). What the provider shows
comes in by `payments.domain.learning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.errors import DomainError
from chassis.money import Money
from payments.domain import answers
from payments.domain.ledger import KIND_OF, Ask, Entry, EntryKind, Operation, Outcome
from payments.domain.payment import (
    HOLDING,
    NotCaptured,
    Payment,
    PaymentNotFound,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from payments.events_out import PaymentVoided

S = PaymentStatus

NO_PAYMENT = UUID(int=0)


@dataclass(slots=True, kw_only=True)
class Account:
    """`closed`: the order wants no money any more. `voided`: and we have said that there is none.

    `unsent`: payments whose authorize or capture has been noted but not been sent to the provider;
    such a call can still be withdrawn. `loaded`: what the repository read, to know what has changed.
    """

    order_id: UUID
    closed: bool = False
    voided: bool = False
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    unsent: frozenset[UUID] = frozenset()
    messages: list[object] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    withdrawals: list[UUID] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    loaded: Mapping[Any, Any] | None = None

    def authorize(self, payment: Payment) -> None:
        """Hold the money, unless the order is closed, or money is held for it already.

        An earlier attempt that is still open is released: nobody is charged by two cards.
        """
        latest = self.latest()
        holding = next((p for p in self.payments if p.status in HOLDING), None)
        if self.closed:
            self.tell(PaymentVoided(order_id=self.order_id))
        elif latest and latest.attempt == payment.attempt:
            self.tell(answers.repeated(latest))
        elif latest and latest.attempt > payment.attempt:
            return  # an old question, overtaken by a newer one
        elif holding:
            self.tell(answers.authorized(holding, attempt=payment.attempt))
        elif payment.amount.amount <= 0 or not payment.method:
            self.tell(answers.declined(payment, "invalid_payment", "The payment method or the amount is not valid."))
        else:
            for earlier in self.payments:
                self.undo(earlier)
            self.payments.append(payment)
            self.ask(Operation.AUTHORIZE, payment, payment.amount)

    def capture(self) -> None:
        """Take the money that is held; the answer is repeated when it has been taken, or refused."""
        ranks = (S.CAPTURED, S.CAPTURING, S.AUTHORIZED, S.CAPTURE_FAILED)
        payment = next((p for rank in ranks for p in self.payments if p.status is rank), None)
        if payment is None:
            latest = self.latest()
            code = "order_closed" if self.closed else "not_authorized"
            payment_id = latest.id if latest else NO_PAYMENT
            self.tell(answers.capture_failed(self.order_id, payment_id, code, "No money is held for this order."))
        elif payment.status is S.CAPTURED:
            self.tell(answers.captured(payment))
        elif payment.status is S.CAPTURE_FAILED:
            self.tell(answers.capture_failed(self.order_id, payment.id, payment.code, payment.message))
        elif payment.status is S.AUTHORIZED:
            payment.move(S.CAPTURING)
            self.ask(Operation.CAPTURE, payment, payment.amount)

    def close(self) -> None:
        """Void: release what is held, refund what was taken, and let nothing come after."""
        if not self.closed:
            self.closed = True
            for payment in self.payments:
                self.undo(payment)
            self.say_when_settled()
            return
        for refund in self.refunds:
            if refund.id == self.order_id:
                self.tell(answers.repeated_refund(refund, self.payment(refund.payment_id)))
        if self.voided:
            self.tell(PaymentVoided(order_id=self.order_id))

    def refund(self, refund: Refund) -> None:
        """Begin to give money back. Raises NotCaptured, InvalidAmount, RefundExceedsCaptured."""
        payment = next((p for p in self.payments if p.status is S.CAPTURED), None)
        if payment is None:
            raise NotCaptured
        payment.claim(refund.amount)
        refund.payment_id = payment.id
        self.refunds.append(refund)
        self.ask(Operation.REFUND, payment, refund.amount, refund.id)

    def answer_refund(self, refund: Refund) -> None:
        """As `refund`, for a question by message: a refusal is an answer too, and is remembered."""
        known = next((r for r in self.refunds if r.id == refund.id), None)
        if known:
            self.tell(answers.repeated_refund(known, self.payment(known.payment_id)))
            return
        try:
            self.refund(refund)
        except DomainError as error:
            refund.status, refund.code, refund.message = RefundStatus.FAILED, error.code, error.message
            captured = next((p for p in self.payments if p.status is S.CAPTURED), None)
            if captured and refund.amount.amount > 0:
                refund.payment_id = captured.id
                self.refunds.append(refund)
            self.tell(answers.refund_failed(refund, self.order_id))

    def undo(self, payment: Payment) -> None:
        """Nobody wants this payment any more. A running capture is waited for, then refunded."""
        match payment.status:
            case S.REQUESTED if payment.id in self.unsent:
                self.withdrawals.append(payment.id)
                payment.move(S.VOIDED)
            case S.REQUESTED | S.UNKNOWN:
                payment.move(S.VOIDING)  # what comes of the running call is released
            case S.ACTION_REQUIRED | S.AUTHORIZED | S.CAPTURE_FAILED:
                payment.move(S.VOIDING)
                self.ask(Operation.VOID, payment, payment.amount)
            case S.CAPTURING if payment.id in self.unsent:
                self.withdrawals.append(payment.id)
                payment.move(S.VOIDING)
                self.ask(Operation.VOID, payment, payment.amount)
            case S.CAPTURED if payment.captured > payment.claimed:
                left = payment.money(payment.captured - payment.claimed)
                self.refund(Refund(id=self.order_id, payment_id=payment.id, amount=left, reason="order canceled"))
            case _:
                pass

    def say_when_settled(self) -> None:
        """A closed order hears once, by itself, that none of its money is left here."""
        if self.closed and not self.voided and all(payment.over for payment in self.payments):
            self.voided = True
            self.tell(PaymentVoided(order_id=self.order_id))

    def latest(self) -> Payment | None:
        return max(self.payments, key=lambda payment: payment.attempt, default=None)

    def payment(self, payment_id: UUID) -> Payment:
        """Raises PaymentNotFound."""
        found = next((p for p in self.payments if p.id == payment_id), None)
        if found is None:
            raise PaymentNotFound
        return found

    def tell(self, message: object | None) -> None:
        if message is not None:
            self.messages.append(message)

    def ask(self, operation: Operation, payment: Payment, amount: Money, refund_id: UUID | None = None) -> None:
        self.asks.append(Ask(operation=operation, payment_id=payment.id, amount=amount, refund_id=refund_id))
        self.note(payment, KIND_OF[operation], Outcome.REQUESTED, amount, refund_id=refund_id)

    def note(
        self,
        payment: Payment,
        kind: EntryKind,
        outcome: Outcome,
        amount: Money,
        *,
        code: str = "",
        message: str = "",
        refund_id: UUID | None = None,
    ) -> None:
        """One more line of the ledger."""
        self.entries.append(
            Entry(
                payment_id=payment.id,
                kind=kind,
                outcome=outcome,
                amount=amount,
                refund_id=refund_id,
                code=code,
                message=message,
            )
        )
