"""What the saga asks other services to do, worded for one order."""

from __future__ import annotations

from orders.domain import facts
from orders.domain.order import MONEY_GIVEN_UP, PARCEL_GIVEN_UP, STOCK_GIVEN_UP, Order, restock_id
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
    RestockReturn,
    VoidPayment,
)


def reserve_stock(order: Order, policy: Policy) -> ReserveStock:
    hold_seconds = int(policy.stock_hold.total_seconds())
    return ReserveStock(order_id=order.id, lines=items_of(order), hold_seconds=hold_seconds)


def items_of(order: Order) -> tuple[Item, ...]:
    """Return what was bought, by SKU."""
    items = (Item(sku=line.sku, quantity=line.quantity) for line in order.lines)
    return tuple(sorted(items, key=lambda item: item.sku))


def put_stock_back(order: Order, policy: Policy) -> ReleaseStock | RestockReturn:
    """Units that have left the shelf in a parcel come back as a restock; the others are released."""
    if order.dispatched_at is None:
        return ReleaseStock(order_id=order.id)
    return RestockReturn(order_id=order.id, return_id=restock_id(order.id), lines=items_of(order))


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
    if order.confirmed_at is None and order.refund_attempt == 1:
        return VoidPayment(order_id=order.id)
    return RefundPayment(
        order_id=order.id,
        refund_id=order.id,
        amount=order.total - order.refunded,
        reason=order.cancel_reason,
        attempt=order.refund_attempt,
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
        attempt=order.parcel,
    )


def cancel_shipment(order: Order, policy: Policy) -> CancelShipment:
    return CancelShipment(order_id=order.id, attempt=order.parcel)


# Whether an order may still hold what a step gave it, as far as we know. When in doubt it does:
# putting back twice does no harm, forgetting does.


def holds_shipment(order: Order) -> bool:
    ended = order.knows(facts.ShipmentCanceled, facts.ShipmentReturned, facts.ShipmentLost)
    return order.confirmed_at is not None and not ended and PARCEL_GIVEN_UP not in order.known


def holds_captured_money(order: Order) -> bool:
    owed = order.knows(facts.PaymentCaptured) and order.refunded < order.total
    return owed and MONEY_GIVEN_UP not in order.known


def holds_allocated_stock(order: Order) -> bool:
    return order.knows(facts.StockAllocated) and not _stock_is_back(order)


def holds_authorization(order: Order) -> bool:
    begun = order.pay_until is not None or order.knows(facts.PaymentAuthorized)
    over = order.knows(facts.PaymentVoided, facts.PaymentCaptured) or MONEY_GIVEN_UP in order.known
    return begun and not over


def holds_reserved_stock(order: Order) -> bool:
    return not (order.knows(facts.StockRejected) or _stock_is_back(order))


def _stock_is_back(order: Order) -> bool:
    return order.knows(facts.StockReleased, facts.StockRestocked) or STOCK_GIVEN_UP in order.known
