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

from chassis.core.errors import DomainError
from chassis.core.money import Money
from payments.domain import answers
from payments.domain.ledger import KIND_OF, Ask, Entry, EntryKind, Operation, Outcome
from payments.domain.payment import (
    HOLDING,
    OPEN,
    AlreadyRefunded,
    NotCaptured,
    Payment,
    PaymentNotFound,
    PaymentStatus,
    Refund,
    RefundExceedsCaptured,
    RefundNotRetriable,
    RefundStatus,
    RefundUnderWay,
    refund_id_of,
)
from payments.events_out import PaymentVoided

S, R = PaymentStatus, RefundStatus

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
        for payment in self.payments:
            if payment.status is S.CAPTURED:
                self.undo(payment)  # asked again: what could not be given back is tried once more
        if closing := self.attempts_of(self.order_id):
            self.tell(answers.repeated_refund(closing[-1], self.payment(closing[-1].payment_id)))
        if self.voided:
            self.tell(PaymentVoided(order_id=self.order_id))

    def refund(self, refund: Refund) -> None:
        """Begin to give money back. Raises NotCaptured, InvalidAmount, RefundExceedsCaptured."""
        payment = self.captured()
        payment.claim(refund.amount)
        refund.payment_id = payment.id
        self.refunds.append(refund)
        self.ask(Operation.REFUND, payment, refund.amount, refund.id)

    def refund_by_hand(self, refund: Refund) -> None:
        """As `refund`, by staff: the next attempt at what it settles. Also raises RefundUnderWay, AlreadyRefunded."""
        tries = self.attempts_of(refund.key)
        if any(earlier.status in OPEN | {R.WAITING} for earlier in tries):
            raise RefundUnderWay
        if any(earlier.status is R.SUCCEEDED for earlier in tries):
            raise AlreadyRefunded
        refund.attempt = tries[-1].attempt + 1 if tries else 1
        self.refund(refund)

    def try_again(self, refund_id: UUID, *, requested_by: str) -> Refund:
        """A new attempt at a refund that failed; as `refund_by_hand`. Raises RefundNotRetriable."""
        failed = next((refund for refund in self.refunds if refund.id == refund_id), None)
        if failed is None or failed.status not in {R.FAILED, R.REVERSED}:
            raise RefundNotRetriable
        attempt = self.attempts_of(failed.key)[-1].attempt + 1
        again = Refund(
            id=refund_id_of(failed.key, attempt),
            key=failed.key,
            payment_id=failed.payment_id,
            amount=failed.amount,
            reason=failed.reason,
            requested_by=requested_by,
        )
        self.refund_by_hand(again)
        return again

    def answer_refund(self, refund: Refund) -> None:
        """As `refund`, for a question by message: a refusal is an answer too, and is remembered.

        The same attempt gets the same answer. A later one is made anew, unless an earlier one is under way
        (then it is that one) or has given the money back (then that is the answer).
        """
        tries = self.attempts_of(refund.key)
        known = next((r for r in tries if r.attempt == refund.attempt), None)
        done = next((r for r in tries if r.status is R.SUCCEEDED), None)
        under_way = next((r for r in tries if r.status in OPEN | {R.WAITING}), None)
        if known:
            self.tell(answers.repeated_refund(known, self.payment(known.payment_id)))
        elif tries and tries[-1].attempt > refund.attempt:
            pass  # an old question, overtaken by a newer one
        elif done:
            self.tell(answers.refunded(done, self.payment(done.payment_id), attempt=refund.attempt))
        elif under_way:
            under_way.attempt = refund.attempt
        else:
            self._begin_or_refuse(refund)

    def take_up_waiting(self) -> None:
        """Another refund has ended: make those that waited for it, or refuse what is still too much."""
        for refund in self.refunds:
            if refund.status is not R.WAITING:
                continue
            payment = self.payment(refund.payment_id)
            try:
                payment.claim(refund.amount)
            except RefundExceedsCaptured as error:
                if not self._has_open_refund():
                    refund.fail(error.code, error.message)
                    self.tell(answers.refund_failed(refund, payment))
            else:
                refund.move(R.REQUESTED)
                self.ask(Operation.REFUND, payment, refund.amount, refund.id)

    def _begin_or_refuse(self, refund: Refund) -> None:
        try:
            self.refund(refund)
        except RefundExceedsCaptured as error:
            payment = self.captured()
            refund.payment_id, waits = payment.id, self._has_open_refund()
            self.refunds.append(refund)
            if waits:
                refund.status = R.WAITING
            else:
                refund.fail(error.code, error.message)
                self.tell(answers.refund_failed(refund, payment))
        except DomainError as error:
            self.tell(answers.refund_refused(refund, self.order_id, error.code, error.message))

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
                self._give_back_the_rest(payment)
            case _:
                pass

    def _give_back_the_rest(self, payment: Payment) -> None:
        """Of a closed order; the refund is named for the order."""
        tries = self.attempts_of(self.order_id)
        attempt = tries[-1].attempt + 1 if tries else 1
        self.refund(
            Refund(
                id=refund_id_of(self.order_id, attempt),
                key=self.order_id,
                attempt=attempt,
                payment_id=payment.id,
                amount=payment.money(payment.captured - payment.claimed),
                reason="order canceled",
            )
        )

    def say_when_settled(self) -> None:
        """A closed order hears once, by itself, that none of its money is left here."""
        if self.closed and not self.voided and all(payment.over for payment in self.payments):
            self.voided = True
            self.tell(PaymentVoided(order_id=self.order_id))

    def latest(self) -> Payment | None:
        return max(self.payments, key=lambda payment: payment.attempt, default=None)

    def attempts_of(self, key: UUID) -> list[Refund]:
        """All tries of one refund, the latest last."""
        return sorted((refund for refund in self.refunds if refund.key == key), key=lambda refund: refund.attempt)

    def _has_open_refund(self) -> bool:
        return any(refund.status in OPEN for refund in self.refunds)

    def captured(self) -> Payment:
        """The payment whose money was taken. Raises NotCaptured."""
        found = next((p for p in self.payments if p.status is S.CAPTURED), None)
        if found is None:
            raise NotCaptured
        return found

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
