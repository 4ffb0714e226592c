"""Apply what the provider reports to the payments of an order. Pure.

The provider's object is the truth about the money. A report that is stale, repeated or out of order changes
nothing that is already so: each rule checks our present state.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

from payments.domain import refunds, replies
from payments.domain.ledger import KIND_OF, EntryKind, Outcome
from payments.domain.lifecycle import announce_if_settled, close_payment
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import UNDECIDED, Payment, PaymentStatus, RefundExceedsCaptured
from payments.domain.provider_calls import (
    Abandoned,
    CallResult,
    Completed,
    LeasedCall,
    Operation,
    OutcomeUnknown,
    RefundCompleted,
    Rejected,
)
from payments.domain.provider_payment import ProviderPayment, ProviderRefund, ProviderStatus
from payments.domain.refund import OPEN, Refund, RefundStatus


def apply_result(order: OrderPayments, call: LeasedCall, result: CallResult) -> None:
    """Apply the result of a call to the provider."""
    match result:
        case Completed(found):
            apply_payment(order, call.payment_id, found)
        case RefundCompleted(found_refund):
            apply_refund(order, call.payment_id, found_refund)
        case Rejected(code, message) | Abandoned(code, message):
            _apply_refusal(order, call, code, message, abandoned=isinstance(result, Abandoned))
        case OutcomeUnknown() if not call.was_sent:
            mark_unknown(order, call.operation, call.payment_id, call.refund_id)
        case _:
            pass


def _apply_refusal(order: OrderPayments, call: LeasedCall, code: str, message: str, *, abandoned: bool) -> None:
    match call.operation:
        case Operation.AUTHORIZE | Operation.CONFIRM:
            status = PaymentStatus.FAILED if abandoned else PaymentStatus.DECLINED
            decline(order, call.payment_id, code, message, status=status)
        case Operation.CAPTURE:
            fail_capture(order, call.payment_id, code, message)
        case Operation.REFUND if call.refund_id:
            fail_refund(order, call.refund_id, code, message)
        case _:
            pass


def apply_payment(order: OrderPayments, payment_id: UUID, found: ProviderPayment) -> None:
    """Apply the provider's payment object, with its refunds."""
    payment = order.payment(payment_id)
    payment = order.keep(replace(payment, provider_id=payment.provider_id or found.id))
    match found.status:
        case ProviderStatus.AUTHORIZED:
            _apply_authorized(order, payment)
        case ProviderStatus.ACTION_REQUIRED:
            _apply_action_required(order, payment, found)
        case ProviderStatus.APPROVED:
            _apply_approved(order, payment)
        case ProviderStatus.CAPTURED:
            _apply_captured(order, payment, found)
        case ProviderStatus.DECLINED:
            decline(order, payment_id, found.code or "declined", found.message or "The payment was declined.")
        case ProviderStatus.VOIDED:
            _apply_voided(order, payment)
        case ProviderStatus.PROCESSING:
            pass
    for refund in found.refunds:
        apply_refund(order, payment_id, refund)
    announce_if_settled(order)


def decline(
    order: OrderPayments,
    payment_id: UUID,
    code: str,
    message: str,
    *,
    status: PaymentStatus = PaymentStatus.DECLINED,
) -> None:
    """End the payment without money held. `status`: FAILED if the provider has no trace of it."""
    payment = order.payment(payment_id)
    if payment.status not in UNDECIDED and payment.status is not PaymentStatus.VOIDING:
        return
    unwanted = payment.status is PaymentStatus.VOIDING
    ended = payment.with_status(PaymentStatus.VOIDED if unwanted else status, code=code, message=message)
    order.keep(ended)
    order.record(ended, EntryKind.AUTHORIZATION, Outcome.FAILED, ended.amount, code=code, message=message)
    if unwanted:
        announce_if_settled(order)
    else:
        order.send(replies.declined(ended, code, message))


def fail_capture(order: OrderPayments, payment_id: UUID, code: str, message: str) -> None:
    """Record that the provider refused to capture the money."""
    payment = order.payment(payment_id)
    if payment.status is not PaymentStatus.CAPTURING:
        return
    failed = order.keep(payment.with_status(PaymentStatus.CAPTURE_FAILED, code=code, message=message))
    order.record(failed, EntryKind.CHARGE, Outcome.FAILED, failed.amount, code=code, message=message)
    order.send(replies.capture_failed(order.order_id, failed.id, code, message))
    if order.closed:
        close_payment(order, failed)


def fail_refund(order: OrderPayments, refund_id: UUID, code: str, message: str) -> None:
    """Record that the provider refused the refund; its claim on the captured amount ends."""
    refund = order.refunds[refund_id]
    if refund.status not in OPEN:
        return
    failed = order.keep_refund(refund.failed(code, message))
    payment = order.payment(refund.payment_id)
    payment = order.keep(replace(payment, claimed=payment.claimed - refund.amount.amount))
    order.record(
        payment, EntryKind.REFUND, Outcome.FAILED, refund.amount, code=code, message=message, refund_id=refund.id
    )
    order.send(replies.refund_failed(failed, payment))
    _reuse_released_claim(order, payment, failed)


def apply_refund(order: OrderPayments, payment_id: UUID, found: ProviderRefund) -> None:
    """Apply the provider's refund object: one of ours, or one made by hand there, which is added to our books."""
    payment = order.payment(payment_id)
    refund = next(
        (r for r in order.refunds.values() if str(r.id) == found.reference or r.provider_id == found.id), None
    )
    if payment.status is not PaymentStatus.CAPTURED or found.status == "pending":
        return
    if found.status == "failed":
        if refund:
            _apply_failed_refund(order, payment, refund, found)
        return
    if refund and refund.status in {RefundStatus.SUCCEEDED, RefundStatus.REVERSED}:
        return
    try:
        if refund is None:
            refund = _foreign_refund(payment, found)
            payment = payment.with_claim(refund.amount)
        elif refund.status is RefundStatus.FAILED:
            payment = payment.with_claim(refund.amount)
    except RefundExceedsCaptured:
        return  # until one of ours has failed; reconciliation shows it to staff
    succeed_refund(order, payment, refund, found.id)


def succeed_refund(order: OrderPayments, payment: Payment, refund: Refund, provider_id: str) -> None:
    """Record that the money of a refund has gone back."""
    refund = order.keep_refund(refund.with_status(RefundStatus.SUCCEEDED, provider_id=provider_id, code="", message=""))
    payment = order.keep(replace(payment, refunded=payment.refunded + refund.amount.amount))
    order.record(payment, EntryKind.REFUND, Outcome.SUCCEEDED, refund.amount, refund_id=refund.id)
    order.send(replies.refunded(refund, payment))
    refunds.request_waiting(order)
    announce_if_settled(order)


def _apply_failed_refund(order: OrderPayments, payment: Payment, refund: Refund, found: ProviderRefund) -> None:
    """The refund failed at once, or weeks after it succeeded: then the bank has returned the money to the shop."""
    message = found.message or "The refund failed at the provider."
    if refund.status is not RefundStatus.SUCCEEDED:
        fail_refund(order, refund.id, "refund_failed", message)
        return
    refund = order.keep_refund(refund.with_status(RefundStatus.REVERSED, code="refund_reversed", message=message))
    amount = refund.amount.amount
    payment = order.keep(replace(payment, refunded=payment.refunded - amount, claimed=payment.claimed - amount))
    order.voided = False
    order.record(
        payment, EntryKind.REVERSAL, Outcome.SUCCEEDED, refund.amount, code=refund.code, message=message,
        refund_id=refund.id,
    )  # fmt: skip
    order.send(replies.refund_failed(refund, payment))
    _reuse_released_claim(order, payment, refund)


def _reuse_released_claim(order: OrderPayments, payment: Payment, failed: Refund) -> None:
    """After a failed refund, request those that waited; of a closed order, refund the rest to the customer.

    If the refund for the closing itself failed, staff or a repeated command have to retry it.
    """
    refunds.request_waiting(order)
    if order.closed and failed.key != order.order_id:
        close_payment(order, order.payment(payment.id))


def mark_unknown(order: OrderPayments, operation: Operation, payment_id: UUID, refund_id: UUID | None = None) -> None:
    """Record that a request was sent and its answer was lost."""
    payment = order.payment(payment_id)
    refund = order.refunds.get(refund_id) if refund_id else None
    if operation is Operation.AUTHORIZE and payment.status is PaymentStatus.REQUESTED:
        payment = order.keep(payment.with_status(PaymentStatus.UNKNOWN))
    if refund and refund.status is RefundStatus.REQUESTED:
        refund = order.keep_refund(refund.with_status(RefundStatus.UNKNOWN))
    amount = refund.amount if refund else payment.amount
    order.record(payment, KIND_OF[operation], Outcome.UNKNOWN, amount, refund_id=refund_id)


def _apply_authorized(order: OrderPayments, payment: Payment) -> None:
    if payment.status in UNDECIDED:
        payment = order.keep(payment.with_status(PaymentStatus.AUTHORIZED))
        order.record(payment, EntryKind.AUTHORIZATION, Outcome.SUCCEEDED, payment.amount)
        order.send(replies.authorized(payment, attempt=payment.attempt))
    else:
        _release(order, payment)


def _apply_action_required(order: OrderPayments, payment: Payment, found: ProviderPayment) -> None:
    if payment.status in {PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN}:
        payment = order.keep(payment.with_status(PaymentStatus.ACTION_REQUIRED, action_url=found.action_url))
        order.record(payment, EntryKind.AUTHORIZATION, Outcome.ACTION_REQUIRED, payment.amount)
        order.send(replies.action_required(payment))
    elif payment.status is not PaymentStatus.DECLINED:  # this report may be older than the decline
        _release(order, payment)


def _apply_approved(order: OrderPayments, payment: Payment) -> None:
    if payment.status in {PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN, PaymentStatus.ACTION_REQUIRED}:
        payment = order.keep(payment.with_status(PaymentStatus.CONFIRMING))
        order.call(Operation.CONFIRM, payment, payment.amount)
    elif payment.status is PaymentStatus.VOIDING:
        _release(order, payment)


def _release(order: OrderPayments, payment: Payment) -> None:
    """Void a payment that is no longer wanted but still open at the provider."""
    if payment.status in {PaymentStatus.DECLINED, PaymentStatus.FAILED}:
        payment = order.keep(payment.with_status(PaymentStatus.VOIDING))
    if payment.status is PaymentStatus.VOIDING:
        order.call(Operation.VOID, payment, payment.amount)


def _apply_captured(order: OrderPayments, payment: Payment, found: ProviderPayment) -> None:
    if payment.holds_nothing or payment.status is PaymentStatus.CAPTURED:
        return  # reconciliation shows the contradiction to staff
    if payment.status in UNDECIDED:
        order.record(payment, EntryKind.AUTHORIZATION, Outcome.SUCCEEDED, payment.amount)
    payment = order.keep(payment.with_status(PaymentStatus.CAPTURED, captured=found.captured))
    order.record(payment, EntryKind.CHARGE, Outcome.SUCCEEDED, payment.money(found.captured))
    order.send(replies.captured(payment))
    if order.closed:
        close_payment(order, payment)


def _apply_voided(order: OrderPayments, payment: Payment) -> None:
    code, message = "authorization_voided", "The provider has released the money; nothing was taken."
    if payment.status is PaymentStatus.CAPTURING:
        fail_capture(order, payment.id, code, message)
    elif payment.status in UNDECIDED:
        decline(order, payment.id, code, message)
    elif payment.status in {PaymentStatus.VOIDING, PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURE_FAILED}:
        payment = order.keep(payment.with_status(PaymentStatus.VOIDED))
        order.record(payment, EntryKind.VOID, Outcome.SUCCEEDED, payment.amount)


def _foreign_refund(payment: Payment, found: ProviderRefund) -> Refund:
    """A refund that was made by hand at the provider."""
    return Refund(
        id=uuid5(payment.id, found.id),
        payment_id=payment.id,
        amount=payment.money(found.amount),
        reason="made at the provider",
    )
