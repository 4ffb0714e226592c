"""Add generated orders with their timelines, by bulk insert."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from chassis.core.money import Money
from chassis.seeding import SeedCommand, generated_id
from chassis.transactions import transactional
from orders.domain.order import order_number
from orders.domain.states import CancelReason, CustomerStatus, FulfillmentStatus, OrderStatus, PaymentStatus
from orders.domain.timeline import EntryKind
from orders.models import Order, TimelineEntry

#: Of a hundred orders: delivered long ago, canceled, and on their way. Nothing waits.
_STATES = (
    *[(OrderStatus.COMPLETED, PaymentStatus.CAPTURED, FulfillmentStatus.DELIVERED, CustomerStatus.DELIVERED)] * 94,
    *[(OrderStatus.CANCELED, PaymentStatus.VOIDED, FulfillmentStatus.UNFULFILLED, CustomerStatus.CANCELED)] * 3,
    *[(OrderStatus.CONFIRMED, PaymentStatus.CAPTURED, FulfillmentStatus.DISPATCHED, CustomerStatus.SHIPPED)] * 3,
)
_ADDRESS = {
    "name": "Generated Customer",
    "line1": "1 Example Street",
    "line2": "",
    "city": "Vienna",
    "postal_code": "1010",
    "region": "",
    "country": "AT",
    "phone": "",
}
_STEPS = ("placed", "stock.reserved.v1", "payment.captured.v1", "shipment.created.v1", "shipment.delivered.v1")


class Command(SeedCommand):
    help = "Add generated orders, to see what the service costs when it has grown. Not in production."
    what = "orders"

    def prepare(self) -> int:
        return Order.objects.count()

    @transactional
    def add(self, numbers: range, chance: random.Random) -> None:
        orders = [self._order(number, chance) for number in numbers]
        Order.objects.bulk_create(orders)
        TimelineEntry.objects.bulk_create(
            TimelineEntry(order=order, at=order.placed_at, kind=EntryKind.STEP, name=name, sequence=place)
            for order in orders
            for place, name in enumerate(_STEPS, 1)
        )

    def _order(self, number: int, chance: random.Random) -> Order:
        order_id, placed_at = generated_id("order", number), self.moment(number)
        status, payment, fulfillment, shown = chance.choice(_STATES)
        canceled = status is OrderStatus.CANCELED
        lines = [self._line(number * 3 + place, chance) for place in range(chance.choice((1, 2, 3)))]
        subtotal = sum(line["line_total"]["amount"] for line in lines)
        later = placed_at + timedelta(minutes=1)
        return Order(
            id=order_id,
            number=order_number(order_id, placed_at),
            customer_id=generated_id("customer", number // 8),
            correlation_id=str(order_id),
            currency="EUR",
            subtotal_amount=subtotal,
            shipping_amount=490,
            tax_amount=subtotal // 6,
            total_amount=subtotal + 490,
            units=sum(line["quantity"] for line in lines),
            lines=lines,
            address=_ADDRESS,
            quote_id=generated_id("quote", number),
            carrier="sandbox",
            service="standard",
            placed_at=placed_at,
            status=status,
            payment=payment,
            fulfillment=fulfillment,
            customer_status=shown,
            confirmed_at=None if canceled else later,
            cancel_reason=CancelReason.CUSTOMER if canceled else "",
            payment_method="sandbox",
            sequence=len(_STEPS),
            updated_at=later,
        )

    def _line(self, number: int, chance: random.Random) -> dict[str, Any]:
        price, quantity = chance.randrange(500, 20_000), chance.choice((1, 1, 2))
        return {
            "product_id": str(generated_id("product", number)),
            "sku": f"SEED-{number}-0",
            "name": "Generated thing",
            "quantity": quantity,
            "unit_price": Money(price, "EUR").as_dict(),
            "line_total": Money(price * quantity, "EUR").as_dict(),
        }
