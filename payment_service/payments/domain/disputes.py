"""Apply what the provider reports of a dispute to the payments of an order. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

from payments.domain import replies
from payments.domain.dispute import Dispute
from payments.domain.ledger import EntryKind, Outcome
from payments.domain.lifecycle import announce_if_settled, close_payment
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import Payment
from payments.domain.provider_payment import ProviderDispute


def apply_dispute(order: OrderPayments, payment_id: UUID, found: ProviderDispute) -> None:
    """Apply the provider's dispute: book what it takes or gives back, and announce its opening and its decision.

    A repeated or stale report changes nothing. Money that comes back to a canceled order is refunded.
    """
    payment = order.payment(payment_id)
    after = Dispute(
        id=uuid5(payment_id, found.id),
        payment_id=payment_id,
        provider_id=found.id,
        amount=payment.money(found.amount),
        status=found.status,
        reason=found.reason,
        respond_by=found.respond_by,
        taken=found.taken,
    )
    before = order.disputes.get(after.id)
    if before and (after == before or not before.overtaken_by(after)):
        return
    order.disputes[after.id] = after
    payment = _book(order, payment, before, after)
    if before is None:
        order.send(replies.disputed(payment, after))
    if after.decided and (before is None or before.status is not after.status):
        order.send(replies.dispute_closed(payment, after))
    if order.closed or order.attempts_of(order.order_id):
        order.voided = order.voided and payment.holds_nothing
        close_payment(order, payment)
        announce_if_settled(order)


def _book(order: OrderPayments, payment: Payment, before: Dispute | None, after: Dispute) -> Payment:
    """Change the payment's counters, and record in the ledger what was taken or given back."""
    taken, for_now, charged_back = (before.taken, before.taken_for_now, before.charged_back) if before else (0, 0, 0)
    payment = order.keep(
        replace(
            payment,
            disputed=payment.disputed + after.taken_for_now - for_now,
            charged_back=payment.charged_back + after.charged_back - charged_back,
        )
    )
    if after.taken != taken:
        kind = EntryKind.CHARGEBACK if after.taken > taken else EntryKind.CHARGEBACK_REVERSAL
        amount = payment.money(abs(after.taken - taken))
        order.record(payment, kind, Outcome.SUCCEEDED, amount, code=after.reason, dispute_id=after.id)
    return payment
