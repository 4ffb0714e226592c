"""Purchase statistics of confirmed orders: units sold, purchases of customers, products bought together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby, permutations
from operator import itemgetter
from uuid import UUID

from django.db.models import F, Q, QuerySet

from chassis import statements
from chassis.transactions import transactional, unit_of_work
from products.models import BoughtTogether, ConfirmedOrder, ForgottenCustomer, Product, Purchase, Variant

#: Products of one order counted as bought together; a wholesale order would pair everything.
MOST_PRODUCTS = 20

Units = Mapping[UUID, int]


@transactional
def record_confirmed_order(
    *, order_id: UUID, customer_id: UUID, units: Sequence[tuple[UUID, int]], now: datetime
) -> None:
    """Count a confirmed order once: units sold, the customer's purchases, and pairs of products.

    Units whose cancellation or return has arrived before are not counted.
    """
    order = _locked(order_id, now)
    if order.units:
        return
    bought: Counter[UUID] = Counter()
    for product_id, quantity in units:
        bought[product_id] += quantity
    order.units = {str(product_id): quantity for product_id, quantity in bought.items()}
    statements.update(ConfirmedOrder, {"id": order_id}, {"units": order.units})
    _count({}, _kept(order), customer_id, now)


@transactional
def record_canceled_order(*, order_id: UUID, customer_id: UUID, now: datetime) -> None:
    """Take a canceled order out of the statistics."""
    _take_back(order_id, customer_id, now, canceled=True)


@transactional
def record_refunded_return(
    *, order_id: UUID, customer_id: UUID, return_id: UUID, units: Sequence[tuple[UUID | str, int]], now: datetime
) -> None:
    """Take the units of a refunded return (by product id or SKU) out of the statistics, once per return."""
    skus = [key for key, _ in units if isinstance(key, str)]
    products = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "product_id"))
    returned: Counter[str] = Counter()
    for key, quantity in units:
        returned[str(products.get(key) if isinstance(key, str) else key)] += quantity
    _take_back(order_id, customer_id, now, returned={str(return_id): returned})


@transactional
def forget_customer(*, customer_id: UUID) -> None:
    """Delete the purchases of a deleted account, and keep its id so that late messages add none."""
    ForgottenCustomer.objects.bulk_create([ForgottenCustomer(id=customer_id)], ignore_conflicts=True)
    Purchase.objects.filter(customer_id=customer_id).delete()


def _take_back(
    order_id: UUID,
    customer_id: UUID,
    now: datetime,
    *,
    canceled: bool = False,
    returned: Mapping[str, Mapping[str, int]] | None = None,
) -> None:
    order = _locked(order_id, now)
    before = _kept(order)
    order.canceled = order.canceled or canceled
    order.returned = {**order.returned, **(returned or {})}
    statements.update(ConfirmedOrder, {"id": order_id}, {"canceled": order.canceled, "returned": order.returned})
    _count(before, _kept(order), customer_id, now)


def _locked(order_id: UUID, now: datetime) -> ConfirmedOrder:
    """Return the locked row of the order, created if this is its first message."""
    statements.insert([ConfirmedOrder(id=order_id, created_at=now)], ignore_conflicts=True)
    (row,) = statements.rows_by(ConfirmedOrder, "id", [order_id], lock=True)
    return ConfirmedOrder(**row)


def _kept(order: ConfirmedOrder) -> dict[UUID, int]:
    """Return the units by product that were neither canceled nor returned."""
    if order.canceled:
        return {}
    kept = Counter(order.units)
    for units in order.returned.values():
        kept.subtract(units)
    return {UUID(product_id): quantity for product_id, quantity in kept.items() if quantity > 0}


def _count(before: Units, after: Units, customer_id: UUID, now: datetime) -> None:
    """Change the statistics of an order from the units kept before to those kept now."""
    changes = {key: after.get(key, 0) - before.get(key, 0) for key in sorted({*before, *after})}
    unit_of_work().collect(_count_sold, changes.items())
    old, new = _pairs(before), _pairs(after)
    unit_of_work().collect(_count_pairs, new - old)
    if removed := old - new:
        unit_of_work().write()  # pairs that are added now may be among them
        _rows_of(removed).filter(orders__gt=0).update(orders=F("orders") - 1)
        _rows_of(removed).filter(orders=0).delete()
    if not statements.existing(ForgottenCustomer, "id", [customer_id]):
        _count_purchases(customer_id, changes, now)


def _count_sold(changes: Sequence[tuple[UUID, int]]) -> None:
    """Change the units sold, in the order of the ids: many orders count the same products at the same time."""
    sums: Counter[UUID] = Counter()
    for product_id, change in changes:
        sums[product_id] += change
    for product_id, change in sorted(sums.items()):
        Product.objects.filter(id=product_id, sold__gte=-change).update(sold=F("sold") + change)


def _count_pairs(added: Sequence[tuple[UUID, UUID]]) -> None:
    times = Counter(added)
    statements.insert(
        [BoughtTogether(product_id=one, other_id=other) for one, other in sorted(times)], ignore_conflicts=True
    )
    for number in sorted(set(times.values())):
        pairs = {pair for pair, orders in times.items() if orders == number}
        _rows_of(pairs).update(orders=F("orders") + number)


def _pairs(units: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    return set(permutations(sorted(units)[:MOST_PRODUCTS], 2))


def _rows_of(pairs: set[tuple[UUID, UUID]]) -> QuerySet[BoughtTogether]:
    wanted = Q()
    for one, pairs_of_one in groupby(sorted(pairs), key=itemgetter(0)):
        wanted |= Q(product_id=one, other_id__in=[other for _, other in pairs_of_one])
    return BoughtTogether.objects.filter(wanted)


def _count_purchases(customer_id: UUID, changes: Units, now: datetime) -> None:
    of_customer = Purchase.objects.filter(customer_id=customer_id)
    bought = {product_id: change for product_id, change in changes.items() if change > 0}
    rows = [Purchase(customer_id=customer_id, product_id=product_id, bought_at=now) for product_id in bought]
    statements.insert(rows, ignore_conflicts=True)
    for product_id, change in bought.items():
        of_customer.filter(product_id=product_id).update(units=F("units") + change, bought_at=now)
    for product_id in sorted(changes.keys() - bought.keys()):
        back = -changes[product_id]
        row = of_customer.filter(product_id=product_id)
        if not row.filter(units__gt=back).update(units=F("units") - back):
            row.delete()
