"""The engine of the checkout saga: which step comes next, and which step is undone next.

It keeps no state of its own: the next step follows from the facts that the order knows, in whatever order they came.
The steps are a table in `steps.py`; each function returns the new order and the notes of what happened.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orders.domain import customer_texts, facts
from orders.domain.facts import Fact, PaymentDisputeClosed, PaymentRefundFailed, RefundFact
from orders.domain.holdings import (
    holds_allocated_stock,
    holds_captured_money,
    holds_reserved_stock,
    holds_shipment,
)
from orders.domain.order import Order, Waiting
from orders.domain.outcome import AlertCleared, Change, Note, Sent, StaffNote, customer_update
from orders.domain.policy import Policy
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus
from orders.domain.step_commands import close_payments, release_stock
from orders.domain.steps import FULFILL, LEFT, PIVOT, STEP_OF_NAME, STEPS, Step
from orders.domain.timeline import EntryKind
from orders.events_out import OrderCanceled, OrderConfirmed

# Forward


def advance(order: Order, *, before: Order, now: datetime, policy: Policy) -> Change:
    """Continue, cancel or undo, as the known facts require. `before`: the order before the present fact."""
    if order.closed:
        return _undo_next(order, now=now, policy=policy)
    if order.status is OrderStatus.COMPLETED:
        return order, []
    refusal = next((step.refusal for step in STEPS if _is_refused(step, order)), None)
    if refusal is not None:
        return begin_cancellation(order, refusal.reason, now=now, policy=policy)
    if order.wholly_refunded and not _is_on_its_way(order):
        return begin_cancellation(order, CancelReason.REFUNDED, now=now, policy=policy)
    return _continue(order, before=before, now=now, policy=policy)


def _is_refused(step: Step, order: Order) -> bool:
    return step.refusal is not None and order.knows(step.refusal.fact) and not order.knows(*step.done)


def _is_on_its_way(order: Order) -> bool:
    return order.dispatched_at is not None or order.knows(*LEFT)


def is_held(order: Order) -> bool:
    """Return whether a dispute stops the parcel, until staff decide."""
    return bool(order.unsettled_disputes) and not _is_on_its_way(order)


def _continue(order: Order, *, before: Order, now: datetime, policy: Policy) -> Change:
    """Wait for the first step that is not done; confirm after the pivot; stop after the last step."""
    notes: list[Note] = []
    for step in STEPS:
        if step is FULFILL and is_held(order):
            order, stopped = _stop_parcel(order, now=now, policy=policy)
            return order, [*notes, *stopped]
        if not order.knows(*step.done):
            order, asked = _wait_for(order, step, now=now, policy=policy)
            return order, [*notes, *asked]
        if step is PIVOT and order.status is OrderStatus.PENDING:
            order, notes = _confirm(order, now=now)
    if order.waiting or order.fulfillment is not before.fulfillment:
        order = replace(order, waiting=None, due_at=_next_deadline(order, now=now, policy=policy))
    return order, notes


def _stop_parcel(order: Order, *, now: datetime, policy: Policy) -> Change:
    """Cancel the parcel that was requested, or may have been; then only staff go on."""
    if holds_shipment(order):
        return _wait_for_undo(order, FULFILL, now=now, policy=policy)
    return replace(order, waiting=None, due_at=None), []


def _next_deadline(order: Order, *, now: datetime, policy: Policy) -> datetime | None:
    match order.fulfillment:
        case FulfillmentStatus.PREPARING:
            return now + policy.dispatch_deadline
        case FulfillmentStatus.DISPATCHED:
            return now + policy.delivery_deadline
        case FulfillmentStatus.DELIVERED | FulfillmentStatus.RETURNED if order.delivered_at:
            return order.delivered_at + policy.return_window
        case _:
            return None


def _wait_for(order: Order, step: Step, *, now: datetime, policy: Policy) -> Change:
    waiting, policy = order.waiting, policy.for_payment_by(order.payment_method)
    if waiting is None or waiting.step != step.name or waiting.undo:
        deadline = now + step.deadline(policy)
        order = step.begin(replace(order, waiting=_first_wait(step, now, policy), due_at=deadline))
        return order, [step.ask(order, policy)]
    if order.knows(*step.paused) and waiting.ask_again_at:
        order = replace(order, waiting=replace(waiting, ask_again_at=None))
    return order, []


def _first_wait(step: Step, now: datetime, policy: Policy, *, undo: bool = False) -> Waiting:
    ask_again_at = now + policy.patience(step.patience(policy), 1)
    return Waiting(step=step.name, undo=undo, since=now, asks=1, ask_again_at=ask_again_at)


def ask_again(order: Order, waiting: Waiting, *, now: datetime, policy: Policy) -> Change:
    """Send the command of the step again, as a new message with the same business key, and wait longer."""
    step, asks = STEP_OF_NAME[waiting.step], waiting.asks + 1
    again_at = now + policy.patience(step.patience(policy), asks)
    order = replace(order, waiting=replace(waiting, asks=asks, ask_again_at=again_at))
    command = step.undo if waiting.undo else step.ask
    return order, [Sent(command(order, policy).message, EntryKind.ATTEMPT, "asked again")]


def _confirm(order: Order, *, now: datetime) -> Change:
    order = replace(order.moved(OrderStatus.CONFIRMED), confirmed_at=now)
    confirmed = OrderConfirmed(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        lines=order.lines,
        subtotal=order.subtotal,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        address=order.address,
        confirmed_at=now,
        paid=order.knows(facts.PaymentCaptured),
    )
    text = customer_texts.CONFIRMED if confirmed.paid else customer_texts.CONFIRMED_UNPAID
    return order, [customer_update(order, "confirmed", text, event=confirmed)]


# Backward


def begin_cancellation(
    order: Order, reason: CancelReason, *, detail: str = "", now: datetime, policy: Policy
) -> Change:
    """Begin to undo all that the order holds. `detail`: for the timeline, in place of the reason."""
    order = replace(
        order.moved(OrderStatus.CANCELING), cancel_reason=reason.value, payment_method="", waiting=None, due_at=None
    )
    begun: list[Note] = [AlertCleared(), StaffNote(EntryKind.COMPENSATION, "undo", detail or reason.value)]
    order, undone = _undo_next(order, now=now, policy=policy)
    notes = [*begun, *undone]
    if order.status is OrderStatus.CANCELING:
        notes.append(customer_update(order, "canceling", customer_texts.CANCELING))
    return order, notes


def _undo_next(order: Order, *, now: datetime, policy: Policy) -> Change:
    """Undo the last step that may hold something; if none does, the order is canceled."""
    for step in reversed(STEPS):
        if step.holds(order):
            return _wait_for_undo(order, step, now=now, policy=policy)
    order = replace(order, waiting=None, due_at=None)
    return _finish_cancellation(order) if order.status is OrderStatus.CANCELING else (order, [])


def _wait_for_undo(order: Order, step: Step, *, now: datetime, policy: Policy) -> Change:
    waiting = order.waiting
    if waiting is None or waiting.step != step.name or not waiting.undo:
        waiting = _first_wait(step, now, policy, undo=True)
        order = replace(order, waiting=waiting, due_at=now + policy.undo_deadline)
        return order, [step.undo(order, policy)]
    if waiting.ask_again_at and order.refund_refused:
        order = replace(order, waiting=replace(waiting, ask_again_at=None))
    return order, []


def _finish_cancellation(order: Order) -> Change:
    order = order.moved(OrderStatus.CANCELED)
    text = customer_texts.canceled(order)
    canceled = OrderCanceled(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        reason=order.cancel_reason,
        message=text,
        refunded=order.refunded if order.refunded.amount else None,
        lines=order.lines,
    )
    return order, [AlertCleared(), customer_update(order, "canceled", text, event=canceled)]


# Special cases


def undo_late_fact(order: Order, fact: Fact, policy: Policy) -> list[Note]:
    """Return the command that undoes money or stock that came after all of it had been undone.

    Nothing waits for the answer: the receiver has closed the order on its side, and undoes it in any case.
    """
    if not order.closed:
        return []
    match fact:
        case facts.PaymentAuthorized() | facts.PaymentActionRequired() if order.knows(facts.PaymentVoided):
            return [replace(close_payments(order, policy), detail="late payment")]
        case facts.StockReserved() | facts.StockAllocated() if not (
            holds_reserved_stock(order) or holds_allocated_stock(order)
        ):
            return [replace(release_stock(order, policy), detail="late stock")]
    return []


def retry_refund(order: Order, fact: Fact, *, now: datetime, policy: Policy) -> Change:
    """Request the refund of a cancellation again, after what made it too much has ended, or if more is owed now."""
    if not isinstance(fact, RefundFact | PaymentDisputeClosed):
        return order, []
    waiting = order.waiting if holds_captured_money(order) and _undoes_capture(order) else None
    if isinstance(fact, PaymentDisputeClosed) or fact.refund_id != order.id:
        if waiting and order.refund_attempt > 1:
            return ask_again(order, waiting, now=now, policy=policy)
    elif isinstance(fact, PaymentRefundFailed):
        next_attempt = fact.attempt + (fact.code == facts.REFUND_EXCEEDS_CAPTURED)
        order = replace(order, refund_attempt=max(order.refund_attempt, next_attempt))
    elif waiting:  # a dispute was won after this refund had been requested
        order = replace(order, refund_attempt=max(order.refund_attempt, fact.attempt + 1))
        return ask_again(order, waiting, now=now, policy=policy)
    return order, []


def _undoes_capture(order: Order) -> bool:
    return order.waiting is not None and order.waiting.undo and order.waiting.step == PIVOT.name
