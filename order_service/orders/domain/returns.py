"""The life of a return: requested, approved, sent back with our label, received, refunded.

Like an order it gathers facts, so late, doubled and reordered messages end alike. What the customer
and staff are told about it stands in the timeline of its order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.errors import DomainError, Kind
from chassis.money import Money, total
from orders.domain import facts, sentences
from orders.domain.facts import PaymentRefunded, PaymentRefundFailed, RefundFact, ReturnFact
from orders.domain.order import EVERYTHING_RETURNED, NothingToResume, Order
from orders.domain.policy import Policy
from orders.domain.states import OrderStatus, checked
from orders.domain.timeline import EntryKind
from orders.domain.turn import Outcome, Turn
from orders.events_out import (
    CreateReturnShipment,
    Item,
    NamedItem,
    RefundPayment,
    RestockReturn,
    ReturnApproved,
    ReturnReceived,
    ReturnRefunded,
    ReturnRejected,
    ReturnRequested,
)


class ReturnStatus(StrEnum):
    REQUESTED = "requested"  # staff decide
    APPROVED = "approved"  # the label is on its way, then the parcel
    REJECTED = "rejected"
    RECEIVED = "received"  # stock and money are on their way back
    REFUNDED = "refunded"


#: The whole life of a return. What is not listed here is illegal.
RETURN_TRANSITIONS: Mapping[ReturnStatus, frozenset[ReturnStatus]] = {
    ReturnStatus.REQUESTED: frozenset({ReturnStatus.APPROVED, ReturnStatus.REJECTED}),
    ReturnStatus.APPROVED: frozenset({ReturnStatus.RECEIVED, ReturnStatus.REJECTED}),
    ReturnStatus.REJECTED: frozenset(),
    ReturnStatus.RECEIVED: frozenset({ReturnStatus.REFUNDED}),
    ReturnStatus.REFUNDED: frozenset(),
}


class ReturnNotFound(DomainError):
    """There is nothing here."""

    code, kind = "not_found", Kind.NOT_FOUND


class NotReturnable(DomainError):
    """Only what was delivered can be returned, within the time for returns."""

    code, kind = "not_returnable", Kind.CONFLICT


class TooManyReturned(DomainError):
    """More than was bought and not already returned."""

    code, kind = "too_many_returned", Kind.CONFLICT


class ReturnDecided(DomainError):
    """This return has already been decided."""

    code, kind = "return_decided", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    id: UUID
    order_id: UUID
    number: str
    customer_id: UUID
    lines: tuple[NamedItem, ...]
    refund: Money
    reason: str
    requested_at: datetime
    updated_at: datetime
    status: ReturnStatus = ReturnStatus.REQUESTED
    known: frozenset[str] = frozenset()
    label_url: str = ""
    tracking_number: str = ""
    message: str = ""
    asks: int = 0
    ask_again_at: datetime | None = None
    version: int = 1

    def moved(self, status: ReturnStatus) -> Return:
        """Raises IllegalTransition."""
        return replace(self, status=checked(RETURN_TRANSITIONS, self.status, status))

    def knows(self, kind: type[ReturnFact | RefundFact]) -> bool:
        return kind.kind in self.known


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
    lines, price = _returned_lines(order, items, taken)
    back = Return(
        id=return_id,
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        lines=lines,
        refund=_at_most(price, order.total - order.refunded - pledged),
        reason=reason,
        requested_at=now,
        updated_at=now,
    )
    turn = Turn(order, now=now, policy=policy)
    back = _told(turn, back, "return_requested", "We have your request for a return.", ReturnRequested)
    if policy.returns_auto_approve:
        back = _approved(turn, back)
    return back, turn.outcome()


def _returned_lines(
    order: Order, items: Sequence[Item], taken: Mapping[str, int]
) -> tuple[tuple[NamedItem, ...], Money]:
    bought = {line.sku: line for line in order.lines}
    for item in items:
        left = bought[item.sku].quantity - taken.get(item.sku, 0) if item.sku in bought else 0
        if item.quantity > left:
            raise TooManyReturned(sku=item.sku, returnable=left)
    lines = tuple(NamedItem(sku=item.sku, name=bought[item.sku].name, quantity=item.quantity) for item in items)
    return lines, total((bought[i.sku].unit_price * i.quantity for i in items), currency=order.total.currency)


def approve(order: Order, back: Return, *, by: str, now: datetime, policy: Policy) -> Result:
    """Staff say yes. Raises ReturnDecided."""
    if back.status is not ReturnStatus.REQUESTED:
        raise ReturnDecided
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_approved", f"by {by}")
    return _approved(turn, back), turn.outcome()


def reject(order: Order, back: Return, *, by: str, why: str, now: datetime, policy: Policy) -> Result:
    """Staff say no, or give up waiting for the parcel. Raises ReturnDecided."""
    if ReturnStatus.REJECTED not in RETURN_TRANSITIONS[back.status]:
        raise ReturnDecided
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_rejected", f"by {by}")
    back = replace(back.moved(ReturnStatus.REJECTED), ask_again_at=None)
    sentence = f"We cannot take this return: {why.rstrip('.')}." if why else "We cannot take this return."
    return _told(turn, back, "return_rejected", sentence, ReturnRejected), turn.outcome()


def handle_return(
    order: Order, back: Return, fact: ReturnFact | RefundFact, *, all_returned: bool, now: datetime, policy: Policy
) -> Result:
    """Another service said something about it. `all_returned`: with this return, everything bought is back."""
    if fact.kind in back.known:
        return back, Outcome(order)
    turn = Turn(order, now=now, policy=policy)
    back = replace(back, known=back.known | {fact.kind}, updated_at=now)
    if not isinstance(fact, RefundFact):  # the order has written refunds down already
        turn.write(EntryKind.MESSAGE, fact.kind, f"return {back.id}")
    match fact:
        case facts.ReturnLabelCreated():
            back = replace(back, label_url=fact.label_url, tracking_number=fact.tracking_number)
            if back.status is ReturnStatus.APPROVED:
                back = _told(turn, back, "return_approved", sentences.RETURN_APPROVED, ReturnApproved)
        case facts.ReturnArrived() if back.status is ReturnStatus.APPROVED:
            back = _received(turn, back)
        case facts.ReturnArrived():
            turn.alert(f"The parcel of return {back.id}, which is {back.status}, has arrived. Please look.")
    back = _settled(turn, back, all_returned=all_returned)
    return back, turn.outcome()


def wake_return(order: Order, back: Return, *, now: datetime, policy: Policy) -> Result:
    """It has waited longer than its patience: ask again for what is missing."""
    if back.ask_again_at is None or back.ask_again_at > now:
        return back, Outcome(order)
    turn = Turn(order, now=now, policy=policy)
    return _asked(turn, back), turn.outcome()


def resume_return(order: Order, back: Return, *, by: str, now: datetime, policy: Policy) -> Result:
    """Staff: ask again now, as if it had never failed. Raises NothingToResume."""
    if not _missing(back):
        raise NothingToResume
    turn = Turn(order, now=now, policy=policy)
    turn.write(EntryKind.NOTE, "return_resumed", f"by {by}")
    failed = PaymentRefundFailed.kind
    turn.change(known=order.known - {f"{failed}:{back.id}"}, attention="")
    return _asked(turn, replace(back, known=back.known - {failed}, asks=1)), turn.outcome()


def _at_most(price: Money, left: Money) -> Money:
    """Never more than is left of what was paid."""
    return max(Money(0, price.currency), min(price, left))


def _approved(turn: Turn, back: Return) -> Return:
    return _asked(turn, back.moved(ReturnStatus.APPROVED))


def _received(turn: Turn, back: Return) -> Return:
    left = turn.order.total - turn.order.refunded
    back = replace(back.moved(ReturnStatus.RECEIVED), refund=_at_most(back.refund, left), asks=0)
    return _asked(turn, _told(turn, back, "return_received", sentences.RETURN_RECEIVED, ReturnReceived))


def _missing(back: Return) -> list[object]:
    """The commands whose answers are not known yet."""
    match back.status:
        case ReturnStatus.APPROVED if not back.knows(facts.ReturnLabelCreated):
            return [
                CreateReturnShipment(
                    return_id=back.id, order_id=back.order_id, customer_id=back.customer_id, lines=back.lines
                )
            ]
        case ReturnStatus.RECEIVED | ReturnStatus.REFUNDED:
            items = sorted((Item(sku=line.sku, quantity=line.quantity) for line in back.lines), key=lambda i: i.sku)
            missing: list[object] = []
            if not back.knows(facts.StockRestocked):
                missing.append(RestockReturn(order_id=back.order_id, return_id=back.id, lines=tuple(items)))
            if back.status is ReturnStatus.RECEIVED and back.refund.amount > 0 and not back.knows(PaymentRefunded):
                missing.append(
                    RefundPayment(order_id=back.order_id, refund_id=back.id, amount=back.refund, reason="return")
                )
            return missing
        case _:
            return []


def _asked(turn: Turn, back: Return) -> Return:
    """Ask for all that is missing, the first time or again."""
    missing = _missing(back)
    for command in missing:
        turn.send(command, EntryKind.ATTEMPT if back.asks else EntryKind.STEP, f"return {back.id}")
    asks = back.asks + 1
    again_at = turn.now + turn.policy.patience(asks, factor=3) if missing else None
    return replace(back, asks=asks, ask_again_at=again_at, updated_at=turn.now)


def _settled(turn: Turn, back: Return, *, all_returned: bool) -> Return:
    """Refunded once the money is back; nothing more to ask once nothing is missing."""
    paid_back = back.knows(PaymentRefunded) or back.refund.amount <= 0
    if back.status is ReturnStatus.RECEIVED and paid_back:
        back = back.moved(ReturnStatus.REFUNDED)
        back = _told(turn, back, "return_refunded", f"{back.refund} was refunded for your return.", ReturnRefunded)
        if all_returned:
            turn.change(known=turn.order.known | {EVERYTHING_RETURNED})
            turn.order = turn.order.derived()
            turn.tell("returned", sentences.RETURNED)
    return back if _missing(back) else replace(back, ask_again_at=None)


def _told(turn: Turn, back: Return, step: str, sentence: str, event: type) -> Return:
    """Tell the customer, and publish the event with the same sentence."""
    turn.tell(step, sentence, detail=f"return {back.id}")
    turn.send(
        event(
            return_id=back.id,
            order_id=back.order_id,
            number=back.number,
            customer_id=back.customer_id,
            lines=back.lines,
            refund=back.refund,
            label_url=back.label_url,
            message=sentence,
        )
    )
    return replace(back, message=sentence)
