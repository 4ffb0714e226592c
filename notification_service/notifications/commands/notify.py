"""Turn a business fact into a notification and its deliveries: stored here, sent by `sending`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from chassis.core import context
from chassis.transactions import after_commit, transactional
from notifications import hints, queries
from notifications.domain import preferences
from notifications.domain.catalogue import KINDS, Category, Kind, Medium, link_of, short_of, subject_of
from notifications.models import Contact, Delivery, Device, Notification
from notifications.providers.chosen import is_offered


@transactional
def notify(
    kind_name: str, *, user_id: UUID, source: str, facts: Mapping[str, Any], now: datetime, email: str = ""
) -> Notification | None:
    """Store what the customer is to be told; None when it was told already, or the account is gone.

    `source` names the business fact, so a repeated one is told once, even under a new message id.
    `email`: the address that the fact itself names; otherwise the contact's at the time of sending.
    """
    kind = KINDS[kind_name]
    told = {**facts, "shop_name": settings.SHOP_NAME}
    notification = Notification(
        user_id=user_id,
        source=f"{kind.name}:{source}",
        kind=kind.name,
        category=kind.category,
        title=subject_of(kind, told),
        body=short_of(kind, told),
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
    # A twin at the same moment meets the unique constraint; its message is tried again and ends above.
    notification.save(force_insert=True)
    rows = _deliveries(kind, notification, contact, email=email, now=now)
    Delivery.objects.bulk_create(rows)
    for medium in {row.medium for row in rows}:
        after_commit(partial(hints.something_to_send, medium))
    return notification


def _deliveries(
    kind: Kind, notification: Notification, contact: Contact | None, *, email: str, now: datetime
) -> list[Delivery]:
    user_id = notification.user_id
    targets = {medium: _targets(medium, contact, user_id, email) for medium in filter(is_offered, kind.media)}
    quiet = None
    if not kind.transactional or any(found for medium, found in targets.items() if medium is not Medium.EMAIL):
        # Only now do the customer's wishes matter: most can be reached by transactional mail alone.
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
