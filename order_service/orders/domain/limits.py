"""The limits on attempts to pay and on unpaid orders. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from chassis.core.errors import DomainError, Kind


class TooManyPaymentAttempts(DomainError):
    """There were too many attempts to pay; please wait before the next one."""

    code, kind = "too_many_payment_attempts", Kind.TOO_MANY


class PaymentAttemptsUsedUp(DomainError):
    """This order has no attempt to pay left; it is canceled when the time to pay is over."""

    code, kind = "payment_attempts_used_up", Kind.CONFLICT


class TooManyUnpaidOrders(DomainError):
    """There are too many orders that wait for their payment; pay for them or cancel them first."""

    code, kind = "too_many_unpaid_orders", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt to pay that was not approved. `is_open`: its order still waits for its payment."""

    order_id: UUID
    made_at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The limits for one account or one client. Approved attempts do not count."""

    attempts: int
    window: timedelta
    unpaid_orders: int

    def check(self, made: Sequence[Attempt], *, order_id: UUID, now: datetime) -> None:
        """Raise TooManyUnpaidOrders or TooManyPaymentAttempts (with `retry_after` in seconds)."""
        unpaid = {attempt.order_id for attempt in made if attempt.is_open} | {order_id}
        if len(unpaid) > self.unpaid_orders:
            raise TooManyUnpaidOrders(limit=self.unpaid_orders)
        recent = sorted(attempt.made_at for attempt in made if attempt.made_at > now - self.window)
        if len(recent) >= self.attempts:
            free_at = recent[-self.attempts] + self.window
            raise TooManyPaymentAttempts(retry_after=max(1, ceil((free_at - now).total_seconds())))


def network_of(address: str) -> str:
    """Return the network that usually belongs to one client: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
