"""Messages about a person keep their ids and amounts; what tells about the person is emptied in them."""

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

#: Names of fields that tell about a person; the types stay, so that the message can still be read.
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
    """Empty the personal fields of messages that were sent and of dead letters; how many messages.

    What has not been sent, or is tried again, is still needed as it is.
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
    """The same envelope with empty personal fields. One that cannot be read is emptied as a whole."""
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
