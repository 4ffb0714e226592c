"""Send deliveries: lease a batch, call the provider for each, settle. The provider is called outside any transaction.

Each medium has its own threads, so that a slow SMS gateway delays no mail.

A sender that is killed leaves its delivery in `sending`. When its lease has expired, another one sends it
again under the same Message-ID (or reference), by which the receiver can recognize the duplicate.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone
from prometheus_client import Counter

from chassis.core.context import Trace, tracing
from chassis.jobs import limit_due_time
from chassis.metrics import ROWS_FAILED
from chassis.transactions import database_is_away
from chassis.watchdog import watchdog
from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.pool import Pool
from chassis.work.running import WorkTable
from notifications import queries, rendering
from notifications.commands import deliveries
from notifications.commands.devices import delete_device
from notifications.domain.content import is_outdated
from notifications.domain.delivery import CALL_TIME_LIMIT, FIRST_PAUSE, LONGEST_PAUSE, LONGEST_QUIET_TIME, SENDING_LEASE
from notifications.domain.notification_kind import Medium
from notifications.models import Contact, Delivery
from notifications.providers.port import AddressGone, Connection, Refused, TryLater, Unavailable
from notifications.providers.selection import provider_of
from notifications.providers.time_limit import send_with_time_limit

log = structlog.get_logger(__name__)

DELIVERIES = Counter("souk_deliveries_total", "Deliveries tried, by outcome.", ["medium", "outcome"])
#: Threads per medium.
THREADS = {Medium.EMAIL: 2, Medium.SMS: 1, Medium.PUSH: 1}

_started, _stopping = threading.Event(), threading.Event()


@dataclass(frozen=True, kw_only=True, eq=False)
class Senders(WorkTable[Delivery]):
    """Sends what is due by a medium in batches, on threads of that medium. Its keys are media, not deliveries."""

    pools: Mapping[str, Pool]

    def unfinished(self) -> QuerySet[Delivery]:
        return queries.unfinished_deliveries()

    def run_soon(self, key: Any) -> bool:
        pool = self.pools.get(key)
        return pool is not None and self._submit(pool, key, partial(send_due, Medium(key)))

    def run_due(self, *, now: datetime) -> None:
        for medium in queries.media_with_due_deliveries(now):
            self.run_soon(medium)


def _threads(medium: Medium) -> int:
    return THREADS[medium] if _started.is_set() else 0


SENDERS = Senders(
    model=Delivery,
    pools={medium.value: Pool(f"send-{medium}", partial(_threads, medium)) for medium in Medium},
    job="send_due_deliveries",
    every=5,
    lease=SENDING_LEASE,
    backoff=Backoff(FIRST_PAUSE, LONGEST_PAUSE),
    longest=LONGEST_QUIET_TIME,
)
# A first attempt may wait for the end of quiet hours; a repeated one never waits that long.
limit_due_time(lambda: queries.unfinished_deliveries().filter(attempts__gt=0), "due_at", longest=LONGEST_PAUSE)


def start() -> None:
    """Send in this process from now on."""
    _stopping.clear()
    _started.set()


def interrupt() -> None:
    """Begin no more calls in this process: what is leased and not started is released."""
    _stopping.set()


def send_due(medium: Medium) -> int:
    """Send what is due by this medium until nothing is left or the provider is unavailable; return the number sent."""
    sent = 0
    with provider_of(medium).connect() as connection:
        while True:
            batch = deliveries.lease_deliveries(medium=medium, now=timezone.now())
            contacts = Contact.objects.in_bulk({delivery.user_id for delivery in batch}) if batch else {}
            for index, delivery in enumerate(batch):
                watchdog.alive()
                contact = contacts.get(delivery.user_id)
                outcome = "stopped" if _stopping.is_set() else _send(connection, delivery, contact)
                DELIVERIES.labels(medium, outcome).inc()
                sent += outcome == "sent"
                if outcome in {"away", "stopped"}:
                    leasing.give_back(batch[index:])
                    return sent
            if len(batch) < deliveries.BATCH:
                return sent


def _send(connection: Connection, delivery: Delivery, contact: Contact | None) -> str:
    with tracing(Trace(delivery.notification.correlation_id or str(delivery.id))):
        try:
            outcome = _attempt(connection, delivery, contact)
        except Exception as error:  # a broken template or an invalid value must not stop the other deliveries
            if isinstance(error, DatabaseError) and database_is_away():
                raise
            log.exception("delivery_failed", id=str(delivery.id), kind=delivery.notification.kind)
            ROWS_FAILED.labels("job.send_due_deliveries").inc()
            deliveries.schedule_retry(delivery, reason=repr(error), now=timezone.now())
            outcome = "later"
        log.info("delivery", id=str(delivery.id), kind=delivery.notification.kind, outcome=outcome)
    return outcome


def _attempt(connection: Connection, delivery: Delivery, contact: Contact | None) -> str:
    if is_outdated(delivery.notification.facts, now=timezone.now()):
        deliveries.settle_dropped(delivery, reason="its link has expired", now=timezone.now())
        return "dropped"
    if not queries.is_wanted(delivery):
        deliveries.settle_dropped(delivery, reason="the customer no longer wants it", now=timezone.now())
        return "dropped"
    target = delivery.target or (contact.email if contact else "")
    if not target:
        deliveries.schedule_retry(delivery, reason="no address is known yet", now=timezone.now())
        return "later"
    try:
        message = rendering.message_of(delivery, contact, target=target)
        if not deliveries.mark_sending(delivery, target=target, now=timezone.now()):
            return "lost"
        answer = send_with_time_limit(connection, message, seconds=CALL_TIME_LIMIT.total_seconds())
        deliveries.settle_sent(delivery, answer=answer, now=timezone.now())
    except Refused as error:
        if isinstance(error, AddressGone):
            delete_device(token=target)
        deliveries.settle_refused(delivery, reason=str(error), now=timezone.now())
        return "refused"
    except TryLater as error:
        away = isinstance(error, Unavailable)
        deliveries.schedule_retry(delivery, reason=str(error), now=timezone.now(), unavailable=away)
        return "away" if away else "later"
    return "sent"
