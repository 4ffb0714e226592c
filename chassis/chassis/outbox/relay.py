"""The relay: sends recorded messages to the broker, in order for each aggregate, and loses none.

It leases rows by a conditional update (the same on every engine), publishes outside any transaction with confirms,
then marks them sent. A crash in between leads to a duplicate, which the inbox ignores. Any number of relays may run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.db import Error as DjangoDatabaseError
from django.db import close_old_connections, models
from django.db.models import QuerySet
from django.utils import timezone

from chassis import heartbeat, metrics
from chassis.inbox import receiver
from chassis.outbox import hints
from chassis.outbox.models import FREE, OutboxMessage
from chassis.outbox.sinks import MessageRejected, Sink, SinkUnavailable
from chassis.prepared import Prepared
from chassis.watchdog import watchdog

log = structlog.get_logger(__name__)

BATCH = 100
#: After this time other relays may send the batch of one that died.
LEASE = timedelta(seconds=10)
#: Seconds between polls without a hint.
POLL_INTERVAL = 1.0
#: Seconds to wait for more messages: a batch of one costs as much as a batch of twenty.
GATHER = 0.01
#: Seconds between two checks of the marker.
BROKER_CHECK = 5.0
LONGEST_BACKOFF = 30.0
#: Seconds for the other services to notice an empty broker, too. Longer than a publisher caches bindings: a resend
#: must find our queue.
SETTLE = BROKER_CHECK + 1.0
#: Messages sent within this period may have been lost with the broker.
LOST = timedelta(hours=6)
#: The columns that sending needs.
_READ = ("id", "type", "subject", "version", "mandatory", "envelope", "lease", "attempts")

_TIME, _ID = models.DateTimeField(), models.UUIDField()

_DUE = Prepared(
    lambda now: (
        OutboxMessage.objects.filter(sent_at=None, held_until__lte=now)
        .order_by("version")
        .values_list("id", "subject", "version")[:BATCH]
    ),
    now=_TIME,
)
_LEASE_DUE = Prepared(
    lambda ids, now, **_: OutboxMessage.objects.filter(id__in=ids, sent_at=None, held_until__lte=now),
    lambda lease, until, **_: {"lease": lease, "held_until": until},
    ids=_ID,
    now=_TIME,
    lease=_ID,
    until=_TIME,
)
_UNSENT = Prepared(
    lambda subjects, newest: (
        OutboxMessage.objects.filter(sent_at=None, subject__in=subjects, version__lte=newest)
        .order_by("version")
        .values_list(*_READ)
    ),
    subjects=models.CharField(),
    newest=models.BigIntegerField(),
)
_MARK_SENT = Prepared(
    lambda ids, **_: OutboxMessage.objects.filter(id__in=ids),
    lambda now, **_: {"sent_at": now, "lease": None},
    ids=_ID,
    now=_TIME,
)


class Relay:
    """Sends messages `forever`, or `once` in a test."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks
        self._checked_at: float | None = None

    def once(self) -> int:
        """Send what is due and return the number of messages sent. Raises SinkUnavailable after returning the rest."""
        rows = self._take(uuid4())
        sent: list[UUID] = []
        try:
            for row in self._sent(rows):
                sent.append(row.id)
        finally:
            if sent:
                _MARK_SENT.update(ids=sent, now=timezone.now())
            if len(sent) < len(rows):
                self._release(rows)
        return len(sent)

    def forever(self, stop: threading.Event) -> None:
        """Send until `stop` is set. No error ends it: an unavailable broker or database, a full disk, a bug."""
        with watchdog.watching("relay"):
            backoff, self._checked_at = 0.5, None
            while not stop.is_set():
                watchdog.alive()
                heartbeat.beat("relay")
                try:
                    self._pass(stop)
                    backoff = 0.5
                except Exception as error:
                    expected = isinstance(error, SinkUnavailable | DjangoDatabaseError | OSError)
                    log.warning("relay_waits", error=str(error), seconds=backoff, exc_info=not expected)
                    close_old_connections()
                    self._checked_at = None
                    stop.wait(backoff)
                    backoff = min(backoff * 2, LONGEST_BACKOFF)

    def _pass(self, stop: threading.Event) -> None:
        now = time.monotonic()
        if self._checked_at is None or now - self._checked_at >= BROKER_CHECK:
            self._check_sinks(stop)
            self._checked_at = time.monotonic()
        with metrics.cpu_timer("relay"):
            sent = self.once()
        if sent < BATCH:
            hints.wait(POLL_INTERVAL, gather=GATHER)

    def _take(self, lease: UUID) -> list[OutboxMessage]:
        """Lease what is due; for each subject keep the continuous run from its oldest unsent message."""
        now = timezone.now()
        wanted = _DUE.rows(now=now)
        if not wanted:
            return []
        ids, subjects, versions = map(list, zip(*wanted, strict=True))
        _LEASE_DUE.update(ids=ids, now=now, lease=lease, until=now + LEASE)
        broken: set[str] = set()
        run: list[OutboxMessage] = []
        # Newer ones do not matter, and there may be many.
        for columns in _UNSENT.rows(subjects=list(dict.fromkeys(subjects)), newest=versions[-1]):
            row = OutboxMessage(**dict(zip(_READ, columns, strict=True)))
            if row.lease != lease:
                broken.add(row.subject)
            elif row.subject not in broken:
                run.append(row)
        kept = {row.id for row in run}
        if len(kept) < len(wanted):
            OutboxMessage.objects.filter(lease=lease).exclude(id__in=kept).update(lease=None, held_until=FREE)
        return run

    def _sent(self, rows: Sequence[OutboxMessage]) -> Iterator[OutboxMessage]:
        """Send the rows and yield each one that all sinks have stored."""
        *others, last = self.sinks
        for sink in others:
            rows = list(self._stored(sink, rows))
        yield from self._stored(last, rows)

    def _stored(self, sink: Sink, rows: Sequence[OutboxMessage]) -> Iterator[OutboxMessage]:
        for row, refusal in sink.send_all(rows):
            if refusal is None:
                yield row
            else:
                self._back_off(row, refusal)

    def _back_off(self, row: OutboxMessage, refusal: MessageRejected) -> None:
        """Delay the message, and with it all later ones of its subject."""
        seconds = min(2.0**row.attempts, LONGEST_BACKOFF)
        OutboxMessage.objects.filter(id=row.id).update(
            lease=None,
            held_until=timezone.now() + timedelta(seconds=seconds),
            attempts=row.attempts + 1,
            error=str(refusal)[:2000],
        )
        log.warning("message_rejected", type=row.type, subject=row.subject, error=str(refusal), seconds=seconds)

    def _release(self, rows: list[OutboxMessage]) -> None:
        """Release the rows that this relay still leases."""
        leases = {row.lease for row in rows}
        OutboxMessage.objects.filter(lease__in=leases, sent_at=None).update(lease=None, held_until=FREE)

    def _check_sinks(self, stop: threading.Event) -> None:
        """When a sink has lost its messages, resend ours and request those of the other services.

        Most others have declared their queues again by then. A later one sends its own request.
        """
        for sink in self.sinks:
            if not sink.check() and not stop.wait(SETTLE):
                rewind(LOST)
                sink.introduce(missed_since=receiver.last_received_at() - LOST)


def rewind(period: timedelta) -> int:
    """Mark all messages sent within `period` as unsent and return their number."""
    return send_again(OutboxMessage.objects.filter(sent_at__gte=timezone.now() - period))


def send_again(sent: QuerySet[OutboxMessage]) -> int:
    """Mark the messages as unsent and return their number. Consumers ignore duplicates."""
    count = sent.update(sent_at=None, lease=None, held_until=FREE)
    log.warning("outbox_rewound", messages=count)
    return count
