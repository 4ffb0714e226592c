"""A customer's cart. It holds nothing back: what is in it may be sold, or cost more, by the time of the order."""

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
    """Put so many more into the cart. Raises ProductUnavailable, TooMuch."""
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
    """Raises NotInCart, and ProductUnavailable for more of what is not sold any more."""
    lock_cart(customer_id)
    line = CartLine.objects.filter(customer_id=customer_id, sku=sku).first()
    if line is None:
        raise NotInCart
    if quantity > line.quantity:
        _offered([sku])
    CartLine.objects.filter(id=line.id).update(quantity=quantity)


@transactional
def remove_from_cart(*, customer_id: UUID, sku: str) -> None:
    """Raises NotInCart."""
    lock_cart(customer_id)
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
    lock_cart(customer_id)
    CartLine.objects.filter(customer_id=customer_id).delete()


def forget_carts(*, now: datetime) -> int:
    """Delete what has lain in a cart for a long time; how many lines."""
    return forget(CartLine.objects.filter(added_at__lt=now - timedelta(days=settings.CARTS_KEPT_DAYS)))


def _insert(customer_id: UUID, items: Sequence[Item], now: datetime) -> None:
    """With the prices of now, so that the customer can be told when they change."""
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
    """Amount and currency of each SKU. Raises ProductUnavailable, which names those that are not sold."""
    rows = CatalogVariant.objects.filter(sku__in=skus, active=True).values_list("sku", "price_amount", "currency")
    prices = {sku: (amount, currency) for sku, amount, currency in rows}
    missing = [sku for sku in skus if sku not in prices]
    if missing:
        raise ProductUnavailable(skus=missing)
    return prices
