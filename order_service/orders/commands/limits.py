"""Commands on attempts to pay: check them against the shop's limits, and delete old ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from chassis.transactions import transactional
from orders.domain.limits import Limit
from orders.repository import attempts
from orders.repository.carts import lock_cart


def count_attempt(*, order_id: UUID, customer_id: UUID, client: str, now: datetime) -> None:
    """Count an attempt to pay. `client`: the hash of a network, or empty if it is unknown.

    Raises TooManyUnpaidOrders, TooManyPaymentAttempts.
    """
    if not settings.RATE_LIMIT:
        return
    lock_cart(customer_id)
    _account().check(attempts.attempts_of_account(customer_id), order_id=order_id, now=now)
    if client:
        _client().check(attempts.attempts_of_client(client, now=now), order_id=order_id, now=now)
    attempts.add_attempt(order_id=order_id, customer_id=customer_id, client=client, now=now)


@transactional
def forget_attempts(*, now: datetime) -> None:
    """Delete the attempts that no limit counts."""
    attempts.forget_attempts(before=now - _window())


def _account() -> Limit:
    return Limit(
        attempts=settings.PAYMENT_ATTEMPTS_PER_ACCOUNT,
        window=_window(),
        unpaid_orders=settings.UNPAID_ORDERS_PER_ACCOUNT,
    )


def _client() -> Limit:
    return Limit(
        attempts=settings.PAYMENT_ATTEMPTS_PER_CLIENT,
        window=_window(),
        unpaid_orders=settings.UNPAID_ORDERS_PER_CLIENT,
    )


def _window() -> timedelta:
    return timedelta(seconds=settings.PAYMENT_ATTEMPT_WINDOW_SECONDS)
