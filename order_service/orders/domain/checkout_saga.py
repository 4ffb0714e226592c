"""The checkout saga: what has to happen for an order, in which order, and how it is undone.

Nothing here remembers anything: where the saga stands follows from the facts that the order has
gathered, so it does not matter in which order they came. `life.py` says what may happen to an order
and comes here to have it go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orders.domain import facts, requests, sentences
from orders.domain.facts import Fact
from orders.domain.order import Order, Waiting
from orders.domain.policy import Policy
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus
from orders.domain.timeline import EntryKind
from orders.domain.turn import Turn
from orders.events_out import OrderCanceled, OrderConfirmed, ReleaseStock, VoidPayment

Request = Callable[[Order, Policy], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the saga."""

    name: str
    ask: Request
    done: tuple[type[Fact], ...]  # any of these: go on with the next step
    refused: type[Fact] | None  # this: undo everything, for the `reason`
    reason: CancelReason = CancelReason.TIMED_OUT
    paused: tuple[type[Fact], ...] = ()  # any of these: it is the customer's or the staff's turn
    undo: Request
    holds: Callable[[Order], bool]  # whether there may be something to undo
    patience: int = 1  # times ASK_AGAIN_SECONDS, doubled each time
    deadline: Callable[[Policy], timedelta]
    late: CancelReason | None  # after the deadline: undo for this reason; None: have staff look


def _days(count: int) -> Callable[[Policy], timedelta]:
    return lambda _: timedelta(days=count)


def _payment_window(policy: Policy) -> timedelta:
    return policy.payment_window


STEPS = (
    Step(
        name="reserve",
        ask=requests.reserve_stock,
        done=(facts.StockReserved, facts.StockAllocated),
        refused=facts.StockRejected,
        reason=CancelReason.OUT_OF_STOCK,
        undo=requests.release_stock,
        holds=requests.holds_reserved_stock,
        deadline=_days(3),
        late=CancelReason.TIMED_OUT,
    ),
    Step(
        name="authorize",
        ask=requests.authorize_payment,
        done=(facts.PaymentAuthorized, facts.PaymentCaptured),
        refused=facts.PaymentVoided,
        reason=CancelReason.PAYMENT_FAILED,
        paused=(facts.PaymentActionRequired, facts.PaymentDeclined),
        undo=requests.void_payment,
        holds=requests.holds_authorization,
        patience=3,
        deadline=_payment_window,
        late=CancelReason.PAYMENT_EXPIRED,
    ),
    Step(
        name="allocate",
        ask=requests.allocate_stock,
        done=(facts.StockAllocated,),
        refused=facts.StockRejected,  # the hold had run out, and the units went to somebody else
        reason=CancelReason.OUT_OF_STOCK,
        undo=requests.release_stock,
        holds=requests.holds_allocated_stock,
        deadline=_days(3),
        late=CancelReason.TIMED_OUT,
    ),
    Step(  # the pivot: before it everything is undone, after it everything is tried until it is done
        name="capture",
        ask=requests.capture_payment,
        done=(facts.PaymentCaptured,),
        refused=facts.PaymentCaptureFailed,
        reason=CancelReason.PAYMENT_FAILED,
        undo=requests.give_money_back,
        holds=requests.holds_captured_money,
        patience=3,
        deadline=_days(1),
        late=None,
    ),
    Step(
        name="fulfill",
        ask=requests.create_shipment,
        done=(facts.ShipmentCreated, facts.ShipmentDispatched, facts.ShipmentDelivered),
        refused=None,
        paused=(facts.ShipmentFailed,),
        undo=requests.cancel_shipment,
        holds=requests.holds_shipment,
        patience=3,
        deadline=_days(1),
        late=None,
    ),
)
STEP_OF_NAME = {step.name: step for step in STEPS}
PIVOT = STEP_OF_NAME["capture"]
#: Staff are told when something could not be put back for so long.
UNDO_DEADLINE = timedelta(days=1)


# How the saga goes on


def advance(turn: Turn, *, before: Order) -> None:
    order = turn.order
    if order.closed:
        _put_back(turn)
    elif order.status is not OrderStatus.COMPLETED:
        refused = next((step for step in STEPS if _is_refused(step, order)), None)
        if refused:
            begin_to_undo(turn, refused.reason)
        else:
            _go_on(turn, before=before)


def _is_refused(step: Step, order: Order) -> bool:
    return step.refused is not None and order.knows(step.refused) and not order.knows(*step.done)


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
    elif waiting.ask_again_at and f"{facts.PaymentRefundFailed.kind}:{turn.order.id}" in turn.order.known:
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
    left = order.knows(facts.ShipmentCancelRefused, facts.ShipmentDispatched, facts.ShipmentDelivered)
    return order.status is OrderStatus.CANCELING and left and requests.holds_shipment(order)


def keep(turn: Turn) -> None:
    """The order goes on as it was."""
    turn.move(OrderStatus.CONFIRMED)
    turn.change(cancel_reason="")
    turn.tell("not_canceled", sentences.NOT_CANCELED)
