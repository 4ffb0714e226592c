"""A customer's cart. It holds nothing back: what is in it may be sold, or cost more, by the time of the order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from chassis.errors import DomainError, Kind
from chassis.transactions import Conflict, transactional
from orders.domain.pricing import MAX_LINES, MAX_QUANTITY, ProductUnavailable, TooMuch, merged
from orders.events_out import Item
from orders.models import CartLine, CatalogVariant


class NotInCart(DomainError):
    """This item is not in the cart."""

    code, kind = "not_found", Kind.NOT_FOUND


@transactional
def add_to_cart(*, customer_id: UUID, sku: str, quantity: int, now: datetime) -> None:
    """Put so many more into the cart. Raises ProductUnavailable, TooMuch."""
    line = CartLine.objects.select_for_update().filter(customer_id=customer_id, sku=sku).first()
    if line is None:
        if CartLine.objects.filter(customer_id=customer_id).count() >= MAX_LINES:
            raise TooMuch
        _insert(customer_id, [Item(sku=sku, quantity=quantity)], now)
    elif line.quantity + quantity > MAX_QUANTITY:
        raise TooMuch
    else:
        CartLine.objects.filter(id=line.id).update(quantity=line.quantity + quantity)


@transactional
def set_quantity(*, customer_id: UUID, sku: str, quantity: int) -> None:
    """Raises NotInCart."""
    if not CartLine.objects.filter(customer_id=customer_id, sku=sku).update(quantity=quantity):
        raise NotInCart


@transactional
def remove_from_cart(*, customer_id: UUID, sku: str) -> None:
    """Raises NotInCart."""
    if not CartLine.objects.filter(customer_id=customer_id, sku=sku).delete()[0]:
        raise NotInCart


@transactional
def replace_cart(*, customer_id: UUID, items: Sequence[Item], now: datetime) -> None:
    """The cart holds just these. Raises ProductUnavailable, TooMuch."""
    empty_cart(customer_id=customer_id)
    if items:
        _insert(customer_id, merged(items), now)


@transactional
def empty_cart(*, customer_id: UUID) -> None:
    CartLine.objects.filter(customer_id=customer_id).delete()


def _insert(customer_id: UUID, items: Sequence[Item], now: datetime) -> None:
    """With the prices of now, so that the customer can be told when they change."""
    offered = CatalogVariant.objects.filter(sku__in=[item.sku for item in items], active=True)
    prices = {
        sku: (amount, currency) for sku, amount, currency in offered.values_list("sku", "price_amount", "currency")
    }
    missing = [item.sku for item in items if item.sku not in prices]
    if missing:
        raise ProductUnavailable(skus=missing)
    lines = [
        CartLine(
            customer_id=customer_id,
            sku=item.sku,
            quantity=item.quantity,
            price_amount=prices[item.sku][0],
            currency=prices[item.sku][1],
            added_at=now,
        )
        for item in items
    ]
    try:
        CartLine.objects.bulk_create(lines)
    except IntegrityError as error:
        raise Conflict("the same item put into the cart twice at once") from error
