"""The repository of carts: the lock on a customer's lines, and the return of items to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from orders.domain.pricing import MAX_LINES, MAX_QUANTITY
from orders.events_out import Line
from orders.models import Cart, CartLine


def lock_cart(customer_id: UUID) -> None:
    """Lock this customer's cart until the transaction ends."""
    mine = Cart.objects.select_for_update().filter(customer_id=customer_id).values_list("customer_id")
    if not list(mine):
        Cart.objects.bulk_create([Cart(customer_id=customer_id)], ignore_conflicts=True)
        list(mine.all())


def return_items(customer_id: UUID, lines: Sequence[Line], *, now: datetime) -> None:
    """Add the lines of an order to the cart, up to the limits of a cart."""
    lock_cart(customer_id)
    present = {line.sku: line for line in CartLine.objects.filter(customer_id=customer_id)}
    for line in lines:
        kept = present.get(line.sku)
        if kept is not None:
            quantity = min(MAX_QUANTITY, kept.quantity + line.quantity)
            CartLine.objects.filter(id=kept.id).update(quantity=quantity)
        elif len(present) < MAX_LINES:
            present[line.sku] = CartLine.objects.create(
                customer_id=customer_id,
                sku=line.sku,
                quantity=line.quantity,
                price_amount=line.unit_price.amount,
                currency=line.unit_price.currency,
                added_at=now,
            )
