"""The checkout saga: what has to happen for an order, in which order, and how it is undone.

Nothing here remembers anything: where the saga stands follows from the facts that the order has
gathered, so it does not matter in which order they came. `life.py` says what may happen to an order
and comes here to have it go on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orders.domain import facts, requests, sentences
from orders.domain.facts import Fact
from orders.domain.order import Order, Waiting
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus
from orders.domain.steps import LEFT, PIVOT, STEP_OF_NAME, STEPS, UNDO_DEADLINE, Step
from orders.domain.timeline import EntryKind
from orders.domain.turn import Turn
from orders.events_out import OrderCanceled, OrderConfirmed, ReleaseStock, VoidPayment

# How the saga goes on


def advance(turn: Turn, *, before: Order) -> None:
    order = turn.order
    if order.closed:
        _put_back(turn)
    elif order.status is not OrderStatus.COMPLETED:
        refused = next((step for step in STEPS if _is_refused(step, order)), None)
        if refused:
            begin_to_undo(turn, refused.reason)
        elif order.wholly_refunded and not _is_on_its_way(order):
            begin_to_undo(turn, CancelReason.REFUNDED)
        else:
            _go_on(turn, before=before)


def _is_refused(step: Step, order: Order) -> bool:
    return step.refused is not None and order.knows(step.refused) and not order.knows(*step.done)


def _is_on_its_way(order: Order) -> bool:
    return order.dispatched_at is not None or order.knows(*LEFT)


def _go_on(turn: Turn, *, before: Order) -> None:
    """Ask for the first step that is not done; confirm behind the pivot; rest behind the last."""
    for step in STEPS:
        if not turn.order.knows(*step.done):
            _wait_for(turn, step)
            return
        if step is PIVOT and turn.order.status is OrderStatus.PENDING:
            _confirm(turn)
    if turn.order.waiting or turn.order.fulfillment is not before.fulfillment:
        turn.change(waiting=None, due_at=_next_deadline(turn))


def _next_deadline(turn: Turn) -> datetime | None:
    order, policy = turn.order, turn.policy
    match order.fulfillment:
        case FulfillmentStatus.PREPARING:
            return turn.now + policy.dispatch_deadline
        case FulfillmentStatus.DISPATCHED:
            return turn.now + policy.delivery_deadline
        case FulfillmentStatus.DELIVERED | FulfillmentStatus.RETURNED if order.delivered_at:
            return order.delivered_at + policy.return_window
        case _:
            return None


def _wait_for(turn: Turn, step: Step) -> None:
    waiting = turn.order.waiting
    if waiting is None or waiting.step != step.name or waiting.undo:
        _ask(turn, step)
    elif turn.order.knows(*step.paused) and waiting.ask_again_at:
        turn.change(waiting=replace(waiting, ask_again_at=None))


def _ask(turn: Turn, step: Step) -> None:
    now, policy = turn.now, turn.policy
    turn.change(
        waiting=Waiting(
            step=step.name, undo=False, since=now, asks=1, ask_again_at=now + policy.patience(1, step.patience)
        ),
        due_at=now + step.deadline(policy),
    )
    if step.name == "authorize":
        turn.change(pay_until=turn.order.due_at)
        turn.send(step.ask(turn.order, policy), EntryKind.ATTEMPT, f"attempt {turn.order.attempt}")
    else:
        turn.send(step.ask(turn.order, policy), EntryKind.STEP)


def ask_again(turn: Turn, waiting: Waiting) -> None:
    """The same question, the same business key, another message; a little more patience each time."""
    step, asks = STEP_OF_NAME[waiting.step], waiting.asks + 1
    turn.change(waiting=replace(waiting, asks=asks, ask_again_at=turn.now + turn.policy.patience(asks, step.patience)))
    question = step.undo if waiting.undo else step.ask
    turn.send(question(turn.order, turn.policy), EntryKind.ATTEMPT, "asked again")


def _confirm(turn: Turn) -> None:
    turn.move(OrderStatus.CONFIRMED)
    turn.change(confirmed_at=turn.now)
    order = turn.order
    turn.send(
        OrderConfirmed(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            lines=order.lines,
            subtotal=order.subtotal,
            shipping=order.shipping,
            tax=order.tax,
            total=order.total,
            address=order.address,
            confirmed_at=turn.now,
        )
    )
    turn.tell("confirmed", sentences.CONFIRMED)


# How it is undone


def begin_to_undo(turn: Turn, reason: CancelReason, detail: str = "") -> None:
    turn.move(OrderStatus.CANCELING)
    turn.change(cancel_reason=reason.value, payment_method="", attention="", waiting=None, due_at=None)
    turn.write(EntryKind.COMPENSATION, "undo", detail or reason.value)
    _put_back(turn)
    if turn.order.status is OrderStatus.CANCELING:
        turn.tell("canceling", sentences.CANCELING)


def _put_back(turn: Turn) -> None:
    """Undo the last step that may hold something; when none does, the order is canceled."""
    for step in reversed(STEPS):
        if step.holds(turn.order):
            _wait_for_undo(turn, step)
            return
    turn.change(waiting=None, due_at=None)
    if turn.order.status is OrderStatus.CANCELING:
        turn.move(OrderStatus.CANCELED)
        turn.change(attention="")
        order = turn.order
        message = sentences.canceled(order)
        turn.send(
            OrderCanceled(
                order_id=order.id,
                number=order.number,
                customer_id=order.customer_id,
                reason=order.cancel_reason,
                message=message,
                refunded=order.refunded if order.refunded.amount else None,
                lines=order.lines,
            )
        )
        turn.tell("canceled", message)


def _wait_for_undo(turn: Turn, step: Step) -> None:
    waiting, now = turn.order.waiting, turn.now
    if waiting is None or waiting.step != step.name or not waiting.undo:
        again_at = now + turn.policy.patience(1, step.patience)
        turn.change(
            waiting=Waiting(step=step.name, undo=True, since=now, asks=1, ask_again_at=again_at),
            due_at=now + UNDO_DEADLINE,
        )
        turn.send(step.undo(turn.order, turn.policy), EntryKind.COMPENSATION)
    elif waiting.ask_again_at and turn.order.refund_refused:
        turn.change(waiting=replace(waiting, ask_again_at=None))


def send_after_a_late_fact(turn: Turn, fact: Fact) -> None:
    """Money or stock that came after everything had been put back goes back too. Nothing waits for it:
    the receiver has closed the order on its side and puts it back whatever was first."""
    order = turn.order
    if not order.closed:
        return
    match fact:
        case facts.PaymentAuthorized() | facts.PaymentActionRequired() if order.knows(facts.PaymentVoided):
            turn.send(VoidPayment(order_id=order.id), EntryKind.COMPENSATION, "late payment")
        case facts.StockReserved() | facts.StockAllocated() if not (
            requests.holds_reserved_stock(order) or requests.holds_allocated_stock(order)
        ):
            turn.send(ReleaseStock(order_id=order.id), EntryKind.COMPENSATION, "late stock")


def parcel_has_left(order: Order) -> bool:
    """Too late to cancel: shipping refuses, or the parcel is seen on its way."""
    return order.status is OrderStatus.CANCELING and order.knows(*LEFT) and requests.holds_shipment(order)


def keep(turn: Turn) -> None:
    """The order goes on as it was."""
    turn.move(OrderStatus.CONFIRMED)
    turn.change(cancel_reason="")
    turn.tell("not_canceled", sentences.NOT_CANCELED)
    if turn.order.wholly_refunded:
        turn.alert("All of the money was refunded, but the parcel has left. Have it brought back, or let it be.")
