"""Redaction of stored messages: ids and amounts remain, personal fields are emptied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from chassis import codec
from chassis.codec import UnreadableMessage
from chassis.inbox.models import FailedMessage
from chassis.outbox.models import OutboxMessage

#: Names of personal fields. Their types remain, so that the message can still be read.
PERSONAL_FIELDS = frozenset(
    {
        "name",
        "email",
        "phone",
        "line1",
        "line2",
        "city",
        "postal_code",
        "region",
        "location",
        "description",
        "tracking_number",
        "tracking_url",
        "label_url",
        "action_url",
        "payment_method",
        "sealed_token",
        "user_agent",
        "message",
        "reason",
        "document",
    }
)
BATCH = 200


def redact_messages(*, user_id: UUID, subjects: Iterable[UUID]) -> int:
    """Empty the personal fields of sent messages and dead letters, and return the number of messages.

    Unsent messages and those with a scheduled retry are still needed unchanged.
    """
    about = Q(envelope__contains=str(user_id)) | Q(subject__in=[str(user_id), *map(str, subjects)])
    count = _redact(OutboxMessage.objects.filter(about).exclude(sent_at=None))
    dead = FailedMessage.objects.filter(about).exclude(parked_at=None)
    return count + _redact(dead, error="(erased with the person's data)")


def _redact(rows: QuerySet[Any], **changes: str) -> int:
    count = 0
    for row in rows.only("id", "envelope").iterator(chunk_size=BATCH):
        emptied = redacted(row.envelope)
        if emptied != row.envelope:
            rows.model._default_manager.filter(id=row.id).update(envelope=emptied, **changes)
            count += 1
    return count


def redacted(text: str) -> str:
    """Return the envelope with empty personal fields; an unreadable one is emptied completely."""
    try:
        envelope = codec.decode_envelope(text)
    except UnreadableMessage:
        return ""
    return codec.encode_envelope(replace(envelope, data=_emptied(envelope.data)))


def _emptied(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _emptied(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_emptied(inner, name) for inner in value]
    return "" if isinstance(value, str) and name in PERSONAL_FIELDS else value
