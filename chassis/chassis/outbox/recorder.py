"""Recording of messages in the outbox, the only way to send one."""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from chassis import codec
from chassis.core import context
from chassis.core.messages import Envelope, MessageKind, message_type
from chassis.outbox import hints
from chassis.outbox.models import OutboxMessage
from chassis.transactions import after_commit, transactional


@transactional
def record(messages: Iterable[object]) -> list[Envelope]:
    """Write the messages in the open transaction; the relay sends them in this order.

    The trace is that of the current work. Messages of one subject get increasing versions.
    """
    trace, now = context.current(), timezone.now()
    rows: list[OutboxMessage] = []
    envelopes: list[Envelope] = []
    versions: dict[str, int] = {}
    for message in messages:
        declared = message_type(message)
        subject = str(getattr(message, declared.subject))
        versions[subject] = _next_version(subject, versions.get(subject))
        envelope = Envelope(
            id=uuid7(),
            source=settings.SERVICE_NAME,
            type=declared.name,
            subject=subject,
            time=now,
            data=codec.data_of(message),
            correlationid=trace.correlation_id,
            causationid=trace.causation_id,
            aggregateversion=versions[subject],
            traceparent=trace.traceparent,
        )
        envelopes.append(envelope)
        rows.append(_row(envelope, mandatory=declared.kind is MessageKind.COMMAND))
    if rows:
        OutboxMessage.objects.bulk_create(rows)
        after_commit(hints.send)
    return envelopes


def _next_version(subject: str, last: int | None) -> int:
    if last is None:
        newest = OutboxMessage.objects.filter(subject=subject).order_by("-version")  # cheaper than Max()
        last = next(iter(newest.values_list("version", flat=True)[:1]), 0)
    return max(last + 1, time.time_ns() // 1000)


def _row(envelope: Envelope, *, mandatory: bool) -> OutboxMessage:
    return OutboxMessage(
        id=envelope.id,
        type=envelope.type,
        subject=envelope.subject,
        version=envelope.aggregateversion,
        correlation_id=envelope.correlationid,
        mandatory=mandatory,
        envelope=codec.encode_envelope(envelope),
        created_at=envelope.time,
    )
