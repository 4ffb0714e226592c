"""What confirmed orders teach: who bought what, and what goes together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from uuid import UUID

from django.db.models import F

from chassis.transactions import transactional
from products.models import BoughtTogether, ConfirmedOrder, ForgottenCustomer, Product, Purchase

#: A wholesale order of everything says nothing about what goes together.
MOST_PRODUCTS = 20


@transactional
def learn_from_order(*, order_id: UUID, customer_id: UUID, units: Sequence[tuple[UUID, int]], now: datetime) -> None:
    """Count a confirmed order, once: units sold, the customer's purchases, the pairs of products in it."""
    if ConfirmedOrder.objects.filter(id=order_id).exists():
        return
    ConfirmedOrder(id=order_id, created_at=now).save(force_insert=True)
    bought: dict[UUID, int] = {}
    for product_id, quantity in units:
        bought[product_id] = bought.get(product_id, 0) + quantity
    for product_id, quantity in sorted(bought.items()):
        Product.objects.filter(id=product_id).update(sold=F("sold") + quantity)
    _count_pairs(sorted(bought)[:MOST_PRODUCTS])
    if not ForgottenCustomer.objects.filter(id=customer_id).exists():
        _count_purchases(customer_id, bought, now)


@transactional
def forget_customer(*, customer_id: UUID) -> None:
    """The account is deleted: what it bought is nobody's any more."""
    ForgottenCustomer.objects.bulk_create([ForgottenCustomer(id=customer_id)], ignore_conflicts=True)
    Purchase.objects.filter(customer_id=customer_id).delete()


def _count_pairs(product_ids: Sequence[UUID]) -> None:
    pairs = [BoughtTogether(product_id=one, other_id=other) for one, other in permutations(product_ids, 2)]
    BoughtTogether.objects.bulk_create(pairs, ignore_conflicts=True)
    all_of_them = BoughtTogether.objects.filter(product_id__in=product_ids, other_id__in=product_ids)
    all_of_them.update(orders=F("orders") + 1)


def _count_purchases(customer_id: UUID, bought: dict[UUID, int], now: datetime) -> None:
    rows = [Purchase(customer_id=customer_id, product_id=product_id, bought_at=now) for product_id in sorted(bought)]
    Purchase.objects.bulk_create(rows, ignore_conflicts=True)
    for product_id, quantity in sorted(bought.items()):
        row = Purchase.objects.filter(customer_id=customer_id, product_id=product_id)
        row.update(units=F("units") + quantity, bought_at=now)
