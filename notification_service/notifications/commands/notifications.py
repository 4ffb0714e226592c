"""Store notifications and their deliveries, which `work.senders` sends; mark notifications as read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from chassis.core import context
from chassis.core.errors import DomainError, Kind
from chassis.transactions import transactional
from chassis.work.running import run_after_commit
from notifications import queries
from notifications.domain import preferences
from notifications.domain.content import link_of, short_of, subject_of
from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Category, Medium, NotificationKind
from notifications.models import Contact, Delivery, Device, Notification
from notifications.providers.selection import is_offered


class NotificationNotFound(DomainError):
    """Not found."""

    code, kind = "not_found", Kind.NOT_FOUND


@transactional
def notify(
    kind_name: str, *, user_id: UUID, source: str, facts: Mapping[str, Any], now: datetime, email: str = ""
) -> Notification | None:
    """Store a notification and its deliveries; return None if it exists already or the account was deleted.

    `source` identifies the business fact, so that a repeated message about it makes one notification.
    `email`: the address in the message itself; without it the contact's, at the time of sending.
    """
    kind = KINDS[kind_name]
    fields = {**facts, "shop_name": settings.SHOP_NAME}
    notification = Notification(
        user_id=user_id,
        source=f"{kind.name}:{source}",
        kind=kind.name,
        category=kind.category,
        title=subject_of(kind, fields),
        body=short_of(kind, fields),
        link="" if kind.secrets else link_of(kind, facts, shop_url=settings.SHOP_URL),
        listed=kind.listed,
        facts=dict(facts),
        correlation_id=context.current().correlation_id,
        created_at=now,
    )
    if Notification.objects.filter(user_id=user_id, source=notification.source).exists():
        return None
    contact = Contact.objects.filter(user_id=user_id).first()
    if contact is not None and contact.deleted_at is not None:
        return None
    # A concurrent duplicate violates the unique constraint; its message is retried and returns above.
    notification.save(force_insert=True)
    rows = _deliveries(kind, notification, contact, email=email, now=now)
    Delivery.objects.bulk_create(rows)
    run_after_commit(Delivery, *{row.medium for row in rows})
    return notification


@transactional
def mark_read(*, user_id: UUID, notification_id: UUID, now: datetime) -> Notification:
    """Mark a notification as read and return it. Raises NotificationNotFound, also for another customer's."""
    rows = Notification.objects.filter(user_id=user_id, id=notification_id, listed=True)
    rows.filter(read_at=None).update(read_at=now)
    found = rows.first()
    if found is None:
        raise NotificationNotFound
    return found


@transactional
def mark_all_read(*, user_id: UUID, now: datetime) -> int:
    """Mark all notifications as read; return the number that were unread."""
    return Notification.objects.filter(user_id=user_id, listed=True, read_at=None).update(read_at=now)


def _deliveries(
    kind: NotificationKind, notification: Notification, contact: Contact | None, *, email: str, now: datetime
) -> list[Delivery]:
    user_id = notification.user_id
    targets = {medium: _targets(medium, contact, user_id, email) for medium in filter(is_offered, kind.media)}
    quiet = None
    if not kind.transactional or any(found for medium, found in targets.items() if medium is not Medium.EMAIL):
        # Read the choices only when they matter: most notifications go by transactional mail alone.
        wanted = preferences.wanted(kind, queries.choices(user_id))
        targets = {medium: found for medium, found in targets.items() if medium in wanted}
        quiet = queries.quiet_hours(user_id)
    return [
        Delivery(
            id=(delivery_id := uuid7()),
            notification=notification,
            user_id=user_id,
            medium=medium,
            target=target,
            promotional=kind.category is Category.PROMOTIONS,
            message_id=f"<{delivery_id}@{settings.MAIL_DOMAIN}>",
            due_at=preferences.due_at(medium, quiet, now=now),
            created_at=now,
        )
        for medium, found in targets.items()
        for target in found
    ]


def _targets(medium: Medium, contact: Contact | None, user_id: UUID, email: str) -> list[str]:
    if medium is Medium.EMAIL:
        return [email]
    if medium is Medium.SMS:
        return [contact.phone] if contact is not None and contact.phone else []
    return list(Device.objects.filter(user_id=user_id).values_list("token", flat=True))
