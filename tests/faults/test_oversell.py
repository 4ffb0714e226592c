"""200 buyers and 20 units, over HTTP and the broker: exactly 20 orders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from run.shopper import new_shopper, until

BUYERS, UNITS = 200, 20


def test_200_buyers_for_20_units_make_20_orders(system, books):
    # One account places all orders; 200 registrations would be another test.
    buyer = new_shopper(system.url(""), system.service_url("sandbox", ""))
    sku = sorted(buyer.variants())[-1]
    system.set_stock(sku, UNITS)
    quote = buyer.quote([{"sku": sku, "quantity": 1}])["quote"]

    with ThreadPoolExecutor(20) as pool:
        orders = list(pool.map(lambda _: buyer.order((sku, 1), key=uuid4().hex, shipping_quote=quote), range(BUYERS)))
    buyer.log_in()
    ended = [
        buyer.wait_for(order["id"], "canceled", "processing", "shipped", "delivered", seconds=300) for order in orders
    ]
    sold = [order["id"] for order in ended if order["status"] != "canceled"]
    assert len(sold) == UNITS
    until(lambda: len({e["order_id"] for e in books("payments")["captures"]} & set(sold)) == UNITS, what="20 charges")
    lost = {order["id"] for order in orders} - set(sold)
    assert not [e for e in books("payments")["captures"] if e["order_id"] in lost]
    assert buyer.available(sku) == 0
