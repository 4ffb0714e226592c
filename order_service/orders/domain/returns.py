"""The life of a return: requested, approved, sent back with our label, received, refunded.

Like an order it gathers facts, so late, doubled and reordered messages end alike. What the customer
and staff are told about it stands in the timeline of its order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.core.money import Money, total
from orders.domain import facts, sentences
from orders.domain.facts import PaymentRefunded, RefundFact, ReturnFact
from orders.domain.order import NothingToResume, Order
from orders.domain.policy import Policy
from orders.domain.return_states import (
    RETURN_TRANSITIONS,
    NothingToSettle,
    NotReturnable,
    ReasonMissing,
    Return,
    ReturnDecided,
    ReturnStatus,
    TooManyReturned,
    key_of,
)
from orders.domain.return_steps import approved, asked, at_most, left_of, missing, received, settled, told
from orders.domain.states import OrderStatus
from orders.domain.timeline import EntryKind
from orders.domain.turn import Outcome, Turn
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
    """`taken`: units a SKU in returns so far. `pledged`: refunds promised by returns and not yet paid.

    Raises NotReturnable, TooManyReturned.
    """
    if order.delivered_at is None or order.closed or order.status is OrderStatus.COMPLETED:
        raise NotReturnable
    if now > order.delivered_at + policy.return_window:
        raise NotReturnable
    _check_units(order, items, taken)
    lines, price = _returned_lines(order, items)
    back = Return(
        id=return_id,
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        lines=lines,
        refund=at_most(price, left_of(order) - pledged),
        reason=reason,
        requested_at=now,
        updated_at=now,
    )
    turn = Turn(order, now=now, policy=policy)
    back = told(turn, back, "return_requested", sentences.RETURN_REQUESTED, ReturnRequested)
    if policy.returns_auto_approve:
        back = approved(turn, back)
    return back, turn.outcome()


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


def approve(order: Order, back: Return, *, by: str, now: datetime, policy: Policy) -> Result:
    """Staff say yes. Raises ReturnDecided."""
    if back.status is not ReturnStatus.REQUESTED:
        raise ReturnDecided
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_approved", f"by {by}")
    return approved(turn, back), turn.outcome()


def reject(order: Order, back: Return, *, by: str, why: str, now: datetime, policy: Policy) -> Result:
    """Staff say no, and the customer reads why. Raises ReturnDecided, ReasonMissing."""
    if ReturnStatus.REJECTED not in RETURN_TRANSITIONS[back.status]:
        raise ReturnDecided
    if not why.strip():
        raise ReasonMissing
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_rejected", f"by {by}")
    back = replace(back.moved(ReturnStatus.REJECTED), ask_again_at=None, updated_at=now)
    return told(turn, back, "return_rejected", sentences.return_rejected(why), ReturnRejected), turn.outcome()


def receive(
    order: Order,
    back: Return,
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
    """Staff book the parcel in: the money goes back, the units only with `restock`.

    `taken`: units a SKU in other returns. Raises ReturnDecided, TooManyReturned.
    """
    if ReturnStatus.RECEIVED not in RETURN_TRANSITIONS[back.status]:
        raise ReturnDecided
    _check_units(order, back.lines, taken)
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_booked_in", f"by {by}: {why}" if why else f"by {by}")
    turn.change(attention="")
    back = received(turn, replace(back, restock=restock), completes=completes)
    return settled(turn, back, all_returned=all_returned), turn.outcome()


def handle_return(
    order: Order,
    back: Return,
    fact: ReturnFact | RefundFact,
    *,
    all_returned: bool,
    now: datetime,
    policy: Policy,
    completes: bool = False,
) -> Result:
    """Another service said something about it.

    `completes`: with this return, everything bought is back. `all_returned`: and paid back.
    """
    if key_of(fact) in back.known:
        return back, Outcome(order)
    turn = Turn(order, now=now, policy=policy)
    back = replace(back, known=back.known | {key_of(fact)}, updated_at=now)
    if not isinstance(fact, RefundFact):  # the order has written refunds down already
        turn.write(EntryKind.MESSAGE, fact.kind, f"return {back.id}")
    match fact:
        case facts.ReturnLabelCreated():
            back = replace(back, label_url=fact.label_url, tracking_number=fact.tracking_number)
            if back.status is ReturnStatus.APPROVED:
                back = told(turn, back, "return_approved", sentences.RETURN_APPROVED, ReturnApproved)
        case facts.ReturnLabelFailed() if back.status is ReturnStatus.APPROVED and back.label_failed:
            back = _without_label(turn, back, fact)
        case facts.ReturnArrived():
            back = _arrived(turn, back, completes=completes)
        case facts.PaymentRefundFailed():
            again = fact.code == facts.REFUND_EXCEEDS_CAPTURED
            back = replace(back, refund_attempt=max(back.refund_attempt, fact.attempt + again))
    return settled(turn, back, all_returned=all_returned), turn.outcome()


def _without_label(turn: Turn, back: Return, fact: facts.ReturnLabelFailed) -> Return:
    what = "parcel" if back.knows(facts.ReturnLabelCreated) else "label"
    turn.alert(
        f"The {what} of return {back.id} failed ({fact.message})."
        " Ask for another label, book the parcel in by hand, or reject the return."
    )
    return told(turn, back, "return_label_failed", sentences.RETURN_LABEL_FAILED, ReturnLabelFailed)


def _arrived(turn: Turn, back: Return, *, completes: bool) -> Return:
    if back.status is ReturnStatus.APPROVED and not turn.policy.return_inspection:
        return received(turn, back, completes=completes)
    if back.status is ReturnStatus.APPROVED:
        turn.alert(f"The parcel of return {back.id} is here. Look into it, and take it back or reject it.")
        turn.tell("return_arrived", sentences.RETURN_ARRIVED, detail=f"return {back.id}")
        return replace(back.moved(ReturnStatus.ARRIVED), ask_again_at=None, message=sentences.RETURN_ARRIVED)
    if ReturnStatus.RECEIVED in RETURN_TRANSITIONS[back.status] or back.status is ReturnStatus.REQUESTED:
        turn.alert(f"The parcel of return {back.id}, which is {back.status}, has arrived. Please look.")
    return back


def other_refund_ended(
    order: Order, back: Return, fact: RefundFact, *, all_returned: bool, now: datetime, policy: Policy
) -> Result:
    """Another refund of the order has ended: it may be this return's, made by hand, or have made way for it."""
    turn = Turn(order, now=now, policy=policy)
    if isinstance(fact, PaymentRefunded):
        made_by_hand = back.refund_refused and fact.amount == back.refund
        if made_by_hand or left_of(order).amount == 0:
            refund = back.refund if made_by_hand else replace(back.refund, amount=0)
            turn.write(EntryKind.NOTE, "return_settled", f"return {back.id}, by refund {fact.refund_id}")
            turn.change(attention="")
            back = settled(turn, replace(back, refund=refund), all_returned=all_returned, by_hand=True)
            return back, turn.outcome()
    if back.refund_attempt > 1 and not back.refund_refused and not back.knows(PaymentRefunded):
        back = asked(turn, back)
    return back, turn.outcome()


def wake_return(order: Order, back: Return, *, now: datetime, policy: Policy, all_returned: bool = False) -> Result:
    """Its parcel has not come in time; or an answer has not, so ask again for what is missing."""
    turn = Turn(order, now=now, policy=policy)
    if back.expires_at is not None and back.expires_at <= now:
        back = replace(back.moved(ReturnStatus.EXPIRED), ask_again_at=None, updated_at=now)
        return told(turn, back, "return_expired", sentences.RETURN_EXPIRED, ReturnExpired), turn.outcome()
    if back.ask_again_at is None or back.ask_again_at > now:
        return back, Outcome(order)
    return settled(turn, asked(turn, back), all_returned=all_returned), turn.outcome()


def resume_return(order: Order, back: Return, *, by: str, now: datetime, policy: Policy) -> Result:
    """Staff: ask again now. What was refused is asked for as another attempt. Raises NothingToResume."""
    known = back.known - {facts.ReturnLabelCreated.kind} if back.label_failed else back.known
    again = replace(
        back,
        known=known,
        label_attempt=back.label_attempt + back.label_failed,
        refund_attempt=back.refund_attempt + back.refund_refused,
        asks=1,
    )
    if not missing(again):
        raise NothingToResume
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_resumed", f"by {by}")
    turn.change(attention="")
    return asked(turn, again), turn.outcome()


def settle_return(
    order: Order, back: Return, *, all_returned: bool, by: str, why: str, now: datetime, policy: Policy
) -> Result:
    """Staff: the money is back by another way. Raises NothingToSettle, ReasonMissing."""
    if back.status is not ReturnStatus.RECEIVED:
        raise NothingToSettle
    if not why.strip():
        raise ReasonMissing
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_settled", f"return {back.id}, by {by}: {why}")
    turn.change(attention="")
    return settled(turn, back, all_returned=all_returned, by_hand=True), turn.outcome()
