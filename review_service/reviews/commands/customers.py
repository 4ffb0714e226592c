"""The local copy of customers, and the erasure of a deleted account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.snapshots import store_if_newer
from chassis.transactions import transactional
from reviews.domain.review import Status
from reviews.domain.reviewer import public_name
from reviews.models import Customer, Purchase, Report, Review, Vote


@transactional
def record_customer(*, customer_id: UUID, name: str, version: int) -> None:
    """Store the public form of the name, unless a newer version is known or the account is deleted."""
    present = Customer.objects.filter(deleted_at=None)
    store_if_newer(present, {"id": customer_id}, version, {"public_name": public_name(name)})


@transactional
def forget_customer(*, customer_id: UUID, now: datetime) -> None:
    """Erase the data of a deleted account. Published reviews and votes stay without their author.

    The empty Customer row stays, so that late messages store nothing.
    """
    Customer.objects.bulk_create([Customer(id=customer_id)], ignore_conflicts=True)
    customer = Customer.objects.select_for_update().filter(id=customer_id)
    if customer.get().deleted_at is not None:
        return
    customer.update(public_name="", deleted_at=now)
    reviews = dict(
        Review.objects.select_for_update().filter(customer_id=customer_id).order_by("id").values_list("id", "status")
    )
    published = [id_ for id_, status in reviews.items() if status == Status.PUBLISHED]
    Review.objects.filter(id__in=published).update(customer_id=None)
    Review.objects.filter(id__in=reviews.keys() - set(published)).delete()
    bought = Purchase.objects.filter(customer_id=customer_id)
    bought.filter(review=None).delete()
    bought.update(customer_id=None, order_id=None)
    Vote.objects.filter(voter_id=customer_id).update(voter_id=None)
    Report.objects.filter(reporter_id=customer_id).update(reporter_id=None, note="")
