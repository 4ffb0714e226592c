"""Our copies of what other services own. Messages come twice, late and out of order; the end is the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from chassis.snapshots import store_if_newer
from chassis.transactions import transactional
from reviews.domain.review import Status
from reviews.domain.reviewer import public_name
from reviews.models import Customer, Product, Purchase, Report, Review, Vote


@transactional
def record_purchases(
    *,
    order_id: UUID,
    customer_id: UUID,
    products: Mapping[UUID, str],
    units: Sequence[tuple[UUID, int]],
    delivered_at: datetime,
) -> None:
    """These products (id to name) were delivered, so many units of each. Nothing for an account that is gone."""
    wanted = sorted(products.items())
    Product.objects.bulk_create([Product(id=id_, name=name[:255]) for id_, name in wanted], ignore_conflicts=True)
    delivered = _added_up(units)
    for purchase in _locked_purchases(order_id, customer_id, delivered):
        _save(purchase, units=delivered[purchase.product_id], delivered_at=delivered_at)
    _verify(customer_id, delivered)


@transactional
def take_back_purchases(*, order_id: UUID, customer_id: UUID, units: Sequence[tuple[UUID, int]], cause: UUID) -> None:
    """So many units of these products were canceled or returned, once for each `cause` (the order or the return).

    It may be told before the delivery. What was not kept gives no right to review, and takes the badge away.
    """
    back = _added_up(units)
    Product.objects.bulk_create([Product(id=product_id) for product_id in back], ignore_conflicts=True)
    for purchase in _locked_purchases(order_id, customer_id, back):
        _save(purchase, taken_back={**purchase.taken_back, str(cause): back[purchase.product_id]})
    _verify(customer_id, back)


@transactional
def remember_customer(*, customer_id: UUID, name: str, version: int) -> None:
    """Keep the public form of the name. A version that is not newer, or a deleted account, changes nothing."""
    present = Customer.objects.filter(deleted_at=None)
    store_if_newer(present, {"id": customer_id}, version, {"public_name": public_name(name)})


@transactional
def remember_product(*, product_id: UUID, name: str, slug: str, version: int) -> None:
    """A version that is not newer changes nothing."""
    store_if_newer(Product.objects.all(), {"id": product_id}, version, {"name": name[:255], "slug": slug[:255]})


@transactional
def forget_customer(*, customer_id: UUID, now: datetime) -> None:
    """The account is gone. Published reviews stay, tied to nobody; whatever else was theirs is erased.

    Votes keep counting. The empty Customer row stays, so that a late message brings nothing back.
    """
    Customer.objects.bulk_create([Customer(id=customer_id)], ignore_conflicts=True)
    customer = Customer.objects.select_for_update().filter(id=customer_id)
    if customer.get().deleted_at is not None:
        return
    customer.update(public_name="", deleted_at=now)
    mine = dict(
        Review.objects.select_for_update().filter(customer_id=customer_id).order_by("id").values_list("id", "status")
    )
    published = [id_ for id_, status in mine.items() if status == Status.PUBLISHED]
    Review.objects.filter(id__in=published).update(customer_id=None)
    Review.objects.filter(id__in=mine.keys() - set(published)).delete()
    bought = Purchase.objects.filter(customer_id=customer_id)
    bought.filter(review=None).delete()
    bought.update(customer_id=None, order_id=None)
    Vote.objects.filter(voter_id=customer_id).update(voter_id=None)
    Report.objects.filter(reporter_id=customer_id).update(reporter_id=None, note="")


def _added_up(units: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Units by product, in key order, so that two orders never wait for each other."""
    total: Counter[UUID] = Counter()
    for product_id, quantity in units:
        total[product_id] += quantity
    return dict(sorted(total.items()))


def _locked_purchases(order_id: UUID, customer_id: UUID, product_ids: Iterable[UUID]) -> list[Purchase]:
    """The rows of these products in the order, made where there is none; none for an account that is gone."""
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
    """Show with the customer's reviews of these products whether any of them was kept."""
    kept = Purchase.objects.filter(customer_id=customer_id, product_id=OuterRef("product_id"), kept=True)
    Review.objects.filter(customer_id=customer_id, product_id__in=list(product_ids)).update(verified=Exists(kept))
