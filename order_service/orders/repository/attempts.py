"""The repository of attempts to pay, counted exactly by account and by client, also under concurrency."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from chassis import statements
from chassis.jobs.retention import forget
from chassis.transactions import unit_of_work
from orders.domain.limits import Attempt
from orders.domain.order import Order
from orders.models import PayingClient, PaymentAttempt


def attempts_of_account(customer_id: UUID) -> list[Attempt]:
    """Return the attempts of an account. The caller holds the lock on the customer's cart."""
    return _attempts(customer_id=customer_id)


def attempts_of_client(client: str, *, now: datetime) -> list[Attempt]:
    """Return the attempts of a client, which is locked until the transaction ends."""
    mine = PayingClient.objects.select_for_update().filter(client=client).values_list("client")
    if not list(mine):
        PayingClient.objects.bulk_create([PayingClient(client=client, seen_at=now)], ignore_conflicts=True)
        list(mine.all())
    return _attempts(client=client)


def add_attempt(*, order_id: UUID, customer_id: UUID, client: str, now: datetime) -> None:
    PaymentAttempt(order_id=order_id, customer_id=customer_id, client=client, made_at=now).save(force_insert=True)


def settle_attempts(order: Order) -> None:
    """Close the attempts of an order that is not unpaid any more; one that was approved or never made is deleted."""
    unit_of_work().collect(_settle, [order])


def _settle(orders: list[Order]) -> None:
    attempts = defaultdict(list)
    for row in statements.rows_by(PaymentAttempt, "order_id", [order.id for order in orders]):
        attempts[row["order_id"]].append(row)
    over: list[UUID] = []
    kept: list[UUID] = []
    for order in orders:
        mine = [row["id"] for row in sorted(attempts[order.id], key=itemgetter("made_at"))]
        deleted = len(mine) - 1 if not order.closed else 0 if order.pay_until is None else len(mine)
        over += mine[deleted:]
        kept += mine[:deleted]
    if over:
        PaymentAttempt.objects.filter(id__in=over).delete()
    if kept:
        PaymentAttempt.objects.filter(id__in=kept).update(is_open=False)


def forget_attempts(*, before: datetime) -> None:
    """Delete attempts that no limit counts, and clients without counted attempts."""
    forget(PaymentAttempt.objects.filter(made_at__lt=before, is_open=False))
    forget(PayingClient.objects.filter(seen_at__lt=before - timedelta(days=1)))


def _attempts(**of: object) -> list[Attempt]:
    rows = PaymentAttempt.objects.filter(**of).values("order_id", "made_at", "is_open")
    return [Attempt(**row) for row in rows]
