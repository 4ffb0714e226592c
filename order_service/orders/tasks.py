"""The periodic jobs: they act on rows whose time has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from chassis.jobs import job, limit_due_time
from chassis.jobs.figures import figures
from orders import commands, queries
from orders.models import Order, Return


def _from_the_future(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return rows that were written while a clock was ahead; how long they wait depends on the row."""
    return rows.filter(updated_at__gt=timezone.now() + timedelta(seconds=5))


limit_due_time(lambda: _from_the_future(Order.objects.all()), "ask_again_at", longest=timedelta())
limit_due_time(lambda: _from_the_future(Return.objects.all()), "ask_again_at", longest=timedelta())

figures(queries.order_figures)


@job(every=5)
def wake_orders(now: datetime) -> None:
    """Act on deadlines that have passed, and send unanswered commands again."""
    commands.wake_due_orders(now=now)


@job(every=3600, lease=600)
def forget_attempts(now: datetime) -> None:
    """Delete attempts to pay that no limit counts."""
    commands.forget_attempts(now=now)


@job(every=3600, lease=600)
def forget_old_carts(now: datetime) -> None:
    commands.forget_carts(now=now)


@job(every=30)
def wake_returns(now: datetime) -> None:
    commands.wake_due_returns(now=now)
