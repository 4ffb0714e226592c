"""The steps of a return: the commands that it needs, the announcement of each step, its refund and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chassis.core.money import Money
from orders.domain import customer_texts, facts
from orders.domain.facts import PaymentRefunded
from orders.domain.order import EVERYTHING_RETURNED, Order
from orders.domain.outcome import Note, Sent, customer_update
from orders.domain.policy import Policy
from orders.domain.return_states import Return, ReturnStatus
from orders.domain.timeline import EntryKind
from orders.events_out import (
    AboutReturn,
    CreateReturnShipment,
    Item,
    Line,
    RefundPayment,
    RestockReturn,
    ReturnReceived,
    ReturnRefunded,
)

ReturnChange = tuple[Return, list[Note]]


def approve(return_: Return, *, now: datetime, policy: Policy, order: Order) -> ReturnChange:
    """Approve the return, and request its label."""
    approved = replace(return_.moved(ReturnStatus.APPROVED), expires_at=now + policy.return_expiry)
    return request_missing(approved, order=order, now=now, policy=policy)


def receive(return_: Return, *, completes: bool, order: Order, now: datetime, policy: Policy) -> ReturnChange:
    """Take the parcel back, and request restock and refund. `completes`: everything bought is then back."""
    refund = return_.refund + shipping_refund(order, policy) if completes else return_.refund
    received = replace(return_.moved(ReturnStatus.RECEIVED), refund=at_most(refund, unrefunded(order)), asks=0)
    received, announced = announce(
        received, "return_received", customer_texts.RETURN_RECEIVED, ReturnReceived, order=order
    )
    received, requested = request_missing(received, order=order, now=now, policy=policy)
    return received, [*announced, *requested]


def shipping_refund(order: Order, policy: Policy) -> Money:
    """Return how much of the shipping is refunded when all units are back: at most the price of standard shipping."""
    nothing = Money(0, order.shipping.currency)
    if not policy.refunds_shipping:
        return nothing
    if policy.standard_shipping is None:
        return order.shipping
    return min(order.shipping, replace(nothing, amount=policy.standard_shipping))


def unrefunded(order: Order) -> Money:
    """Return what was paid and not refunded."""
    return order.total - order.refunded


def at_most(price: Money, limit: Money) -> Money:
    """Return the lower of the two, and never less than nothing."""
    return max(Money(0, price.currency), min(price, limit))


def missing_commands(return_: Return) -> list[object]:
    """Return the commands whose answers are not known yet, and that were not refused."""
    match return_.status:
        case ReturnStatus.APPROVED if not (return_.knows(facts.ReturnLabelCreated) or return_.label_failed):
            return [_label(return_)]
        case ReturnStatus.RECEIVED | ReturnStatus.REFUNDED:
            refund = [] if _is_refunded(return_) or return_.refund_refused else [_refund(return_)]
            return [*_restock(return_), *refund]
        case _:
            return []


def request_missing(return_: Return, *, order: Order, now: datetime, policy: Policy) -> ReturnChange:
    """Send all missing commands, the first time or again."""
    if return_.status is ReturnStatus.RECEIVED and not return_.knows(PaymentRefunded):
        return_ = replace(return_, refund=at_most(return_.refund, unrefunded(order)))
    commands = missing_commands(return_)
    kind = EntryKind.ATTEMPT if return_.asks else EntryKind.STEP
    notes: list[Note] = [Sent(command, kind, f"return {return_.id}") for command in commands]
    asks = return_.asks + 1
    again_at = now + policy.patience(policy.provider_patience, asks) if commands else None
    return replace(return_, asks=asks, ask_again_at=again_at, updated_at=now), notes


def settle(
    return_: Return, *, order: Order, all_returned: bool, by_hand: bool = False
) -> tuple[Return, Order, list[Note]]:
    """End a received return whose refund was made. `all_returned`: with it, all units were returned and refunded.

    Stop sending commands when none is missing.
    """
    notes: list[Note] = []
    if return_.status is ReturnStatus.RECEIVED and (by_hand or _is_refunded(return_)):
        refunded = return_.moved(ReturnStatus.REFUNDED)
        text = customer_texts.return_refunded(refunded.refund)
        return_, notes = announce(refunded, "return_refunded", text, ReturnRefunded, order=order)
        if all_returned:
            order = replace(order, known=order.known | {EVERYTHING_RETURNED}).derived()
            notes.append(customer_update(order, "returned", customer_texts.RETURNED))
    if not missing_commands(return_):
        return_ = replace(return_, ask_again_at=None)
    return return_, order, notes


def announce(return_: Return, step: str, text: str, event: type[AboutReturn], *, order: Order) -> ReturnChange:
    """Tell the customer by the event, with the same text."""
    published = event(
        return_id=return_.id,
        order_id=return_.order_id,
        number=return_.number,
        customer_id=return_.customer_id,
        lines=_lines_of(order, return_),
        refund=return_.refund,
        label_url=return_.label_url,
        message=text,
        send_back_by=return_.expires_at,
    )
    update = customer_update(order, step, text, detail=f"return {return_.id}", event=published)
    return replace(return_, message=text), [update]


def _lines_of(order: Order, return_: Return) -> tuple[Line, ...]:
    """Return the returned units at the price at which they were bought."""
    bought = {line.sku: line for line in order.lines}
    return tuple(
        replace(bought[line.sku], quantity=line.quantity, line_total=bought[line.sku].unit_price * line.quantity)
        for line in return_.lines
    )


def _is_refunded(return_: Return) -> bool:
    return return_.status is ReturnStatus.REFUNDED or return_.knows(PaymentRefunded) or return_.refund.amount <= 0


def _label(return_: Return) -> CreateReturnShipment:
    return CreateReturnShipment(
        return_id=return_.id,
        order_id=return_.order_id,
        customer_id=return_.customer_id,
        lines=return_.lines,
        attempt=return_.label_attempt,
    )


def _restock(return_: Return) -> list[object]:
    if not return_.restock or return_.knows(facts.StockRestocked):
        return []
    items = sorted((Item(sku=line.sku, quantity=line.quantity) for line in return_.lines), key=lambda item: item.sku)
    return [RestockReturn(order_id=return_.order_id, return_id=return_.id, lines=tuple(items))]


def _refund(return_: Return) -> RefundPayment:
    return RefundPayment(
        order_id=return_.order_id,
        refund_id=return_.id,
        amount=return_.refund,
        reason="return",
        attempt=return_.refund_attempt,
    )
