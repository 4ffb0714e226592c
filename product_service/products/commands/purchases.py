"""What orders teach: who bought what and kept it, and what goes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby, permutations
from operator import itemgetter
from uuid import UUID

from django.db.models import F, Q, QuerySet

from chassis.transactions import transactional
from products.models import BoughtTogether, ConfirmedOrder, ForgottenCustomer, Product, Purchase, Variant

#: A wholesale order of everything says nothing about what goes together.
MOST_PRODUCTS = 20

Units = Mapping[UUID, int]


@transactional
def learn_from_order(*, order_id: UUID, customer_id: UUID, units: Sequence[tuple[UUID, int]], now: datetime) -> None:
    """Count a confirmed order, once: units sold, the customer's purchases, the pairs of products in it.

    What was taken back before it was told does not count.
    """
    order = _locked(order_id, now)
    if order.units:
        return
    bought: Counter[UUID] = Counter()
    for product_id, quantity in units:
        bought[product_id] += quantity
    order.units = {str(product_id): quantity for product_id, quantity in bought.items()}
    order.save(update_fields=["units"])
    _count({}, _kept(order), customer_id, now)


@transactional
def unlearn_order(*, order_id: UUID, customer_id: UUID, now: datetime) -> None:
    """The order was canceled: nothing of it was bought."""
    _take_back(order_id, customer_id, now, canceled=True)


@transactional
def unlearn_return(
    *, order_id: UUID, customer_id: UUID, return_id: UUID, units: Sequence[tuple[UUID | str, int]], now: datetime
) -> None:
    """These units (of a product, or of a SKU) were sent back and paid back; each return counts once."""
    skus = [key for key, _ in units if isinstance(key, str)]
    products = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "product_id"))
    back: Counter[str] = Counter()
    for key, quantity in units:
        back[str(products.get(key) if isinstance(key, str) else key)] += quantity
    _take_back(order_id, customer_id, now, returned={str(return_id): back})


@transactional
def forget_customer(*, customer_id: UUID) -> None:
    """The account is deleted: what it bought is nobody's any more."""
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
    order.save(update_fields=["canceled", "returned"])
    _count(before, _kept(order), customer_id, now)


def _locked(order_id: UUID, now: datetime) -> ConfirmedOrder:
    """The order's row, for the open transaction alone; an empty one when nothing was told of it before."""
    ConfirmedOrder.objects.bulk_create([ConfirmedOrder(id=order_id, created_at=now)], ignore_conflicts=True)
    return ConfirmedOrder.objects.select_for_update().get(id=order_id)


def _kept(order: ConfirmedOrder) -> dict[UUID, int]:
    """Units by product that were bought and neither canceled nor returned."""
    if order.canceled:
        return {}
    kept = Counter(order.units)
    for units in order.returned.values():
        kept.subtract(units)
    return {UUID(product_id): quantity for product_id, quantity in kept.items() if quantity > 0}


def _count(before: Units, after: Units, customer_id: UUID, now: datetime) -> None:
    """Let all that is counted of the order follow from what was kept of it to what is."""
    changes = {key: after.get(key, 0) - before.get(key, 0) for key in sorted({*before, *after})}
    for product_id, change in changes.items():
        Product.objects.filter(id=product_id, sold__gte=-change).update(sold=F("sold") + change)
    old, new = _pairs(before), _pairs(after)
    if learned := new - old:
        BoughtTogether.objects.bulk_create(
            [BoughtTogether(product_id=one, other_id=other) for one, other in sorted(learned)], ignore_conflicts=True
        )
        _rows_of(learned).update(orders=F("orders") + 1)
    if unlearned := old - new:
        _rows_of(unlearned).filter(orders__gt=0).update(orders=F("orders") - 1)
        _rows_of(unlearned).filter(orders=0).delete()
    if not ForgottenCustomer.objects.filter(id=customer_id).exists():
        _count_purchases(customer_id, changes, now)


def _pairs(units: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    return set(permutations(sorted(units)[:MOST_PRODUCTS], 2))


def _rows_of(pairs: set[tuple[UUID, UUID]]) -> QuerySet[BoughtTogether]:
    wanted = Q()
    for one, beside in groupby(sorted(pairs), key=itemgetter(0)):
        wanted |= Q(product_id=one, other_id__in=[other for _, other in beside])
    return BoughtTogether.objects.filter(wanted)


def _count_purchases(customer_id: UUID, changes: Units, now: datetime) -> None:
    of_customer = Purchase.objects.filter(customer_id=customer_id)
    bought = {product_id: change for product_id, change in changes.items() if change > 0}
    rows = [Purchase(customer_id=customer_id, product_id=product_id, bought_at=now) for product_id in bought]
    Purchase.objects.bulk_create(rows, ignore_conflicts=True)
    for product_id, change in bought.items():
        of_customer.filter(product_id=product_id).update(units=F("units") + change, bought_at=now)
    for product_id in sorted(changes.keys() - bought.keys()):
        back = -changes[product_id]
        row = of_customer.filter(product_id=product_id)
        if not row.filter(units__gt=back).update(units=F("units") - back):
            row.delete()
