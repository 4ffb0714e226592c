"""Recording of messages in the outbox, the only way to send one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Model
from django.utils import timezone
from uuid_utils.compat import uuid7

from chassis import codec, statements
from chassis.core import context
from chassis.core.messages import Envelope, MessageKind, MessageType, message_type
from chassis.outbox import hints
from chassis.outbox.models import OutboxMessage
from chassis.transactions import after_commit, transactional, unit_of_work


@dataclass(frozen=True, slots=True)
class Draft:
    """A recorded message, which gets its version when it is written."""

    id: UUID
    declared: MessageType
    subject: str
    message: object
    trace: context.Trace
    time: datetime


@transactional
def record(messages: Iterable[object]) -> list[UUID]:
    """Write the messages before the commit of the open transaction, and return their ids.

    The relay sends them in this order. The trace is that of the current work. Messages of one subject get increasing
    versions.
    """
    trace, now = context.current(), timezone.now()
    drafts = [_draft(message, trace, now) for message in messages]
    unit_of_work().collect(_write, drafts)
    return [draft.id for draft in drafts]


def _draft(message: object, trace: context.Trace, now: datetime) -> Draft:
    declared = message_type(message)
    return Draft(uuid7(), declared, str(getattr(message, declared.subject)), message, trace, now)


def _write(drafts: list[Draft]) -> None:
    if not drafts:
        return
    newest = _newest_versions({draft.subject for draft in drafts})
    clock = time.time_ns() // 1000
    rows: list[Model] = []
    for draft in drafts:
        clock = newest[draft.subject] = max(newest.get(draft.subject, 0), clock) + 1
        rows.append(_row(draft, clock))
    statements.insert(rows)
    after_commit(hints.send)


def _newest_versions(subjects: set[str]) -> dict[str, int]:
    if len(subjects) == 1:
        (subject,) = subjects
        newest = OutboxMessage.objects.filter(subject=subject).order_by("-version")  # cheaper than Max()
        return dict(newest.values_list("subject", "version")[:1])
    rows = OutboxMessage.objects.filter(subject__in=subjects).order_by().values_list("subject")
    return dict(rows.annotate(newest=Max("version")))


def _row(draft: Draft, version: int) -> OutboxMessage:
    envelope = Envelope(
        id=draft.id,
        source=settings.SERVICE_NAME,
        type=draft.declared.name,
        subject=draft.subject,
        time=draft.time,
        data=codec.data_of(draft.message),
        correlationid=draft.trace.correlation_id,
        causationid=draft.trace.causation_id,
        aggregateversion=version,
        traceparent=draft.trace.traceparent,
    )
    return OutboxMessage(
        id=draft.id,
        type=envelope.type,
        subject=envelope.subject,
        version=version,
        correlation_id=envelope.correlationid,
        mandatory=draft.declared.kind is MessageKind.COMMAND,
        envelope=codec.encode_envelope(envelope),
        created_at=draft.time,
    )
