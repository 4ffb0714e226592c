"""The inbox: handle each message once, in a transaction, and retry the ones that fail.

Messages that wait together share a transaction; when one of them fails, each gets its own.
A message is acknowledged after its outcome is stored: done (ReceivedMessage), or failed with the time of the next try
(FailedMessage). After the last try it is a dead letter.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django.utils.module_loading import import_string
from uuid_utils.compat import uuid7

from chassis import codec, metrics, statements
from chassis.codec import UnreadableMessage
from chassis.core.context import Trace, tracing
from chassis.core.messages import Envelope
from chassis.inbox.handlers import Context, Handler, Loader
from chassis.inbox.models import FailedMessage, ReceivedMessage
from chassis.transactions import database_is_away, is_conflict, transactional
from chassis.watchdog import watchdog

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


class AlreadyReceived(Exception):
    """Another worker handles one of the messages at this moment."""


def receive(text: str, *, attempt: int = 1) -> Outcome:
    """Handle the envelope `text`. Raises DatabaseError only when the failure cannot be stored."""
    return _with_envelope(lambda envelope: _outcome(envelope, text, attempt), text)


def receive_all(texts: Sequence[str]) -> None:
    """Handle the envelopes in one transaction, or one by one when one of them fails.

    Raises DatabaseError only when a failure cannot be stored; then some of them may have been handled.
    """
    if len(texts) == 1 or not _handled_together(texts):
        for text in texts:
            watchdog.alive()
            receive(text)


def _handled_together(texts: Sequence[str]) -> bool:
    """Return whether all were handled in one transaction; otherwise nothing was."""
    try:
        envelopes = [codec.decode_envelope(text) for text in texts]
        outcomes = _handle(envelopes)
    except Exception as error:
        if isinstance(error, DatabaseError) and database_is_away():
            raise
        log.info("batch_divided", messages=len(texts), error=repr(error))
        return False
    for envelope, outcome in zip(envelopes, outcomes, strict=True):
        metrics.MESSAGES_RECEIVED.labels(envelope.type, outcome).inc()
    return True


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
    with tracing(_trace(envelope)):
        outcome = handle(envelope)
        metrics.MESSAGES_RECEIVED.labels(envelope.type, outcome).inc()
        return outcome


def _trace(envelope: Envelope) -> Trace:
    return Trace(envelope.correlationid, str(envelope.id), envelope.traceparent)


def _aside(envelope: Envelope, text: str) -> Outcome:
    if ReceivedMessage.objects.filter(id=envelope.id).exists():
        return Outcome.DUPLICATE
    return _keep(envelope, text, WorkerDied("The worker died while handling this message."), 1)


def handler_table() -> Mapping[str, Handler]:
    table: Mapping[str, Handler] = import_string(settings.MESSAGE_HANDLERS)
    return table


def _outcome(envelope: Envelope, text: str, attempt: int) -> Outcome:
    try:
        (outcome,) = _handle([envelope], again=attempt > 1)
    except AlreadyReceived:
        return Outcome.DUPLICATE
    except Exception as error:  # stored, shown to staff, and tried again
        if isinstance(error, DatabaseError) and database_is_away():
            raise
        return _keep(envelope, text, error, attempt)
    return outcome


@transactional
def _handle(envelopes: Sequence[Envelope], *, again: bool = False) -> list[Outcome]:
    """Handle the envelopes in their order, and return the outcome of each. Raises what the first that fails raises.

    `again`: they failed before, and this is their next try.
    """
    outcomes = _settled([envelope.id for envelope in envelopes], again=again)
    new = {envelope.id: envelope for envelope in envelopes if envelope.id not in outcomes}
    now = timezone.now()
    _mark_received(new.values(), now)
    work = [(*_read(envelope), envelope) for envelope in new.values()]
    _load([(handler, message) for handler, message, _ in work])
    for handler, message, envelope in work:
        with tracing(_trace(envelope)), metrics.message_timer(envelope.type), metrics.cpu_timer("handlers"):
            _call(handler, message, envelope, now)
    outcomes.update(dict.fromkeys(new, Outcome.DONE))
    return [outcomes[envelope.id] for envelope in envelopes]


def _settled(ids: Sequence[UUID], *, again: bool) -> dict[UUID, Outcome]:
    """Return the outcomes of the messages that were handled before, or whose next try is scheduled."""
    handled = statements.existing(ReceivedMessage, "id", ids)
    failed = statements.existing(FailedMessage, "id", ids)
    if over := failed if again else failed & handled:
        FailedMessage.objects.filter(id__in=over).delete()
    return dict.fromkeys(failed - over, Outcome.FAILED) | dict.fromkeys(handled, Outcome.DUPLICATE)


def _read(envelope: Envelope) -> tuple[Handler, object]:
    handler = handler_table().get(envelope.type)
    if handler is None:
        raise UnreadableMessage(f"no handler for {envelope.type}")
    return handler, codec.read(envelope.data, handler.shape)


def _load(work: Sequence[tuple[Handler, object]]) -> None:
    """Read in one statement what the handlers would read one by one."""
    messages: dict[Loader, list[object]] = {}
    for handler, message in work:
        if handler.load is not None:
            messages.setdefault(handler.load, []).append(message)
    for load, its_messages in messages.items():
        load(its_messages)


def _call(handler: Handler, message: object, envelope: Envelope, now: datetime) -> None:
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
    log.debug("message_handled", type=envelope.type, subject=envelope.subject)


def _mark_received(envelopes: Iterable[Envelope], now: datetime) -> None:
    rows = [
        ReceivedMessage(
            id=envelope.id,
            type=envelope.type,
            subject=envelope.subject,
            correlation_id=envelope.correlationid,
            received_at=now,
        )
        for envelope in envelopes
    ]
    try:
        statements.insert(rows)
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
