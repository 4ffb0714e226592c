"""The commands of the saga: the request of each step to another service, and its undo."""

from __future__ import annotations

from orders.domain.order import Order, restock_id
from orders.domain.outcome import Sent
from orders.domain.policy import Policy
from orders.domain.timeline import EntryKind
from orders.events_out import (
    AllocateStock,
    AuthorizePayment,
    CancelShipment,
    CapturePayment,
    CreateShipment,
    Item,
    NamedItem,
    RefundPayment,
    ReleaseStock,
    ReserveStock,
    RestockReturn,
    VoidPayment,
)


def reserve_stock(order: Order, policy: Policy) -> Sent:
    hold_seconds = int(policy.stock_hold.total_seconds())
    return Sent(ReserveStock(order_id=order.id, lines=items_of(order), hold_seconds=hold_seconds), EntryKind.STEP)


def items_of(order: Order) -> tuple[Item, ...]:
    """Return what was bought, sorted by SKU."""
    items = (Item(sku=line.sku, quantity=line.quantity) for line in order.lines)
    return tuple(sorted(items, key=lambda item: item.sku))


def release_or_restock(order: Order, policy: Policy) -> Sent:
    """Restock units that were dispatched in a parcel; release all others."""
    if order.dispatched_at is None:
        return release_stock(order, policy)
    restock = RestockReturn(order_id=order.id, return_id=restock_id(order.id), lines=items_of(order))
    return Sent(restock, EntryKind.COMPENSATION)


def release_stock(order: Order, policy: Policy) -> Sent:
    return Sent(ReleaseStock(order_id=order.id), EntryKind.COMPENSATION)


def authorize_payment(order: Order, policy: Policy) -> Sent:
    """Begin the order's present attempt to pay."""
    assert order.pay_until is not None
    authorize = AuthorizePayment(
        order_id=order.id,
        attempt=order.attempt,
        customer_id=order.customer_id,
        amount=order.total,
        payment_method=order.payment_method,
        number=order.number,
        expires_at=order.pay_until,
        country=order.address.country,
    )
    return Sent(authorize, EntryKind.ATTEMPT, f"attempt {order.attempt}")


def close_payments(order: Order, policy: Policy) -> Sent:
    """Close the order's payments: payments gives back whatever it holds or has captured."""
    return Sent(VoidPayment(order_id=order.id), EntryKind.COMPENSATION)


def allocate_stock(order: Order, policy: Policy) -> Sent:
    return Sent(AllocateStock(order_id=order.id), EntryKind.STEP)


def capture_payment(order: Order, policy: Policy) -> Sent:
    return Sent(CapturePayment(order_id=order.id), EntryKind.STEP)


def refund_or_close(order: Order, policy: Policy) -> Sent:
    """Refund an order that was confirmed; otherwise the money came too late, and the payments are closed."""
    if order.confirmed_at is None and order.refund_attempt == 1:
        return close_payments(order, policy)
    refund = RefundPayment(
        order_id=order.id,
        refund_id=order.id,
        amount=order.total - order.refunded,
        reason=order.cancel_reason,
        attempt=order.refund_attempt,
    )
    return Sent(refund, EntryKind.COMPENSATION)


def create_shipment(order: Order, policy: Policy) -> Sent:
    shipment = CreateShipment(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        quote_id=order.quote_id,
        carrier=order.carrier,
        service=order.service,
        address=order.address,
        lines=tuple(NamedItem(sku=line.sku, name=line.name, quantity=line.quantity) for line in order.lines),
        attempt=order.parcel,
    )
    return Sent(shipment, EntryKind.STEP)


def cancel_shipment(order: Order, policy: Policy) -> Sent:
    return Sent(CancelShipment(order_id=order.id, attempt=order.parcel), EntryKind.COMPENSATION)
