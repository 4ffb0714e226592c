"""Store notifications and their deliveries, which `work.senders` sends; mark notifications as read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from chassis import statements
from chassis.core import context
from chassis.core.errors import DomainError, Kind
from chassis.transactions import transactional, unit_of_work
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
) -> None:
    """Store a notification and its deliveries before the commit, unless it exists or the account was deleted.

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
    unit_of_work().collect(_store, [_Draft(kind, notification, email)])


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


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: NotificationKind
    notification: Notification
    email: str

    @property
    def user_id(self) -> UUID:
        return self.notification.user_id

    @property
    def key(self) -> tuple[UUID, str]:
        return self.user_id, self.notification.source


def _store(drafts: list[_Draft]) -> None:
    """Insert those of the notifications that are new, with their deliveries, and send these after the commit."""
    new = _new(drafts)
    readers = _Readers(new)
    new = [draft for draft in new if draft.user_id not in readers.deleted]
    deliveries = [delivery for draft in new for delivery in _deliveries(draft, readers)]
    # A concurrent duplicate violates the unique constraint; its message is retried and finds the notification.
    statements.insert([draft.notification for draft in new])
    statements.insert(deliveries)
    run_after_commit(Delivery, *sorted({delivery.medium for delivery in deliveries}))


def _new(drafts: Iterable[_Draft]) -> list[_Draft]:
    once = {draft.key: draft for draft in reversed(list(drafts))}
    users, sources = [user_id for user_id, _ in once], [source for _, source in once]
    known = set(statements.values_by(Notification, ("user_id", "source"), {"user_id": users, "source": sources}))
    return [draft for key, draft in reversed(once.items()) if key not in known]


class _Readers:
    """What is known of the customers of new notifications: numbers, devices, choices, quiet hours."""

    def __init__(self, drafts: Sequence[_Draft]) -> None:
        rows = statements.values_by(Contact, ("user_id", "phone", "deleted_at"), {"user_id": _users(drafts)})
        self.deleted = {user_id for user_id, _, deleted_at in rows if deleted_at is not None}
        self._phones = {user_id: phone for user_id, phone, _ in rows if phone}
        self._devices = _tokens(_users(drafts, Medium.PUSH)) if is_offered(Medium.PUSH) else {}
        # Choices matter to few: most notifications go by transactional mail alone.
        asked = {draft.user_id for draft in drafts if not draft.kind.transactional or self._has_more(draft)}
        self._choices, self._quiet = queries.choices_of(asked), queries.quiet_hours_of(asked)

    def targets(self, draft: _Draft) -> dict[Medium, list[str]]:
        """Return where the notification goes by each medium that is offered and that the customer wants."""
        targets = {medium: self._targets(draft, medium) for medium in filter(is_offered, draft.kind.media)}
        if draft.kind.transactional and not self._has_more(draft):
            return targets
        wanted = preferences.wanted(draft.kind, self._choices.get(draft.user_id, {}))
        return {medium: found for medium, found in targets.items() if medium in wanted}

    def quiet_hours(self, draft: _Draft) -> preferences.QuietHours | None:
        return self._quiet.get(draft.user_id)

    def _has_more(self, draft: _Draft) -> bool:
        """Return whether the customer could be reached by more than mail."""
        others = (medium for medium in draft.kind.media if medium is not Medium.EMAIL and is_offered(medium))
        return any(self._targets(draft, medium) for medium in others)

    def _targets(self, draft: _Draft, medium: Medium) -> list[str]:
        if medium is Medium.EMAIL:
            return [draft.email]
        if medium is Medium.SMS:
            return [self._phones[draft.user_id]] if draft.user_id in self._phones else []
        return self._devices.get(draft.user_id, [])


def _users(drafts: Iterable[_Draft], medium: Medium | None = None) -> set[UUID]:
    return {draft.user_id for draft in drafts if medium is None or medium in draft.kind.media}


def _tokens(user_ids: Collection[UUID]) -> Mapping[UUID, list[str]]:
    tokens: dict[UUID, list[str]] = defaultdict(list)
    for user_id, token in statements.values_by(Device, ("user_id", "token"), {"user_id": user_ids}):
        tokens[user_id].append(token)
    return tokens


def _deliveries(draft: _Draft, readers: _Readers) -> list[Delivery]:
    now, quiet = draft.notification.created_at, readers.quiet_hours(draft)
    return [
        Delivery(
            id=(delivery_id := uuid7()),
            notification=draft.notification,
            user_id=draft.user_id,
            medium=medium,
            target=target,
            promotional=draft.kind.category is Category.PROMOTIONS,
            message_id=f"<{delivery_id}@{settings.MAIL_DOMAIN}>",
            due_at=preferences.due_at(medium, quiet, now=now),
            created_at=now,
        )
        for medium, found in readers.targets(draft).items()
        for target in found
    ]
