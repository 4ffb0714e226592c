"""What the saga asks other services to do, worded for one order."""

from __future__ import annotations

from orders.domain import facts
from orders.domain.order import Order
from orders.domain.policy import Policy
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
    VoidPayment,
)


def reserve_stock(order: Order, policy: Policy) -> ReserveStock:
    lines = sorted((Item(sku=line.sku, quantity=line.quantity) for line in order.lines), key=lambda item: item.sku)
    return ReserveStock(order_id=order.id, lines=tuple(lines), hold_seconds=int(policy.stock_hold.total_seconds()))


def release_stock(order: Order, policy: Policy) -> ReleaseStock:
    return ReleaseStock(order_id=order.id)


def authorize_payment(order: Order, policy: Policy) -> AuthorizePayment:
    assert order.pay_until is not None
    return AuthorizePayment(
        order_id=order.id,
        attempt=order.attempt,
        customer_id=order.customer_id,
        amount=order.total,
        payment_method=order.payment_method,
        number=order.number,
        expires_at=order.pay_until,
    )


def void_payment(order: Order, policy: Policy) -> VoidPayment:
    return VoidPayment(order_id=order.id)


def allocate_stock(order: Order, policy: Policy) -> AllocateStock:
    return AllocateStock(order_id=order.id)


def capture_payment(order: Order, policy: Policy) -> CapturePayment:
    return CapturePayment(order_id=order.id)


def give_money_back(order: Order, policy: Policy) -> RefundPayment | VoidPayment:
    """A paid order is refunded. Money that came too late is voided, which refunds what was captured."""
    if order.confirmed_at is None:
        return VoidPayment(order_id=order.id)
    return RefundPayment(
        order_id=order.id, refund_id=order.id, amount=order.total - order.refunded, reason=order.cancel_reason
    )


def create_shipment(order: Order, policy: Policy) -> CreateShipment:
    return CreateShipment(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        quote_id=order.quote_id,
        carrier=order.carrier,
        service=order.service,
        address=order.address,
        lines=tuple(NamedItem(sku=line.sku, name=line.name, quantity=line.quantity) for line in order.lines),
    )


def cancel_shipment(order: Order, policy: Policy) -> CancelShipment:
    return CancelShipment(order_id=order.id)


# Whether an order may still hold what a step gave it, as far as we know. When in doubt it does:
# putting back twice does no harm, forgetting does.


def holds_shipment(order: Order) -> bool:
    return order.confirmed_at is not None and not order.knows(facts.ShipmentCanceled)


def holds_captured_money(order: Order) -> bool:
    return order.knows(facts.PaymentCaptured) and order.refunded < order.total


def holds_allocated_stock(order: Order) -> bool:
    return order.knows(facts.StockAllocated) and not order.knows(facts.StockReleased)


def holds_authorization(order: Order) -> bool:
    begun = order.pay_until is not None or order.knows(facts.PaymentAuthorized)
    return begun and not order.knows(facts.PaymentVoided, facts.PaymentCaptured)


def holds_reserved_stock(order: Order) -> bool:
    return not order.knows(facts.StockReleased, facts.StockRejected)
