"""The relay: takes recorded messages to the broker, each aggregate's in order, none lost.

It leases rows by a conditional update (the same on every engine), publishes outside any
transaction with confirms, then marks them sent. A crash in between makes a duplicate, which the
inbox swallows. Any number of relays may run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.db import Error as DjangoDatabaseError
from django.db import close_old_connections
from django.db.models import QuerySet
from django.utils import timezone

from chassis import heartbeat
from chassis.inbox import receiver
from chassis.outbox import hints
from chassis.outbox.models import FREE, OutboxMessage
from chassis.outbox.sinks import NotSent, Refused, Sink
from chassis.watchdog import watchdog

log = structlog.get_logger(__name__)

BATCH = 100
#: How long a relay that died keeps its batch from the others.
LEASE = timedelta(seconds=10)
#: Seconds between looks when nothing wakes the relay.
PATIENCE = 1.0
#: Seconds to let others record their messages too: one that is taken alone costs as much as twenty together.
GATHER = 0.01
#: Seconds between two looks at whether the broker still knows us.
BROKER_CHECK = 5.0
LONGEST_BACKOFF = 30.0
#: Seconds for the others to see, too, that the broker is empty. Longer than a publisher believes what it knows of
#: queues (`redis_transport`): who sends again when we ask must find ours.
SETTLE = BROKER_CHECK + 1.0
#: What was sent so recently may have been in the broker.
LOST = timedelta(hours=6)


class Relay:
    """Run `forever`, or `once` in a test."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks
        self._checked_at: float | None = None

    def once(self) -> int:
        """Send what is due; how many were sent. Raises NotSent after putting the rest back."""
        rows = self._take(uuid4())
        sent: list[UUID] = []
        refused: dict[str, Refused] = {}
        try:
            for row in rows:
                if row.subject in refused:
                    continue
                try:
                    self._send(row)
                except Refused as refusal:
                    refused[row.subject] = refusal
                    self._back_off(row, refusal)
                else:
                    sent.append(row.id)
        finally:
            OutboxMessage.objects.filter(id__in=sent).update(sent_at=timezone.now(), lease=None)
            if len(sent) < len(rows):
                self._put_back(rows)
        return len(sent)

    def forever(self, stop: threading.Event) -> None:
        """Send until `stop` is set. Nothing that goes wrong ends it: broker or database away, a full disk, a fault."""
        with watchdog.watching("relay"):
            backoff, self._checked_at = 0.5, None
            while not stop.is_set():
                watchdog.alive()
                heartbeat.beat("relay")
                try:
                    self._pass(stop)
                    backoff = 0.5
                except Exception as error:
                    expected = isinstance(error, NotSent | DjangoDatabaseError | OSError)
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
        if self.once() < BATCH:
            hints.wait(PATIENCE, gather=GATHER)

    def _take(self, lease: UUID) -> list[OutboxMessage]:
        """Lease what is due and keep, for each subject, the unbroken run from its oldest unsent message."""
        now = timezone.now()
        due = OutboxMessage.objects.filter(sent_at=None, held_until__lte=now)
        wanted = dict(due.order_by("version").values_list("id", "subject")[:BATCH])
        if not wanted:
            return []
        due.filter(id__in=wanted).update(lease=lease, held_until=now + LEASE)
        unsent = OutboxMessage.objects.filter(sent_at=None, subject__in=set(wanted.values())).order_by("version")
        broken: set[str] = set()
        run: list[OutboxMessage] = []
        for row in unsent:
            if row.lease != lease:
                broken.add(row.subject)
            elif row.subject not in broken:
                run.append(row)
        kept = {row.id for row in run}
        if len(kept) < len(wanted):
            OutboxMessage.objects.filter(lease=lease).exclude(id__in=kept).update(lease=None, held_until=FREE)
        return run

    def _send(self, row: OutboxMessage) -> None:
        for sink in self.sinks:
            sink.send(row)

    def _back_off(self, row: OutboxMessage, refusal: Refused) -> None:
        """Hold it, and so everything later of its subject, for a while."""
        seconds = min(2.0**row.attempts, LONGEST_BACKOFF)
        OutboxMessage.objects.filter(id=row.id).update(
            lease=None,
            held_until=timezone.now() + timedelta(seconds=seconds),
            attempts=row.attempts + 1,
            error=str(refusal)[:2000],
        )
        log.warning("message_refused", type=row.type, subject=row.subject, error=str(refusal), seconds=seconds)

    def _put_back(self, rows: list[OutboxMessage]) -> None:
        """Free what is still leased by us."""
        leases = {row.lease for row in rows}
        OutboxMessage.objects.filter(lease__in=leases, sent_at=None).update(lease=None, held_until=FREE)

    def _check_sinks(self, stop: threading.Event) -> None:
        """When a sink has lost everything: send again what it had, and ask the others for what they sent to us.

        Most others have declared their queues anew by then. Whoever comes later asks us in turn.
        """
        for sink in self.sinks:
            if not sink.check() and not stop.wait(SETTLE):
                rewind(LOST)
                sink.introduce(missed_since=receiver.last_received_at() - LOST)


def rewind(period: timedelta) -> int:
    """Send again all that was sent within `period`; how many."""
    return send_again(OutboxMessage.objects.filter(sent_at__gte=timezone.now() - period))


def send_again(sent: QuerySet[OutboxMessage]) -> int:
    """Mark them as unsent; how many. Consumers drop what they have had."""
    count = sent.update(sent_at=None, lease=None, held_until=FREE)
    log.warning("outbox_rewound", messages=count)
    return count
