"""What may happen to an order: it is placed, told a fact, paid another way, canceled, woken, resumed.

Each function takes the order as it is, and returns the new order, the messages to send and the
timeline's new lines.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from orders.domain import facts, parcels, requests, sentences
from orders.domain.checkout_saga import (
    advance,
    ask_again,
    begin_to_undo,
    keep,
    parcel_has_left,
    send_after_a_late_fact,
)
from orders.domain.facts import Fact, RefundFact
from orders.domain.learning import announce, announce_refund_by_hand, differs, learn, learn_of_another_amount
from orders.domain.limits import PaymentAttemptsUsedUp
from orders.domain.order import (
    STOCK_GIVEN_UP,
    NothingToGiveUp,
    NothingToResume,
    Order,
    OrderNotCancelable,
    ParcelNotLost,
    PaymentNotExpected,
    PaymentWindowOver,
)
from orders.domain.policy import Policy
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.steps import GIVEN_UP, LEFT, PIVOT, STEP_OF_NAME
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


def handle(order: Order, fact: Fact, *, now: datetime, policy: Policy, by_hand: bool = False) -> Outcome:
    """Another service said something. What is known already changes nothing.

    `by_hand`: a refund that belongs to no return.
    """
    if fact.key in order.known:
        return Outcome(order)
    turn = Turn(order, now=now, policy=policy)
    if isinstance(fact, facts.StockReleased) and not order.closed:
        # We have not asked for it: the hold ran out. Allocation will try to get the units again.
        turn.write(EntryKind.NOTE, fact.kind, "The hold on the stock ran out.")
        return turn.outcome()
    if differs(order, fact):
        return _look_at_the_amount(turn, fact)
    learn(turn, fact)
    if parcel_has_left(turn.order):
        keep(turn)
    announce(turn, order, fact)
    if by_hand and isinstance(fact, facts.PaymentRefunded):
        announce_refund_by_hand(turn, order, fact)
    if isinstance(fact, RefundFact):
        _make_way_for_refunds(turn, fact)
    advance(turn, before=order)
    send_after_a_late_fact(turn, fact)
    return turn.outcome()


def _look_at_the_amount(turn: Turn, fact: Fact) -> Outcome:
    if facts.AmountDiffered.kind in turn.order.known:
        return Outcome(turn.order)
    learn_of_another_amount(turn, fact)
    advance(turn, before=turn.order)
    return turn.outcome()


def _make_way_for_refunds(turn: Turn, fact: RefundFact) -> None:
    """Of two refunds at once the second may be too much: ask anew, now for what is left, when the first has ended."""
    order = turn.order
    if fact.refund_id != order.id:
        waits = order.waiting is not None and order.waiting.undo and order.waiting.step == PIVOT.name
        if waits and order.refund_attempt > 1 and requests.holds_captured_money(order):
            assert order.waiting is not None
            ask_again(turn, order.waiting)
    elif isinstance(fact, facts.PaymentRefundFailed):
        again = fact.code == facts.REFUND_EXCEEDS_CAPTURED
        turn.change(refund_attempt=max(order.refund_attempt, fact.attempt + again))


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
    if order.status is OrderStatus.COMPLETED or order.knows(*LEFT):
        raise OrderNotCancelable
    turn = Turn(order, now=now, policy=policy)
    if order.lost_a_parcel:
        turn.change(known=order.known | {STOCK_GIVEN_UP})
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
    """Staff: ask again now, as if it had never been refused. Raises NothingToResume.

    What was refused is asked for as another attempt; the same one would get the same answer.
    """
    if order.status is OrderStatus.CONFIRMED and order.fulfillment in {
        FulfillmentStatus.FAILED,
        FulfillmentStatus.CANCELED,
    }:
        return send_again(order, by=by, why="", now=now, policy=policy)
    if order.waiting is None:
        raise NothingToResume
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "resumed", f"by {by}")
    turn.change(
        refund_attempt=order.refund_attempt + order.refund_refused,
        known=order.known - {facts.AmountDiffered.kind},
        attention="",
    )
    ask_again(turn, replace(order.waiting, asks=0))
    return turn.outcome()


def send_again(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Staff: send the order in another parcel, after one that did not arrive. Raises ParcelNotLost."""
    _check_stranded(order, parcels.STRANDED)
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "sent_again", _by(by, why))
    turn.order = parcels.next_parcel(order)
    turn.tell("sent_again", sentences.SENT_AGAIN)
    advance(turn, before=order)
    return turn.outcome()


def refund_parcel(order: Order, *, restock: bool, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Staff: end an order whose parcel came back or is lost. The money goes back, the units only with `restock`.

    Raises ParcelNotLost.
    """
    _check_stranded(order, {FulfillmentStatus.RETURNED_TO_SENDER, FulfillmentStatus.LOST})
    turn = Turn(order, now=now, policy=policy)
    if not restock:
        turn.change(known=order.known | {STOCK_GIVEN_UP})
    lost = order.fulfillment is FulfillmentStatus.LOST
    begin_to_undo(turn, CancelReason.LOST if lost else CancelReason.UNDELIVERABLE, _by(by, why))
    return turn.outcome()


def give_up(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Staff: what a cancellation waits for was done by hand, or will never be done. Raises NothingToGiveUp."""
    if order.waiting is None or not order.waiting.undo:
        raise NothingToGiveUp
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "given_up", f"{order.waiting.step}, {_by(by, why)}")
    turn.change(known=order.known | {GIVEN_UP[order.waiting.step]}, attention="")
    advance(turn, before=order)
    return turn.outcome()


def dismiss(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Staff: what needed attention was looked at."""
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "looked_at", f"{_by(by, why)}; it said: {order.attention}")
    turn.change(attention="")
    return turn.outcome()


def _check_stranded(order: Order, states: Set[FulfillmentStatus]) -> None:
    if order.status is not OrderStatus.CONFIRMED or order.fulfillment not in states:
        raise ParcelNotLost


def _by(by: str, why: str) -> str:
    return f"by {by}: {why}" if why else f"by {by}"


def _overdue(turn: Turn) -> None:
    order = turn.order
    if order.waiting and not order.waiting.undo:
        late = STEP_OF_NAME[order.waiting.step].late
        if late:
            begin_to_undo(turn, late)
            return
    elif order.status is OrderStatus.CONFIRMED and order.delivered_at is not None:
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
