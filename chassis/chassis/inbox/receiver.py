"""The inbox: handle each message once, in one transaction, and retry the ones that fail.

A message is acknowledged after its outcome is stored: done (ReceivedMessage), or failed with the time of the next try
(FailedMessage). After the last try it is a dead letter.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django.utils.module_loading import import_string
from uuid_utils.compat import uuid7

from chassis import codec, metrics
from chassis.codec import UnreadableMessage
from chassis.core.context import Trace, tracing
from chassis.core.messages import Envelope
from chassis.inbox.handlers import Context, Handler
from chassis.inbox.models import FailedMessage, ReceivedMessage
from chassis.transactions import database_is_away, is_conflict, transactional

log = structlog.get_logger(__name__)

#: Seconds before the second, third ... try. A message that fails every time is parked after the last.
RETRY_AFTER = (1, 2, 4, 8, 15)


class Outcome(StrEnum):
    DONE = "done"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    PARKED = "parked"


class WorkerDied(Exception):
    """The worker died while handling this message."""


class RetryScheduled(Exception):
    """The message failed before, or its worker died, and its next try is scheduled."""


class AlreadyReceived(Exception):
    """The message was handled before."""


def receive(text: str, *, attempt: int = 1) -> Outcome:
    """Handle the envelope `text`. Raises DatabaseError only when the failure cannot be stored."""
    return _with_envelope(lambda envelope: _outcome(envelope, text, attempt), text)


def set_aside(text: str) -> Outcome:
    """Store a message that is redelivered because its worker died, and schedule a separate try.

    Each try is counted before it begins, so that a message that kills its worker is parked like any other that fails,
    without losing messages next to it.
    """
    return _with_envelope(lambda envelope: _aside(envelope, text), text)


def _with_envelope(handle: Callable[[Envelope], Outcome], text: str) -> Outcome:
    try:
        envelope = codec.decode_envelope(text)
    except UnreadableMessage as error:
        return _keep_unreadable(text, error)
    trace = Trace(envelope.correlationid, str(envelope.id), envelope.traceparent)
    with tracing(trace):
        with metrics.message_timer(envelope.type):
            outcome = handle(envelope)
        metrics.MESSAGES_RECEIVED.labels(envelope.type, outcome).inc()
        return outcome


def _aside(envelope: Envelope, text: str) -> Outcome:
    if ReceivedMessage.objects.filter(id=envelope.id).exists():
        return Outcome.DUPLICATE
    return _keep(envelope, text, WorkerDied("The worker died while handling this message."), 1)


def handler_table() -> Mapping[str, Handler]:
    table: Mapping[str, Handler] = import_string(settings.MESSAGE_HANDLERS)
    return table


def _outcome(envelope: Envelope, text: str, attempt: int) -> Outcome:
    try:
        _handle(envelope, again=attempt > 1)
    except AlreadyReceived:
        FailedMessage.objects.filter(id=envelope.id).delete()
        return Outcome.DUPLICATE
    except RetryScheduled:
        return Outcome.FAILED
    except Exception as error:  # stored, shown to staff, and tried again
        if isinstance(error, DatabaseError) and database_is_away():
            raise
        return _keep(envelope, text, error, attempt)
    return Outcome.DONE


@transactional
def _handle(envelope: Envelope, *, again: bool) -> None:
    handler = handler_table().get(envelope.type)
    if handler is None:
        raise UnreadableMessage(f"no handler for {envelope.type}")
    now = timezone.now()
    _mark_received(envelope, now)
    known, _ = FailedMessage.objects.filter(id=envelope.id).delete()
    if known and not again:
        raise RetryScheduled
    message: object = codec.read(envelope.data, handler.shape)
    handler.function(
        message,
        Context(
            now=now,
            sent_at=envelope.time,
            message_id=envelope.id,
            type=envelope.type,
            subject=envelope.subject,
            version=envelope.aggregateversion,
            correlation_id=envelope.correlationid,
        ),
    )
    log.info("message_handled", type=envelope.type, subject=envelope.subject)


def _mark_received(envelope: Envelope, now: datetime) -> None:
    row = ReceivedMessage(
        id=envelope.id,
        type=envelope.type,
        subject=envelope.subject,
        correlation_id=envelope.correlationid,
        received_at=now,
    )
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        if is_conflict(error):
            raise
        raise AlreadyReceived from error


@transactional
def _keep(envelope: Envelope, text: str, error: Exception, attempt: int) -> Outcome:
    now = timezone.now()
    failed = FailedMessage.objects.filter(id=envelope.id).first()
    attempts = max(failed.attempts if failed else 0, attempt)  # the same message may be delivered again
    values = {
        "type": envelope.type,
        "subject": envelope.subject,
        "correlation_id": envelope.correlationid,
        "envelope": text,
        "error": "".join(traceback.format_exception(error)).replace("\x00", "")[-4000:],
        "attempts": attempts,
        "failed_at": now,
        **_next_try(attempts, now),
    }
    FailedMessage.objects.update_or_create(id=envelope.id, defaults=values)
    event = "message_parked" if values["parked_at"] else "message_failed"
    log.warning(event, type=envelope.type, subject=envelope.subject, attempts=attempts, error=repr(error))
    return Outcome.PARKED if values["parked_at"] else Outcome.FAILED


def _next_try(attempts: int, now: datetime) -> dict[str, datetime | None]:
    if attempts > len(RETRY_AFTER):
        return {"next_try_at": None, "parked_at": now}
    return {"next_try_at": now + timedelta(seconds=RETRY_AFTER[attempts - 1]), "parked_at": None}


def _keep_unreadable(text: str, error: UnreadableMessage) -> Outcome:
    now = timezone.now()
    FailedMessage.objects.create(
        id=uuid7(), type="unreadable", envelope=text, error=str(error), attempts=1, failed_at=now, parked_at=now
    )
    log.error("message_unreadable", error=str(error))
    return Outcome.PARKED


def last_received_at() -> datetime:
    """Return when a message was last handled, or now. The messages in the queue were sent then or later."""
    newest = ReceivedMessage.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    return min(newest or timezone.now(), timezone.now())


def retry_due(*, now: datetime, limit: int = 100) -> int:
    """Retry the messages that are due, one by one, and return their number. Safe to run concurrently."""
    due = list(FailedMessage.objects.filter(next_try_at__lte=now).order_by("next_try_at")[:limit])
    for row in due:
        attempt = row.attempts + 1
        # Counted before: the message may kill this process.
        FailedMessage.objects.filter(id=row.id).update(attempts=attempt, **_next_try(attempt, timezone.now()))
        try:
            receive(row.envelope, attempt=attempt)
        except Exception:  # its failure cannot be stored; it is due again after the others
            if database_is_away():
                raise
            log.exception("message_not_stored", id=str(row.id), type=row.type)
    return len(due)


def replay(ids: list[UUID]) -> dict[UUID, Outcome]:
    """Retry dead letters now. A message that fails again is parked at once."""
    rows = FailedMessage.objects.filter(id__in=ids)
    return {row.id: receive(row.envelope, attempt=row.attempts + 1) for row in rows}


def forget(ids: list[UUID]) -> int:
    """Delete dead letters and return their number. The log keeps their ids and types."""
    rows = FailedMessage.objects.filter(id__in=ids).exclude(parked_at=None)
    for row in rows:
        log.warning("message_forgotten", id=str(row.id), type=row.type, subject=row.subject)
    count, _ = FailedMessage.objects.filter(id__in=[row.id for row in rows]).delete()
    return count
