"""What follows from what the provider shows. Pure.

The provider's object is the truth about the money. A sight that is stale, repeated or comes in another
order changes nothing that is not so: each rule looks at the state that we are in.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from payments.domain import answers
from payments.domain.account import Account
from payments.domain.ledger import KIND_OF, EntryKind, Operation, Outcome
from payments.domain.payment import (
    OPEN,
    UNDECIDED,
    Payment,
    PaymentStatus,
    Refund,
    RefundExceedsCaptured,
    RefundStatus,
)
from payments.domain.seen import SeenPayment, SeenRefund, SeenStatus

S, R = PaymentStatus, RefundStatus


def learn(account: Account, payment_id: UUID, seen: SeenPayment) -> None:
    """Take in the provider's payment object, with its refunds."""
    payment = account.payment(payment_id)
    payment.provider_id = payment.provider_id or seen.id
    match seen.status:
        case SeenStatus.AUTHORIZED:
            _authorized(account, payment)
        case SeenStatus.ACTION_REQUIRED:
            _action_required(account, payment, seen)
        case SeenStatus.CAPTURED:
            _captured(account, payment, seen)
        case SeenStatus.DECLINED:
            decline(account, payment_id, seen.code or "declined", seen.message or "The payment was declined.")
        case SeenStatus.VOIDED:
            _voided(account, payment)
        case SeenStatus.PROCESSING:
            pass
    for found in seen.refunds:
        learn_refund(account, payment_id, found)
    account.say_when_settled()


def decline(account: Account, payment_id: UUID, code: str, message: str, *, to: PaymentStatus = S.DECLINED) -> None:
    """The bank said no, for good."""
    payment = account.payment(payment_id)
    if payment.status not in UNDECIDED and payment.status is not S.VOIDING:
        return
    unwanted = payment.status is S.VOIDING
    payment.move(S.VOIDED if unwanted else to)
    payment.code, payment.message = code, message
    account.note(payment, EntryKind.AUTHORIZATION, Outcome.FAILED, payment.amount, code=code, message=message)
    if unwanted:
        account.say_when_settled()
    else:
        account.tell(answers.declined(payment, code, message))


def give_up(account: Account, payment_id: UUID, code: str, message: str) -> None:
    """The provider was never reached, or has no trace of the payment: nothing is held."""
    decline(account, payment_id, code, message, to=S.FAILED)


def refuse_capture(account: Account, payment_id: UUID, code: str, message: str) -> None:
    payment = account.payment(payment_id)
    if payment.status is not S.CAPTURING:
        return
    payment.move(S.CAPTURE_FAILED)
    payment.code, payment.message = code, message
    account.note(payment, EntryKind.CHARGE, Outcome.FAILED, payment.amount, code=code, message=message)
    account.tell(answers.capture_failed(account.order_id, payment.id, code, message))
    if account.closed:
        account.undo(payment)


def refuse_refund(account: Account, refund_id: UUID, code: str, message: str) -> None:
    """The money stays; the claim to it is given back."""
    refund = next(r for r in account.refunds if r.id == refund_id)
    if refund.status not in OPEN:
        return
    payment = account.payment(refund.payment_id)
    refund.fail(code, message)
    payment.claimed -= refund.amount.amount
    account.note(
        payment, EntryKind.REFUND, Outcome.FAILED, refund.amount, code=code, message=message, refund_id=refund.id
    )
    account.tell(answers.refund_failed(refund, payment))
    _money_is_free(account, payment, refund)


def learn_refund(account: Account, payment_id: UUID, seen: SeenRefund) -> None:
    """One of ours, or one made by hand at the provider, which is taken into our books."""
    payment = account.payment(payment_id)
    refund = next((r for r in account.refunds if str(r.id) == seen.reference or r.provider_id == seen.id), None)
    if payment.status is not S.CAPTURED or seen.status == "pending":
        return
    if seen.status == "failed":
        if refund:
            _failed(account, payment, refund, seen)
        return
    if refund and refund.status in {R.SUCCEEDED, R.REVERSED}:
        return
    try:
        if refund is None:
            refund = _adopted(account, payment, seen)
        elif refund.status is R.FAILED:
            payment.claim(refund.amount)
    except RefundExceedsCaptured:
        return  # until one of ours has failed; reconciliation shows it to staff
    refund.move(R.SUCCEEDED)
    refund.provider_id = seen.id
    refund.code = refund.message = ""
    payment.refunded += refund.amount.amount
    account.note(payment, EntryKind.REFUND, Outcome.SUCCEEDED, refund.amount, refund_id=refund.id)
    account.tell(answers.refunded(refund, payment))
    account.take_up_waiting()
    account.say_when_settled()


def _failed(account: Account, payment: Payment, refund: Refund, seen: SeenRefund) -> None:
    """At once, or weeks after it succeeded: then the bank has sent the money back to the shop."""
    message = seen.message or "The refund failed at the provider."
    if refund.status is not R.SUCCEEDED:
        refuse_refund(account, refund.id, "refund_failed", message)
        return
    refund.move(R.REVERSED)
    refund.code, refund.message = "refund_reversed", message
    payment.refunded -= refund.amount.amount
    payment.claimed -= refund.amount.amount
    account.voided = False
    account.note(
        payment, EntryKind.REVERSAL, Outcome.SUCCEEDED, refund.amount, code=refund.code, message=message,
        refund_id=refund.id,
    )  # fmt: skip
    account.tell(answers.refund_failed(refund, payment))
    _money_is_free(account, payment, refund)


def _money_is_free(account: Account, payment: Payment, refund: Refund) -> None:
    """A refund has failed. Who waited for it may have the money; of a closed order, the customer has the rest.

    When the refund for the closing itself has failed, staff have to say that it is tried again.
    """
    account.take_up_waiting()
    if account.closed and refund.key != account.order_id:
        account.undo(payment)


def doubt(account: Account, operation: Operation, payment_id: UUID, refund_id: UUID | None = None) -> None:
    """The provider was asked and we have no answer."""
    payment = account.payment(payment_id)
    refund = next((r for r in account.refunds if r.id == refund_id), None)
    if operation is Operation.AUTHORIZE and payment.status is S.REQUESTED:
        payment.move(S.UNKNOWN)
    if refund and refund.status is R.REQUESTED:
        refund.move(R.UNKNOWN)
    amount = refund.amount if refund else payment.amount
    account.note(payment, KIND_OF[operation], Outcome.UNKNOWN, amount, refund_id=refund_id)


def _authorized(account: Account, payment: Payment) -> None:
    if payment.status in UNDECIDED:
        payment.move(S.AUTHORIZED)
        account.note(payment, EntryKind.AUTHORIZATION, Outcome.SUCCEEDED, payment.amount)
        account.tell(answers.authorized(payment, attempt=payment.attempt))
    else:
        _release(account, payment)


def _action_required(account: Account, payment: Payment, seen: SeenPayment) -> None:
    if payment.status in {S.REQUESTED, S.UNKNOWN}:
        payment.move(S.ACTION_REQUIRED)
        payment.action_url = seen.action_url
        account.note(payment, EntryKind.AUTHORIZATION, Outcome.ACTION_REQUIRED, payment.amount)
        account.tell(answers.action_required(payment))
    elif payment.status is not S.DECLINED:  # this sight may be older than the decline
        _release(account, payment)


def _release(account: Account, payment: Payment) -> None:
    """The provider holds money, or waits for the customer, for a payment that nobody wants."""
    if payment.status in {S.DECLINED, S.FAILED}:
        payment.move(S.VOIDING)
    if payment.status is S.VOIDING:
        account.ask(Operation.VOID, payment, payment.amount)


def _captured(account: Account, payment: Payment, seen: SeenPayment) -> None:
    if payment.over or payment.status is S.CAPTURED:
        return  # reconciliation shows to staff what must not be
    if payment.status in UNDECIDED:
        account.note(payment, EntryKind.AUTHORIZATION, Outcome.SUCCEEDED, payment.amount)
    payment.move(S.CAPTURED)
    payment.captured = seen.captured
    account.note(payment, EntryKind.CHARGE, Outcome.SUCCEEDED, payment.money(seen.captured))
    account.tell(answers.captured(payment))
    if account.closed:
        account.undo(payment)


def _voided(account: Account, payment: Payment) -> None:
    code, message = "authorization_voided", "The provider has released the money; nothing was taken."
    if payment.status is S.CAPTURING:
        refuse_capture(account, payment.id, code, message)
    elif payment.status in UNDECIDED:
        decline(account, payment.id, code, message)
    elif payment.status in {S.VOIDING, S.AUTHORIZED, S.CAPTURE_FAILED}:
        payment.move(S.VOIDED)
        account.note(payment, EntryKind.VOID, Outcome.SUCCEEDED, payment.amount)


def _adopted(account: Account, payment: Payment, seen: SeenRefund) -> Refund:
    amount = payment.money(seen.amount)
    payment.claim(amount)
    refund = Refund(id=uuid5(payment.id, seen.id), payment_id=payment.id, amount=amount, reason="made at the provider")
    account.refunds.append(refund)
    return refund
