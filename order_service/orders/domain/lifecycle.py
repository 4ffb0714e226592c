"""The operations on an order: place it, record a fact, pay another way, cancel it, wake it, and decisions of staff.

Each function takes an order and returns the outcome: the new order, the messages to send, the new timeline entries.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from orders.domain import customer_texts, facts
from orders.domain.announcements import announcements
from orders.domain.checkout_saga import (
    advance,
    ask_again,
    begin_cancellation,
    is_held,
    retry_refund,
    undo_late_fact,
)
from orders.domain.facts import Fact
from orders.domain.limits import PaymentAttemptsUsedUp
from orders.domain.order import (
    RELEASED,
    STOCK_GIVEN_UP,
    NothingToGiveUp,
    NothingToResume,
    Order,
    OrderHeld,
    OrderNotCancelable,
    OrderNotHeld,
    ParcelBeingStopped,
    ParcelNotLost,
    PaymentNotExpected,
    PaymentWindowOver,
)
from orders.domain.outcome import Alert, AlertCleared, Change, Outcome, StaffNote, customer_update, outcome
from orders.domain.policy import Policy
from orders.domain.reactions import amount_difference, learn
from orders.domain.states import STRANDED, CancelReason, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.steps import AUTHORIZE, LEFT, STEP_OF_NAME
from orders.domain.timeline import EntryKind
from orders.events_out import OrderCompleted, OrderPlaced


def begin(order: Order, *, now: datetime, policy: Policy) -> Outcome:
    """Place the order and begin the checkout saga."""
    placed = OrderPlaced(
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
    update = customer_update(order, "placed", customer_texts.PLACED, event=placed)
    after, asked = advance(order, before=order, now=now, policy=policy)
    return outcome(after, [update, *asked], now=now)


def handle(order: Order, fact: Fact, *, now: datetime, policy: Policy, by_hand: bool = False) -> Outcome:
    """Record a fact, announce what it changed, and continue the saga. A known fact changes nothing.

    `by_hand`: a refund that belongs to no return.
    """
    if fact.key in order.known:
        return Outcome(order)
    if difference := amount_difference(order, fact):
        return handle(order, difference, now=now, policy=policy)
    if isinstance(fact, facts.StockReleased) and not order.closed:
        # The order did not ask for it: the hold expired. Allocation tries to get the units again.
        return outcome(order, [StaffNote(EntryKind.NOTE, fact.kind, "The hold on the stock ran out.")], now=now)
    after, received = learn(order, fact)
    announced = announcements(order, after, fact, policy=policy, by_hand=by_hand)
    after, retried = retry_refund(after, fact, now=now, policy=policy)
    after, asked = advance(after, before=order, now=now, policy=policy)
    undone = undo_late_fact(after, fact, policy)
    return outcome(after, [*received, *announced, *retried, *asked, *undone], now=now)


def pay_another_way(order: Order, *, payment_method: str, now: datetime, policy: Policy) -> Outcome:
    """Begin another attempt to pay, after a decline or instead of confirming at the bank.

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
    waiting = replace(order.waiting, asks=1, ask_again_at=now + policy.patience(AUTHORIZE.patience(policy), 1))
    after = replace(
        order, attempt=order.attempt + 1, payment_method=payment_method, action_url="", waiting=waiting
    ).derived()
    update = customer_update(after, "paying_another_way", customer_texts.PAYING_ANOTHER_WAY, kind=EntryKind.ATTEMPT)
    return outcome(after, [update, AUTHORIZE.ask(after, policy)], now=now)


def cancel(order: Order, *, reason: CancelReason, now: datetime, policy: Policy, detail: str = "") -> Outcome:
    """Begin to cancel an order that has not been dispatched; a second time changes nothing.

    The order stays `canceling` until the saga has returned stock and money. Raises OrderNotCancelable.
    """
    if order.closed:
        return Outcome(order)
    if order.status is OrderStatus.COMPLETED or order.knows(*LEFT):
        raise OrderNotCancelable
    if order.lost_a_parcel:
        order = replace(order, known=order.known | {STOCK_GIVEN_UP})
    after, notes = begin_cancellation(order, reason, detail=detail, now=now, policy=policy)
    return outcome(after, notes, now=now)


def wake(order: Order, *, now: datetime, policy: Policy) -> Outcome:
    """Act on a timer: a deadline has passed, or a step has waited longer than its patience."""
    if order.due_at is not None and order.due_at <= now:
        after, notes = _overdue(order, now=now, policy=policy)
    elif order.waiting and order.waiting.ask_again_at and order.waiting.ask_again_at <= now:
        after, notes = ask_again(order, order.waiting, now=now, policy=policy)
    else:
        return Outcome(order)
    return outcome(after, notes, now=now)


def _overdue(order: Order, *, now: datetime, policy: Policy) -> Change:
    if order.waiting and not order.waiting.undo:
        next_act = STEP_OF_NAME[order.waiting.step].after_deadline
        if isinstance(next_act, CancelReason):
            return begin_cancellation(order, next_act, now=now, policy=policy)
    elif order.status is OrderStatus.CONFIRMED and order.delivered_at is not None:
        return _complete(order)
    waited_for = f"“{order.waiting.step}”" if order.waiting else "the carrier"
    alert = Alert(f"Nothing heard from {waited_for} for too long. Ask again, or cancel and compensate.")
    return replace(order, due_at=None), [alert]


def _complete(order: Order) -> Change:
    order = replace(order.moved(OrderStatus.COMPLETED), due_at=None)
    completed = OrderCompleted(order_id=order.id, number=order.number, customer_id=order.customer_id)
    return order, [customer_update(order, "completed", customer_texts.COMPLETED, event=completed)]


# Decisions of staff


def resume(order: Order, *, by: str, now: datetime, policy: Policy) -> Outcome:
    """Send the command that the saga waits for again. Raises NothingToResume.

    What was refused is requested as another attempt; the same one would get the same answer.
    """
    if order.status is OrderStatus.CONFIRMED and order.fulfillment in {
        FulfillmentStatus.FAILED,
        FulfillmentStatus.CANCELED,
    }:
        return send_again(order, by=by, why="", now=now, policy=policy)
    if order.waiting is None:
        raise NothingToResume
    retried = replace(
        order,
        refund_attempt=order.refund_attempt + order.refund_refused,
        known=order.known - {order.key_of(facts.AmountDiffered)},
    )
    after, asked = ask_again(retried, replace(order.waiting, asks=0), now=now, policy=policy)
    return outcome(after, [StaffNote(EntryKind.NOTE, "resumed", f"by {by}"), AlertCleared(), *asked], now=now)


def release(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Send the parcel although the payment is disputed. Raises OrderNotHeld, ParcelBeingStopped."""
    if order.closed or order.status is OrderStatus.COMPLETED or not is_held(order):
        raise OrderNotHeld
    if order.waiting and order.waiting.undo:
        raise ParcelBeingStopped
    after = replace(order, known=order.known | {RELEASED + dispute for dispute in order.unsettled_disputes})
    if after.fulfillment in {FulfillmentStatus.CANCELED, FulfillmentStatus.FAILED}:
        after = after.with_next_parcel()
    decided = StaffNote(EntryKind.NOTE, "released", _attributed(by, why))
    update = customer_update(after, "released", customer_texts.RELEASED)
    after, asked = advance(after, before=order, now=now, policy=policy)
    return outcome(after, [decided, AlertCleared(), update, *asked], now=now)


def send_again(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Send the order in another parcel, after one that did not arrive. Raises ParcelNotLost, OrderHeld."""
    _check_fulfillment(order, STRANDED)
    _check_not_held(order)
    after = order.with_next_parcel()
    decided = StaffNote(EntryKind.NOTE, "sent_again", _attributed(by, why))
    update = customer_update(after, "sent_again", customer_texts.SENT_AGAIN)
    after, asked = advance(after, before=order, now=now, policy=policy)
    return outcome(after, [decided, AlertCleared(), update, *asked], now=now)


def refund_parcel(order: Order, *, restock: bool, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """End an order whose parcel came back or is lost: refund it, and restock the units only with `restock`.

    Raises ParcelNotLost.
    """
    _check_fulfillment(order, {FulfillmentStatus.RETURNED_TO_SENDER, FulfillmentStatus.LOST})
    lost = order.fulfillment is FulfillmentStatus.LOST
    reason = CancelReason.LOST if lost else CancelReason.UNDELIVERABLE
    if not restock:
        order = replace(order, known=order.known | {STOCK_GIVEN_UP})
    after, notes = begin_cancellation(order, reason, detail=_attributed(by, why), now=now, policy=policy)
    return outcome(after, notes, now=now)


def give_up(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Stop waiting for an undo that was done by hand, or never will be done. Raises NothingToGiveUp."""
    if order.waiting is None or not order.waiting.undo:
        raise NothingToGiveUp
    step = STEP_OF_NAME[order.waiting.step]
    decided = StaffNote(EntryKind.NOTE, "given_up", f"{step.name}, {_attributed(by, why)}")
    after = replace(order, known=order.known | {step.given_up})
    after, asked = advance(after, before=order, now=now, policy=policy)
    return outcome(after, [decided, AlertCleared(), *asked], now=now)


def dismiss(order: Order, *, by: str, why: str, now: datetime, policy: Policy) -> Outcome:
    """Clear the reason for staff to look at the order. Raises OrderHeld."""
    _check_not_held(order)
    detail = f"{_attributed(by, why)}; it said: {order.attention}"
    return outcome(order, [StaffNote(EntryKind.NOTE, "looked_at", detail), AlertCleared()], now=now)


def _check_fulfillment(order: Order, states: Set[FulfillmentStatus]) -> None:
    if order.status is not OrderStatus.CONFIRMED or order.fulfillment not in states:
        raise ParcelNotLost


def _check_not_held(order: Order) -> None:
    if is_held(order) and not order.closed:
        raise OrderHeld


def _attributed(by: str, why: str) -> str:
    return f"by {by}: {why}" if why else f"by {by}"
