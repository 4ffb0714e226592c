"""Sending: lease due deliveries, mark, talk to the provider, settle. Never inside a transaction.

The same few lines run right after a commit (a hint), from the beat job (the fallback) and in tests.
Each medium has a lane of its own, so that a slow SMS gateway delays no mail, and none of them an order.

A sender that is killed leaves its delivery in `sending`. When the lease has run out another one
sends it again under the same Message-ID (or reference), by which the far side can tell.
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
from notifications.commands import delivering
from notifications.commands.preferences import forget_device
from notifications.domain.catalogue import Medium, is_outdated
from notifications.domain.delivery import LONGEST_CONVERSATION
from notifications.models import Contact, Delivery
from notifications.providers.chosen import provider_of
from notifications.providers.limits import send_within
from notifications.providers.port import AddressGone, Connection, RefusedForGood, TryLater, Unavailable

log = structlog.get_logger(__name__)

DELIVERIES = Counter("souk_deliveries_total", "Deliveries tried, by outcome.", ["medium", "outcome"])
SENDERS = {Medium.EMAIL: 2, Medium.SMS: 1, Medium.PUSH: 1}

_stopping = threading.Event()


def drain(medium: Medium) -> int:
    """Send all that is due by this medium, until nothing is left or the provider is away; how many were sent."""
    sent = 0
    with provider_of(medium).connect() as connection:
        while True:
            batch = delivering.lease_deliveries(medium=medium, now=timezone.now())
            contacts = Contact.objects.in_bulk({delivery.user_id for delivery in batch}) if batch else {}
            for delivery in batch:
                contact = contacts.get(delivery.user_id)
                outcome = "stopped" if _stopping.is_set() else _send(connection, delivery, contact)
                DELIVERIES.labels(medium, outcome).inc()
                sent += outcome == "sent"
                if outcome in {"away", "stopped"}:
                    delivering.give_back(delivery.lease)
                    return sent
            if len(batch) < delivering.BATCH:
                return sent


def _send(connection: Connection, delivery: Delivery, contact: Contact | None) -> str:
    tries = delivery.attempts
    with tracing(Trace(delivery.notification.correlation_id or str(delivery.id))):
        try:
            outcome = _attempt(connection, delivery, contact)
        except Exception as error:  # a broken template, or a value that no column takes, must not stop the lane
            if isinstance(error, DatabaseError) and database_is_away():
                raise
            log.exception("delivery_failed", id=str(delivery.id), kind=delivery.notification.kind)
            ROWS_FAILED.labels("job.send_due_deliveries").inc()
            delivery.attempts = max(delivery.attempts, tries + 1)
            delivering.put_off(delivery, reason=repr(error).replace("\x00", ""), now=timezone.now())
            outcome = "later"
        log.info("delivery", id=str(delivery.id), kind=delivery.notification.kind, outcome=outcome)
    return outcome


def _attempt(connection: Connection, delivery: Delivery, contact: Contact | None) -> str:
    if is_outdated(delivery.notification.facts, now=timezone.now()):
        delivering.settle_dropped(delivery, reason="its link has expired", now=timezone.now())
        return "dropped"
    if not queries.is_wanted(delivery):
        delivering.settle_dropped(delivery, reason="the customer does not want it any more", now=timezone.now())
        return "dropped"
    target = delivery.target or (contact.email if contact else "")
    if not target:
        delivery.attempts += 1
        delivering.put_off(delivery, reason="no address is known yet", now=timezone.now())
        return "later"
    try:
        message = rendering.message_of(delivery, contact, target=target)
        if not delivering.mark_sending(delivery, target=target, now=timezone.now()):
            return "lost"
        answer = send_within(connection, message, seconds=LONGEST_CONVERSATION.total_seconds())
        delivering.settle_sent(delivery, answer=answer, now=timezone.now())
    except RefusedForGood as error:
        if isinstance(error, AddressGone):
            forget_device(token=target)
        delivering.settle_refused(delivery, reason=str(error), now=timezone.now())
        return "refused"
    except TryLater as error:
        away = isinstance(error, Unavailable)
        delivering.put_off(delivery, reason=str(error), now=timezone.now(), away=away)
        return "away" if away else "later"
    return "sent"


class Lane:
    """A few threads for one medium. At most as many runs wait as there are threads."""

    def __init__(self, medium: Medium, threads: int) -> None:
        self.medium = medium
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"send-{medium}")
        self._waiting = threading.Semaphore(threads)

    def wake(self) -> None:
        if self._waiting.acquire(blocking=False):
            try:
                self._pool.submit(self._run)
            except RuntimeError:  # it is being shut down
                self._waiting.release()

    def stop(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        self._waiting.release()
        try:
            drain(self.medium)
        except DatabaseError as error:
            log.warning("sender_waits", medium=self.medium, error=str(error))
            close_old_connections()
        except Exception:
            log.exception("sender_failed", medium=self.medium)


_lanes: dict[str, Lane] = {}


def start() -> None:
    """In the worker: send from now on when a hint comes."""
    _stopping.clear()
    _lanes.update({medium.value: Lane(medium, threads) for medium, threads in SENDERS.items()})
    hints.when_to_send(wake)


def wake(medium: str) -> None:
    """Have a look, soon, in a thread of the lane."""
    if medium in _lanes:
        _lanes[medium].wake()


def stop() -> None:
    """Finish the conversations that have begun; give the rest back."""
    _stopping.set()
    for lane in _lanes.values():
        lane.stop()
    _lanes.clear()
