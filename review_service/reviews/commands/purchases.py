"""Purchases of customers. Their messages may arrive twice, late and in any order with the same result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from chassis.transactions import transactional
from reviews.models import Customer, Product, Purchase, Review


@transactional
def record_purchases(
    *,
    order_id: UUID,
    customer_id: UUID,
    products: Mapping[UUID, str],
    units: Sequence[tuple[UUID, int]],
    delivered_at: datetime,
) -> None:
    """Store the delivered units of these products (id to name), unless the account is deleted."""
    wanted = sorted(products.items())
    Product.objects.bulk_create([Product(id=id_, name=name[:255]) for id_, name in wanted], ignore_conflicts=True)
    delivered = _added_up(units)
    for purchase in _locked_purchases(order_id, customer_id, delivered):
        _save(purchase, units=delivered[purchase.product_id], delivered_at=delivered_at)
    _verify(customer_id, delivered)


@transactional
def take_back_purchases(*, order_id: UUID, customer_id: UUID, units: Sequence[tuple[UUID, int]], cause: UUID) -> None:
    """Store the canceled or returned units of these products, once for each `cause` (the order or the return).

    It may arrive before the delivery. Without kept units there is no right to review and no badge.
    """
    returned = _added_up(units)
    Product.objects.bulk_create([Product(id=product_id) for product_id in returned], ignore_conflicts=True)
    for purchase in _locked_purchases(order_id, customer_id, returned):
        _save(purchase, taken_back={**purchase.taken_back, str(cause): returned[purchase.product_id]})
    _verify(customer_id, returned)


def _added_up(units: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Return the units by product, in the order of ids, so that two orders never deadlock."""
    total: Counter[UUID] = Counter()
    for product_id, quantity in units:
        total[product_id] += quantity
    return dict(sorted(total.items()))


def _locked_purchases(order_id: UUID, customer_id: UUID, product_ids: Iterable[UUID]) -> list[Purchase]:
    """Return the locked rows of these products in the order, created if missing; none for a deleted account."""
    Customer.objects.bulk_create([Customer(id=customer_id)], ignore_conflicts=True)
    if Customer.objects.select_for_update().get(id=customer_id).deleted_at is not None:
        return []
    wanted = list(product_ids)
    about = {"customer_id": customer_id, "order_id": order_id, "units": 0, "kept": False}
    Purchase.objects.bulk_create(
        [Purchase(product_id=product_id, **about) for product_id in wanted], ignore_conflicts=True
    )
    rows = Purchase.objects.select_for_update().filter(customer_id=customer_id, order_id=order_id)
    return list(rows.filter(product_id__in=wanted).order_by("product_id"))


def _save(purchase: Purchase, **changes: object) -> None:
    for name, value in changes.items():
        setattr(purchase, name, value)
    purchase.kept = purchase.units > sum(purchase.taken_back.values())
    purchase.save(update_fields=[*changes, "kept"])


def _verify(customer_id: UUID, product_ids: Iterable[UUID]) -> None:
    """Update the badge of the customer's reviews of these products: whether any unit was kept."""
    kept = Purchase.objects.filter(customer_id=customer_id, product_id=OuterRef("product_id"), kept=True)
    Review.objects.filter(customer_id=customer_id, product_id__in=list(product_ids)).update(verified=Exists(kept))
