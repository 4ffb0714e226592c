"""What the shop asks. Only intent is stored here; `carrying_out` goes to the provider, after the commit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from chassis.core.money import Money
from chassis.outbox.recording import record
from chassis.privacy.erasing import look_again
from chassis.transactions import transactional
from payments import queries, repository
from payments.commands import prompt
from payments.commands.carrying_out import carry_out
from payments.domain.account import Account
from payments.domain.payment import Payment, Refund, SettlesAnotherOrder, refund_id_of

LONGEST_METHOD = 255


@transactional
def authorize_payment(
    *,
    order_id: UUID,
    attempt: int,
    customer_id: UUID,
    number: str,
    amount: Money,
    method: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Begin to hold the money of an order; a repeated question gets the answer that it has had."""
    account = repository.locked(order_id, withdrawing=True)
    usable = len(method) <= LONGEST_METHOD and "\0" not in method
    account.authorize(
        Payment(
            id=uuid7(),
            order_id=order_id,
            attempt=attempt,
            customer_id=customer_id,
            number=number[:40],
            amount=amount,
            method=method if usable else "",
            provider=settings.PAYMENT_PROVIDER,
            expires_at=expires_at,
        )
    )
    _finish(account, now)
    look_again(user_id=customer_id, now=now)  # whose account was deleted while this was on its way


@transactional
def capture_payment(*, order_id: UUID, now: datetime) -> None:
    """Begin to take the money that is held."""
    account = repository.locked(order_id)
    account.capture()
    _finish(account, now)


@transactional
def void_order(*, order_id: UUID, now: datetime) -> None:
    """Release or refund all money of an order, and take none of it ever after."""
    account = repository.locked(order_id, withdrawing=True)
    account.close()
    _finish(account, now)


@transactional
def refund_payment(
    *, order_id: UUID, refund_id: UUID, amount: Money, reason: str, now: datetime, attempt: int = 1
) -> None:
    """Begin to give money back, on the word of another service; a refusal is answered by a message."""
    account = repository.locked(order_id)
    account.answer_refund(
        Refund(
            id=refund_id_of(refund_id, attempt),
            key=refund_id,
            attempt=attempt,
            payment_id=refund_id,
            amount=amount,
            reason=reason[:200],
        )
    )
    _finish(account, now)


@transactional
def request_refund(
    *,
    payment_id: UUID,
    amount: Money,
    reason: str,
    requested_by: str,
    now: datetime,
    refund_id: UUID | None = None,
    settles: UUID | None = None,
) -> UUID:
    """Begin to give money back, on the word of a staff member; the refund's id. The same `refund_id` makes one.

    `settles`: the return or the order that the refund is for, so that the order service can settle it.
    Raises PaymentNotFound, NotCaptured, InvalidAmount, RefundExceedsCaptured, RefundUnderWay, AlreadyRefunded,
    SettlesAnotherOrder.
    """
    order_id = queries.order_of(payment_id)
    account = repository.locked(order_id)
    made = next((refund.id for refund in account.refunds if refund.id == refund_id), None)
    if made:
        return made
    if any(queries.belongs_to_another_order(named, order_id) for named in (refund_id, settles) if named):
        raise SettlesAnotherOrder
    new_id = refund_id or uuid7()
    refund = Refund(
        id=new_id,
        key=settles or new_id,
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        requested_by=requested_by,
    )
    account.refund_by_hand(refund)
    _finish(account, now)
    return refund.id


@transactional
def retry_refund(*, refund_id: UUID, requested_by: str, now: datetime) -> UUID:
    """Make a refund that failed once more; the new attempt's id.

    Raises RefundNotRetriable, RefundUnderWay, AlreadyRefunded, NotCaptured, RefundExceedsCaptured.
    """
    account = repository.locked(queries.order_of_refund(refund_id))
    again = account.try_again(refund_id, requested_by=requested_by)
    _finish(account, now)
    return again.id


def _finish(account: Account, now: datetime) -> None:
    calls = repository.save(account, now=now)
    record(account.messages)
    prompt.after_this_commit(carry_out, calls)
