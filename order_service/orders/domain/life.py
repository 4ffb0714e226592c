"""What may happen to an order: it is placed, told a fact, paid another way, canceled, woken, resumed.

Each function takes the order as it is, and returns the new order, the messages to send and the
timeline's new lines.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orders.domain import facts, sentences
from orders.domain.checkout_saga import (
    STEP_OF_NAME,
    advance,
    ask_again,
    begin_to_undo,
    keep,
    parcel_has_left,
    send_after_a_late_fact,
)
from orders.domain.facts import Fact
from orders.domain.learning import announce, learn
from orders.domain.limits import PaymentAttemptsUsedUp
from orders.domain.order import NothingToResume, Order, OrderNotCancelable, PaymentNotExpected, PaymentWindowOver
from orders.domain.policy import Policy
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.timeline import EntryKind
from orders.domain.turn import Outcome, Turn
from orders.events_out import OrderCompleted, OrderPlaced


def begin(order: Order, *, now: datetime, policy: Policy) -> Outcome:
    """It was placed."""
    turn = Turn(order, now=now, policy=policy)
    turn.send(
        OrderPlaced(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            lines=order.lines,
            subtotal=order.subtotal,
            shipping=order.shipping,
            tax=order.tax,
            total=order.total,
            address=order.address,
            placed_at=order.placed_at,
        )
    )
    turn.tell("placed", sentences.PLACED)
    advance(turn, before=order)
    return turn.outcome()


def handle(order: Order, fact: Fact, *, now: datetime, policy: Policy) -> Outcome:
    """Another service said something. What is known already changes nothing.

    Raises AmountDiffers, so that the message is parked and a person looks.
    """
    if fact.key in order.known:
        return Outcome(order)
    turn = Turn(order, now=now, policy=policy)
    if isinstance(fact, facts.StockReleased) and not order.closed:
        # We have not asked for it: the hold ran out. Allocation will try to get the units again.
        turn.write(EntryKind.NOTE, fact.kind, "The hold on the stock ran out.")
        return turn.outcome()
    learn(turn, fact)
    if parcel_has_left(turn.order):
        keep(turn)
    announce(turn, order, fact)
    advance(turn, before=order)
    send_after_a_late_fact(turn, fact)
    return turn.outcome()


def pay_another_way(order: Order, *, payment_method: str, now: datetime, policy: Policy) -> Outcome:
    """After a decline, or instead of confirming at the bank.

    Raises PaymentNotExpected, PaymentWindowOver, PaymentAttemptsUsedUp.
    """
    if order.status is not OrderStatus.PENDING or order.waiting is None or order.pay_until is None:
        raise PaymentNotExpected
    if order.payment not in {PaymentStatus.DECLINED, PaymentStatus.ACTION_REQUIRED}:
        raise PaymentNotExpected
    if now >= order.pay_until:
        raise PaymentWindowOver
    if order.attempt >= policy.payment_attempts:
        raise PaymentAttemptsUsedUp(limit=policy.payment_attempts)
    turn = Turn(order, now=now, policy=policy)
    step = STEP_OF_NAME["authorize"]
    turn.change(attempt=order.attempt + 1, payment_method=payment_method, action_url="")
    turn.order = turn.order.derived()
    turn.tell("paying_another_way", sentences.TRYING_AGAIN, kind=EntryKind.ATTEMPT)
    turn.change(waiting=replace(order.waiting, asks=1, ask_again_at=now + policy.patience(1, step.patience)))
    turn.send(step.ask(turn.order, policy), EntryKind.ATTEMPT, f"attempt {turn.order.attempt}")
    return turn.outcome()


def cancel(order: Order, *, reason: CancelReason, now: datetime, policy: Policy, detail: str = "") -> Outcome:
    """Begin to cancel an order that has not been dispatched; again is the same as once.

    The order stays `canceling` until the saga has put stock and money back. Raises OrderNotCancelable.
    """
    if order.closed:
        return Outcome(order)
    if order.status is OrderStatus.COMPLETED or order.knows(
        facts.ShipmentDispatched, facts.ShipmentDelivered, facts.ShipmentCancelRefused
    ):
        raise OrderNotCancelable
    turn = Turn(order, now=now, policy=policy)
    begin_to_undo(turn, reason, detail)
    return turn.outcome()


def wake(order: Order, *, now: datetime, policy: Policy) -> Outcome:
    """A timer has come: a deadline has passed, or a step has waited longer than its patience."""
    turn = Turn(order, now=now, policy=policy)
    if order.due_at is not None and order.due_at <= now:
        _overdue(turn)
    elif order.waiting and order.waiting.ask_again_at and order.waiting.ask_again_at <= now:
        ask_again(turn, order.waiting)
    else:
        return Outcome(order)
    return turn.outcome()


def resume(order: Order, *, by: str, now: datetime, policy: Policy) -> Outcome:
    """Staff: ask again now, as if it had never been refused. Raises NothingToResume."""
    if order.waiting is None:
        raise NothingToResume
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "resumed", f"by {by}")
    refusals = {facts.ShipmentFailed.kind, f"{facts.PaymentRefundFailed.kind}:{order.id}"}
    turn.change(known=order.known - refusals, attention="")
    turn.order = turn.order.derived()
    ask_again(turn, replace(order.waiting, asks=0))
    return turn.outcome()


def _overdue(turn: Turn) -> None:
    order = turn.order
    if order.waiting and not order.waiting.undo:
        late = STEP_OF_NAME[order.waiting.step].late
        if late:
            begin_to_undo(turn, late)
            return
    elif order.fulfillment in {FulfillmentStatus.DELIVERED, FulfillmentStatus.RETURNED}:
        _complete(turn)
        return
    waited_for = f"“{order.waiting.step}”" if order.waiting else "the carrier"
    turn.change(due_at=None)
    turn.alert(f"Nothing heard from {waited_for} for too long. Ask again, or cancel and put back.")


def _complete(turn: Turn) -> None:
    order = turn.order
    turn.move(OrderStatus.COMPLETED)
    turn.change(due_at=None)
    turn.send(OrderCompleted(order_id=order.id, number=order.number, customer_id=order.customer_id))
    turn.tell("completed", sentences.COMPLETED)
