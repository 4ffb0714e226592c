"""Holdings: what an order may still hold of the stock, the money and the parcel that its steps obtained.

In doubt an order holds it: undoing a step twice is harmless, forgetting to undo it is not.
"""

from __future__ import annotations

from orders.domain import facts
from orders.domain.order import MONEY_GIVEN_UP, PARCEL_GIVEN_UP, STOCK_GIVEN_UP, Order


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
