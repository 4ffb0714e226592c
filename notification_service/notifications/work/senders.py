"""Send deliveries: lease, mark, call the provider, settle. The provider is called outside any transaction.

`send_due` runs right after a commit and from a job. Each medium has its own threads, so that a slow SMS
gateway delays no mail.

A sender that is killed leaves its delivery in `sending`. When its lease has expired, another one sends it
again under the same Message-ID (or reference), by which the receiver can recognize the duplicate.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from prometheus_client import Counter

from chassis.core.context import Trace, tracing
from chassis.metrics import ROWS_FAILED
from chassis.transactions import database_is_away
from notifications import hints, queries, rendering
from notifications.commands import deliveries
from notifications.commands.devices import delete_device
from notifications.domain.content import is_outdated
from notifications.domain.delivery import CALL_TIME_LIMIT
from notifications.domain.notification_kind import Medium
from notifications.models import Contact, Delivery
from notifications.providers.port import AddressGone, Connection, Refused, TryLater, Unavailable
from notifications.providers.selection import provider_of
from notifications.providers.time_limit import send_with_time_limit

log = structlog.get_logger(__name__)

DELIVERIES = Counter("souk_deliveries_total", "Deliveries tried, by outcome.", ["medium", "outcome"])
#: Threads per medium.
THREADS = {Medium.EMAIL: 2, Medium.SMS: 1, Medium.PUSH: 1}

_stopping = threading.Event()


def send_due(medium: Medium) -> int:
    """Send what is due by this medium until nothing is left or the provider is unavailable; return the number sent."""
    sent = 0
    with provider_of(medium).connect() as connection:
        while True:
            batch = deliveries.lease_deliveries(medium=medium, now=timezone.now())
            contacts = Contact.objects.in_bulk({delivery.user_id for delivery in batch}) if batch else {}
            for delivery in batch:
                contact = contacts.get(delivery.user_id)
                outcome = "stopped" if _stopping.is_set() else _send(connection, delivery, contact)
                DELIVERIES.labels(medium, outcome).inc()
                sent += outcome == "sent"
                if outcome in {"away", "stopped"}:
                    deliveries.give_back(delivery.lease)
                    return sent
            if len(batch) < deliveries.BATCH:
                return sent


def _send(connection: Connection, delivery: Delivery, contact: Contact | None) -> str:
    tries = delivery.attempts
    with tracing(Trace(delivery.notification.correlation_id or str(delivery.id))):
        try:
            outcome = _attempt(connection, delivery, contact)
        except Exception as error:  # a broken template or an invalid value must not stop the other deliveries
            if isinstance(error, DatabaseError) and database_is_away():
                raise
            log.exception("delivery_failed", id=str(delivery.id), kind=delivery.notification.kind)
            ROWS_FAILED.labels("job.send_due_deliveries").inc()
            delivery.attempts = max(delivery.attempts, tries + 1)
            deliveries.schedule_retry(delivery, reason=repr(error).replace("\x00", ""), now=timezone.now())
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
        delivery.attempts += 1
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


class SenderPool:
    """The sender threads of one medium. At most as many runs are queued as there are threads."""

    def __init__(self, medium: Medium, threads: int) -> None:
        self.medium = medium
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"send-{medium}")
        self._queue = threading.Semaphore(threads)

    def wake(self) -> None:
        """Run `send_due` soon."""
        if self._queue.acquire(blocking=False):
            try:
                self._pool.submit(self._run)
            except RuntimeError:  # the pool is shutting down
                self._queue.release()

    def stop(self) -> None:
        """Drop the queued runs and wait for the others."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        self._queue.release()
        try:
            send_due(self.medium)
        except DatabaseError as error:
            log.warning("sender_database_unavailable", medium=self.medium, error=str(error))
            close_old_connections()
        except Exception:
            log.exception("sender_failed", medium=self.medium)


_pools: dict[str, SenderPool] = {}


def start() -> None:
    """Start the senders of this process."""
    _stopping.clear()
    _pools.update({medium.value: SenderPool(medium, threads) for medium, threads in THREADS.items()})
    hints.listen(wake)


def wake(medium: str) -> None:
    """Send what is due by this medium soon, if this process has senders."""
    if medium in _pools:
        _pools[medium].wake()


def stop() -> None:
    """Finish the calls in progress and release the other deliveries."""
    _stopping.set()
    for pool in _pools.values():
        pool.stop()
    _pools.clear()
