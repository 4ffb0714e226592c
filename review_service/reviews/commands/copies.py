"""Our copies of what other services own. Messages come twice, late and out of order; the end is the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from chassis.transactions import transactional
from reviews.domain.review import Status
from reviews.domain.reviewer import public_name
from reviews.models import Customer, Product, Purchase, Report, Review, Vote


@transactional
def record_purchases(
    *, order_id: UUID, customer_id: UUID, products: Mapping[UUID, str], delivered_at: datetime
) -> None:
    """These products (id to name) were delivered. Nothing for a customer whose account is gone."""
    Customer.objects.bulk_create([Customer(id=customer_id)], ignore_conflicts=True)
    if Customer.objects.select_for_update().get(id=customer_id).deleted_at is not None:
        return
    # In key order, so that two orders never wait for each other.
    wanted = sorted(products.items())
    Product.objects.bulk_create([Product(id=id_, name=name[:255]) for id_, name in wanted], ignore_conflicts=True)
    Purchase.objects.bulk_create(
        [
            Purchase(customer_id=customer_id, product_id=id_, order_id=order_id, delivered_at=delivered_at)
            for id_, _ in wanted
        ],
        ignore_conflicts=True,
    )


@transactional
def remember_customer(*, customer_id: UUID, name: str, version: int) -> None:
    """Keep the public form of the name. A version that is not newer, or a deleted account, changes nothing."""
    Customer.objects.bulk_create([Customer(id=customer_id)], ignore_conflicts=True)
    known = Customer.objects.filter(id=customer_id, version__lt=version, deleted_at=None)
    known.update(public_name=public_name(name), version=version)


@transactional
def remember_product(*, product_id: UUID, name: str, slug: str, version: int) -> None:
    """A version that is not newer changes nothing."""
    Product.objects.bulk_create([Product(id=product_id)], ignore_conflicts=True)
    Product.objects.filter(id=product_id, version__lt=version).update(name=name[:255], slug=slug[:255], version=version)


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
