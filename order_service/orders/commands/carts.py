"""Commands on a cart. It reserves nothing: its items may be sold out, or cost more, when the order is placed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from chassis.core.errors import DomainError, Kind
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from orders.domain.pricing import MAX_LINES, MAX_QUANTITY, ProductUnavailable, TooMuch, merged
from orders.events_out import Item
from orders.models import CartLine, CatalogVariant
from orders.repository.carts import lock_cart


class NotInCart(DomainError):
    """This item is not in the cart."""

    code, kind = "not_found", Kind.NOT_FOUND


@transactional
def add_to_cart(*, customer_id: UUID, sku: str, quantity: int, now: datetime) -> None:
    """Add a quantity of a SKU to the cart. Raises ProductUnavailable, TooMuch."""
    lock_cart(customer_id)
    line = CartLine.objects.filter(customer_id=customer_id, sku=sku).first()
    if line is None:
        if CartLine.objects.filter(customer_id=customer_id).count() >= MAX_LINES:
            raise TooMuch
        _insert(customer_id, [Item(sku=sku, quantity=quantity)], now)
        return
    _offered([sku])
    if line.quantity + quantity > MAX_QUANTITY:
        raise TooMuch
    CartLine.objects.filter(id=line.id).update(quantity=line.quantity + quantity)


@transactional
def set_quantity(*, customer_id: UUID, sku: str, quantity: int) -> None:
    """Set the quantity of a SKU in the cart. Raises NotInCart, and ProductUnavailable for more of what is not sold."""
    lock_cart(customer_id)
    line = CartLine.objects.filter(customer_id=customer_id, sku=sku).first()
    if line is None:
        raise NotInCart
    if quantity > line.quantity:
        _offered([sku])
    CartLine.objects.filter(id=line.id).update(quantity=quantity)


@transactional
def remove_from_cart(*, customer_id: UUID, sku: str) -> None:
    """Remove a SKU from the cart. Raises NotInCart."""
    lock_cart(customer_id)
    if not CartLine.objects.filter(customer_id=customer_id, sku=sku).delete()[0]:
        raise NotInCart


@transactional
def replace_cart(*, customer_id: UUID, items: Sequence[Item], now: datetime) -> None:
    """Replace the content of the cart. Raises ProductUnavailable, TooMuch."""
    empty_cart(customer_id=customer_id)
    if items:
        _insert(customer_id, merged(items), now)


@transactional
def empty_cart(*, customer_id: UUID) -> None:
    lock_cart(customer_id)
    CartLine.objects.filter(customer_id=customer_id).delete()


def forget_carts(*, now: datetime) -> int:
    """Delete lines that were added CARTS_KEPT_DAYS ago. Return the number of lines."""
    return forget(CartLine.objects.filter(added_at__lt=now - timedelta(days=settings.CARTS_KEPT_DAYS)))


def _insert(customer_id: UUID, items: Sequence[Item], now: datetime) -> None:
    """Insert the items with the present prices, so that the customer can be told when they change."""
    prices = _offered([item.sku for item in items])
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
    CartLine.objects.bulk_create(lines)


def _offered(skus: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return amount and currency by SKU. Raises ProductUnavailable, which names the SKUs that are not sold."""
    rows = CatalogVariant.objects.filter(sku__in=skus, active=True).values_list("sku", "price_amount", "currency")
    prices = {sku: (amount, currency) for sku, amount, currency in rows}
    missing = [sku for sku in skus if sku not in prices]
    if missing:
        raise ProductUnavailable(skus=missing)
    return prices
