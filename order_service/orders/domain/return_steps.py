"""How a return goes on: what is asked for it, what it is told, when it is settled."""

from __future__ import annotations

from dataclasses import replace

from chassis.core.money import Money
from orders.domain import facts, sentences
from orders.domain.facts import PaymentRefunded
from orders.domain.order import EVERYTHING_RETURNED, Order
from orders.domain.policy import Policy
from orders.domain.return_states import Return, ReturnStatus
from orders.domain.timeline import EntryKind
from orders.domain.turn import Turn
from orders.events_out import (
    CreateReturnShipment,
    Item,
    Line,
    RefundPayment,
    RestockReturn,
    ReturnReceived,
    ReturnRefunded,
)


def approved(turn: Turn, back: Return) -> Return:
    expires_at = turn.now + turn.policy.return_expiry
    return asked(turn, replace(back.moved(ReturnStatus.APPROVED), expires_at=expires_at))


def received(turn: Turn, back: Return, *, completes: bool) -> Return:
    """The parcel is taken back. `completes`: with it, everything bought is back."""
    refund = back.refund + shipping_to_refund(turn.order, turn.policy) if completes else back.refund
    back = replace(back.moved(ReturnStatus.RECEIVED), refund=at_most(refund, left_of(turn.order)), asks=0)
    return asked(turn, told(turn, back, "return_received", sentences.RETURN_RECEIVED, ReturnReceived))


def shipping_to_refund(order: Order, policy: Policy) -> Money:
    """Return what of the shipping is refunded when everything has come back: no more than the standard costs."""
    nothing = Money(0, order.shipping.currency)
    if not policy.refunds_shipping:
        return nothing
    if policy.standard_shipping is None:
        return order.shipping
    return min(order.shipping, replace(nothing, amount=policy.standard_shipping))


def left_of(order: Order) -> Money:
    """Return what was paid and is not paid back."""
    return order.total - order.refunded


def at_most(price: Money, left: Money) -> Money:
    return max(Money(0, price.currency), min(price, left))


def missing(back: Return) -> list[object]:
    """Return the commands whose answers are not known yet, and that were not refused."""
    match back.status:
        case ReturnStatus.APPROVED if not (back.knows(facts.ReturnLabelCreated) or back.label_failed):
            return [_label(back)]
        case ReturnStatus.RECEIVED | ReturnStatus.REFUNDED:
            refund = [] if _is_paid_back(back) or back.refund_refused else [_refund(back)]
            return [*_restock(back), *refund]
        case _:
            return []


def asked(turn: Turn, back: Return) -> Return:
    """Ask for all that is missing, the first time or again."""
    if back.status is ReturnStatus.RECEIVED and not back.knows(PaymentRefunded):
        back = replace(back, refund=at_most(back.refund, left_of(turn.order)))
    commands = missing(back)
    for command in commands:
        turn.send(command, EntryKind.ATTEMPT if back.asks else EntryKind.STEP, f"return {back.id}")
    asks = back.asks + 1
    again_at = turn.now + turn.policy.patience(asks, factor=3) if commands else None
    return replace(back, asks=asks, ask_again_at=again_at, updated_at=turn.now)


def settled(turn: Turn, back: Return, *, all_returned: bool, by_hand: bool = False) -> Return:
    """Refunded once the money is back; nothing more to ask once nothing is missing."""
    if back.status is ReturnStatus.RECEIVED and (by_hand or _is_paid_back(back)):
        back = back.moved(ReturnStatus.REFUNDED)
        sentence = sentences.return_refunded(back.refund)
        back = told(turn, back, "return_refunded", sentence, ReturnRefunded)
        if all_returned:
            turn.change(known=turn.order.known | {EVERYTHING_RETURNED})
            turn.order = turn.order.derived()
            turn.tell("returned", sentences.RETURNED)
    return back if missing(back) else replace(back, ask_again_at=None)


def told(turn: Turn, back: Return, step: str, sentence: str, event: type) -> Return:
    """Tell the customer, and publish the event with the same sentence."""
    turn.tell(step, sentence, detail=f"return {back.id}")
    turn.send(
        event(
            return_id=back.id,
            order_id=back.order_id,
            number=back.number,
            customer_id=back.customer_id,
            lines=_lines_of(turn.order, back),
            refund=back.refund,
            label_url=back.label_url,
            message=sentence,
            send_back_by=back.expires_at,
        )
    )
    return replace(back, message=sentence)


def _lines_of(order: Order, back: Return) -> tuple[Line, ...]:
    """Return what comes back, as it was bought."""
    bought = {line.sku: line for line in order.lines}
    return tuple(
        replace(bought[line.sku], quantity=line.quantity, line_total=bought[line.sku].unit_price * line.quantity)
        for line in back.lines
    )


def _is_paid_back(back: Return) -> bool:
    return back.status is ReturnStatus.REFUNDED or back.knows(PaymentRefunded) or back.refund.amount <= 0


def _label(back: Return) -> CreateReturnShipment:
    return CreateReturnShipment(
        return_id=back.id,
        order_id=back.order_id,
        customer_id=back.customer_id,
        lines=back.lines,
        attempt=back.label_attempt,
    )


def _restock(back: Return) -> list[object]:
    if not back.restock or back.knows(facts.StockRestocked):
        return []
    items = sorted((Item(sku=line.sku, quantity=line.quantity) for line in back.lines), key=lambda item: item.sku)
    return [RestockReturn(order_id=back.order_id, return_id=back.id, lines=tuple(items))]


def _refund(back: Return) -> RefundPayment:
    return RefundPayment(
        order_id=back.order_id,
        refund_id=back.id,
        amount=back.refund,
        reason="return",
        attempt=back.refund_attempt,
    )
