"""The operations on a return: request it, record a fact, wake it, and decisions of staff.

Each function takes the order and the return, and gives the new return and the outcome for its order, whose timeline
shows the return. Like an order, a return gathers facts, so late, repeated and reordered messages end alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.core.money import Money, total
from orders.domain import customer_texts, facts, return_steps
from orders.domain.facts import PaymentRefunded, RefundFact, ReturnFact
from orders.domain.order import NothingToResume, Order
from orders.domain.outcome import Alert, AlertCleared, Note, Outcome, StaffNote, customer_update, outcome
from orders.domain.policy import Policy
from orders.domain.return_states import (
    NothingToSettle,
    NotReturnable,
    ReasonMissing,
    Return,
    ReturnDecided,
    ReturnStatus,
    TooManyReturned,
)
from orders.domain.return_steps import (
    ReturnChange,
    announce,
    at_most,
    missing_commands,
    request_missing,
    settle,
    unrefunded,
)
from orders.domain.states import OrderStatus
from orders.domain.timeline import EntryKind
from orders.events_out import (
    Item,
    NamedItem,
    ReturnApproved,
    ReturnExpired,
    ReturnLabelFailed,
    ReturnRejected,
    ReturnRequested,
)

Result = tuple[Return, Outcome]


def request_return(
    order: Order,
    *,
    return_id: UUID,
    items: Sequence[Item],
    taken: Mapping[str, int],
    pledged: Money,
    reason: str,
    now: datetime,
    policy: Policy,
) -> Result:
    """Request a return. `taken`: units by SKU in other returns. `pledged`: refunds promised by them and not yet made.

    Raises NotReturnable, TooManyReturned.
    """
    if order.delivered_at is None or order.closed or order.status is OrderStatus.COMPLETED:
        raise NotReturnable
    if now > order.delivered_at + policy.return_window:
        raise NotReturnable
    _check_units(order, items, taken)
    lines, price = _returned_lines(order, items)
    return_ = Return(
        id=return_id,
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        lines=lines,
        refund=at_most(price, unrefunded(order) - pledged),
        reason=reason,
        requested_at=now,
        updated_at=now,
    )
    return_, notes = announce(
        return_, "return_requested", customer_texts.RETURN_REQUESTED, ReturnRequested, order=order
    )
    if policy.returns_auto_approve:
        return_, approved = return_steps.approve(return_, order=order, now=now, policy=policy)
        notes += approved
    return return_, outcome(order, notes, now=now)


def _check_units(order: Order, items: Sequence[Item | NamedItem], taken: Mapping[str, int]) -> None:
    bought = {line.sku: line.quantity for line in order.lines}
    for item in items:
        left = bought.get(item.sku, 0) - taken.get(item.sku, 0)
        if item.quantity > left:
            raise TooManyReturned(sku=item.sku, returnable=max(0, left))


def _returned_lines(order: Order, items: Sequence[Item]) -> tuple[tuple[NamedItem, ...], Money]:
    bought = {line.sku: line for line in order.lines}
    lines = tuple(NamedItem(sku=item.sku, name=bought[item.sku].name, quantity=item.quantity) for item in items)
    return lines, total((bought[i.sku].unit_price * i.quantity for i in items), currency=order.total.currency)


# Facts and timers


def handle_return(
    order: Order,
    return_: Return,
    fact: ReturnFact | RefundFact,
    *,
    all_returned: bool,
    now: datetime,
    policy: Policy,
    completes: bool = False,
) -> Result:
    """Record a fact about the return. A known fact changes nothing.

    `completes`: with this return, all units are back. `all_returned`: and refunded.
    """
    if fact.key_in_return in return_.known:
        return return_, Outcome(order)
    learned = replace(return_, known=return_.known | {fact.key_in_return}, updated_at=now)
    after, reacted = _reaction(learned, fact, completes=completes, order=order, now=now, policy=policy)
    after, order, settled = settle(after, order=order, all_returned=all_returned)
    # The order has recorded a refund already.
    received = [] if isinstance(fact, RefundFact) else [StaffNote(EntryKind.MESSAGE, fact.kind, f"return {return_.id}")]
    return after, outcome(order, [*received, *reacted, *settled], now=now)


def _reaction(
    return_: Return, fact: ReturnFact | RefundFact, *, completes: bool, order: Order, now: datetime, policy: Policy
) -> ReturnChange:
    match fact:
        case facts.ReturnLabelCreated():
            labeled = replace(return_, label_url=fact.label_url, tracking_number=fact.tracking_number)
            if return_.status is ReturnStatus.APPROVED:
                text = customer_texts.RETURN_APPROVED
                return announce(labeled, "return_approved", text, ReturnApproved, order=order)
            return labeled, []
        case facts.ReturnLabelFailed() if return_.status is ReturnStatus.APPROVED and return_.label_failed:
            return _label_failed(return_, fact, order=order)
        case facts.ReturnArrived():
            return _arrived(return_, completes=completes, order=order, now=now, policy=policy)
        case facts.PaymentRefundFailed():
            next_attempt = fact.attempt + (fact.code == facts.REFUND_EXCEEDS_CAPTURED)
            return replace(return_, refund_attempt=max(return_.refund_attempt, next_attempt)), []
    return return_, []


def _label_failed(return_: Return, fact: facts.ReturnLabelFailed, *, order: Order) -> ReturnChange:
    what = "parcel" if return_.knows(facts.ReturnLabelCreated) else "label"
    alert = Alert(
        f"The {what} of return {return_.id} failed ({fact.message})."
        " Ask for another label, book the parcel in by hand, or reject the return."
    )
    text = customer_texts.RETURN_LABEL_FAILED
    return_, announced = announce(return_, "return_label_failed", text, ReturnLabelFailed, order=order)
    return return_, [alert, *announced]


def _arrived(return_: Return, *, completes: bool, order: Order, now: datetime, policy: Policy) -> ReturnChange:
    if return_.status is ReturnStatus.APPROVED and not policy.return_inspection:
        return return_steps.receive(return_, completes=completes, order=order, now=now, policy=policy)
    if return_.status is ReturnStatus.APPROVED:
        alert = Alert(f"The parcel of return {return_.id} is here. Look into it, and take it back or reject it.")
        text = customer_texts.RETURN_ARRIVED
        arrived = replace(return_.moved(ReturnStatus.ARRIVED), ask_again_at=None, message=text)
        return arrived, [alert, customer_update(order, "return_arrived", text, detail=f"return {return_.id}")]
    if return_.can_become(ReturnStatus.RECEIVED) or return_.status is ReturnStatus.REQUESTED:
        text = f"The parcel of return {return_.id}, which is {return_.status}, has arrived. Please look."
        return return_, [Alert(text)]
    return return_, []


def other_refund_ended(
    order: Order, return_: Return, fact: RefundFact, *, all_returned: bool, now: datetime, policy: Policy
) -> Result:
    """Record the end of another refund: it may be this return's, made by hand, or have made room for it."""
    if isinstance(fact, PaymentRefunded):
        made_by_hand = return_.refund_refused and fact.amount == return_.refund
        if made_by_hand or unrefunded(order).amount == 0:
            refund = return_.refund if made_by_hand else replace(return_.refund, amount=0)
            detail = f"return {return_.id}, by refund {fact.refund_id}"
            return _settled_by_hand(order, replace(return_, refund=refund), detail, all_returned=all_returned, now=now)
    notes: list[Note] = []
    if return_.refund_attempt > 1 and not return_.refund_refused and not return_.knows(PaymentRefunded):
        return_, notes = request_missing(return_, order=order, now=now, policy=policy)
    return return_, outcome(order, notes, now=now)


def wake_return(order: Order, return_: Return, *, now: datetime, policy: Policy, all_returned: bool = False) -> Result:
    """Act on a timer: the parcel did not come in time, or an answer did not, so the missing commands are sent again."""
    if return_.expires_at is not None and return_.expires_at <= now:
        expired = replace(return_.moved(ReturnStatus.EXPIRED), ask_again_at=None, updated_at=now)
        expired, notes = announce(expired, "return_expired", customer_texts.RETURN_EXPIRED, ReturnExpired, order=order)
        return expired, outcome(order, notes, now=now)
    if return_.ask_again_at is None or return_.ask_again_at > now:
        return return_, Outcome(order)
    after, requested = request_missing(return_, order=order, now=now, policy=policy)
    after, order, settled = settle(after, order=order, all_returned=all_returned)
    return after, outcome(order, [*requested, *settled], now=now)


# Decisions of staff


def approve(order: Order, return_: Return, *, by: str, now: datetime, policy: Policy) -> Result:
    """Approve the return. Raises ReturnDecided."""
    if return_.status is not ReturnStatus.REQUESTED:
        raise ReturnDecided
    approved, notes = return_steps.approve(return_, order=order, now=now, policy=policy)
    return approved, outcome(order, [StaffNote(EntryKind.NOTE, "return_approved", f"by {by}"), *notes], now=now)


def reject(order: Order, return_: Return, *, by: str, why: str, now: datetime, policy: Policy) -> Result:
    """Reject the return; the customer reads why. Raises ReturnDecided, ReasonMissing."""
    if not return_.can_become(ReturnStatus.REJECTED):
        raise ReturnDecided
    if not why.strip():
        raise ReasonMissing
    rejected = replace(return_.moved(ReturnStatus.REJECTED), ask_again_at=None, updated_at=now)
    text = customer_texts.return_rejected(why)
    rejected, announced = announce(rejected, "return_rejected", text, ReturnRejected, order=order)
    return rejected, outcome(order, [StaffNote(EntryKind.NOTE, "return_rejected", f"by {by}"), *announced], now=now)


def receive(
    order: Order,
    return_: Return,
    *,
    restock: bool,
    taken: Mapping[str, int],
    completes: bool,
    all_returned: bool,
    by: str,
    why: str,
    now: datetime,
    policy: Policy,
) -> Result:
    """Book the parcel in: refund the return, and restock the units only with `restock`.

    `taken`: units by SKU in other returns. Raises ReturnDecided, TooManyReturned.
    """
    if not return_.can_become(ReturnStatus.RECEIVED):
        raise ReturnDecided
    _check_units(order, return_.lines, taken)
    after = replace(return_, restock=restock)
    after, received = return_steps.receive(after, completes=completes, order=order, now=now, policy=policy)
    after, order, settled = settle(after, order=order, all_returned=all_returned)
    decided = StaffNote(EntryKind.NOTE, "return_booked_in", f"by {by}: {why}" if why else f"by {by}")
    return after, outcome(order, [decided, AlertCleared(), *received, *settled], now=now)


def resume_return(order: Order, return_: Return, *, by: str, now: datetime, policy: Policy) -> Result:
    """Send the missing commands again; what was refused is requested as another attempt. Raises NothingToResume."""
    known = return_.known - {facts.ReturnLabelCreated.kind} if return_.label_failed else return_.known
    retried = replace(
        return_,
        known=known,
        label_attempt=return_.label_attempt + return_.label_failed,
        refund_attempt=return_.refund_attempt + return_.refund_refused,
        asks=1,
    )
    if not missing_commands(retried):
        raise NothingToResume
    after, requested = request_missing(retried, order=order, now=now, policy=policy)
    decided = StaffNote(EntryKind.NOTE, "return_resumed", f"by {by}")
    return after, outcome(order, [decided, AlertCleared(), *requested], now=now)


def settle_return(
    order: Order, return_: Return, *, all_returned: bool, by: str, why: str, now: datetime, policy: Policy
) -> Result:
    """End a return that was refunded outside the payment service. Raises NothingToSettle, ReasonMissing."""
    if return_.status is not ReturnStatus.RECEIVED:
        raise NothingToSettle
    if not why.strip():
        raise ReasonMissing
    detail = f"return {return_.id}, by {by}: {why}"
    return _settled_by_hand(order, return_, detail, all_returned=all_returned, now=now)


def _settled_by_hand(order: Order, return_: Return, detail: str, *, all_returned: bool, now: datetime) -> Result:
    after, order, settled = settle(return_, order=order, all_returned=all_returned, by_hand=True)
    return after, outcome(
        order, [StaffNote(EntryKind.NOTE, "return_settled", detail), AlertCleared(), *settled], now=now
    )
