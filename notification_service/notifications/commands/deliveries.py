"""Delivery rows: lease, mark, settle, retry. The provider is called between these transactions, by `work`."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q

from chassis.core.errors import DomainError, Kind
from chassis.core.states import sources
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from notifications.domain.delivery import (
    ENDED,
    GIVE_UP_AFTER,
    LEASE,
    LONGEST_PAUSE,
    LONGEST_PAUSE_UNAVAILABLE,
    SENDING_LEASE,
    TRANSITIONS,
    DeliveryNotRetryable,
    DeliveryState,
    next_try,
)
from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Medium
from notifications.models import FREE, Delivery, Notification

BATCH = 20


class DeliveryNotFound(DomainError):
    """There is no such delivery."""

    code, kind = "delivery_not_found", Kind.NOT_FOUND


def due(medium: str, now: datetime) -> Q:
    """Match what a sender may lease: due and not leased, or leased by a sender that died (its lease expired)."""
    open_states = [DeliveryState.PENDING, DeliveryState.SENDING]
    return Q(state__in=open_states, medium=medium, due_at__lte=now, leased_until__lte=now)


@transactional
def lease_deliveries(*, medium: str, now: datetime, limit: int = BATCH) -> list[Delivery]:
    """Lease a batch, transactional deliveries first, each with its notification."""
    found = Delivery.objects.filter(due(medium, now)).order_by("promotional", "due_at")
    ids = list(found.values_list("id", flat=True)[:limit])
    if not ids:
        return []
    lease = uuid4()
    # The condition again: another sender may have leased them since, where reading does not lock rows.
    Delivery.objects.filter(due(medium, now), id__in=ids).update(lease=lease, leased_until=now + LEASE)
    mine = Delivery.objects.filter(lease=lease).select_related("notification")
    return sorted(mine, key=lambda row: (row.promotional, row.due_at))


@transactional
def mark_sending(delivery: Delivery, *, target: str, now: datetime) -> bool:
    """Store that the provider is about to be called. Return False if the lease was lost to another sender."""
    marked = Delivery.objects.filter(
        id=delivery.id, lease=delivery.lease, state__in=sources(TRANSITIONS, DeliveryState.SENDING)
    ).update(
        state=DeliveryState.SENDING,
        attempts=delivery.attempts + 1,
        leased_until=now + SENDING_LEASE,
        target=target,
    )
    delivery.attempts += 1
    return bool(marked)


@transactional
def settle_sent(delivery: Delivery, *, answer: str, now: datetime) -> None:
    """Store that the provider has accepted it."""
    _settle(delivery, DeliveryState.SENT, f"sent: {answer}", now=now, sent_at=now)


@transactional
def settle_refused(delivery: Delivery, *, reason: str, now: datetime) -> None:
    """Store that the provider has refused it permanently."""
    _settle(delivery, DeliveryState.REFUSED, f"refused: {reason}", now=now)


@transactional
def settle_dropped(delivery: Delivery, *, reason: str, now: datetime) -> None:
    """Store that it must no longer be sent."""
    _settle(delivery, DeliveryState.DROPPED, f"dropped: {reason}", now=now)


@transactional
def schedule_retry(delivery: Delivery, *, reason: str, now: datetime, unavailable: bool = False) -> datetime | None:
    """Schedule the next attempt and return its time, or expire the delivery and return None after days of attempts.

    `unavailable`: the provider accepts no message at all at present.
    """
    longest = LONGEST_PAUSE_UNAVAILABLE if unavailable else LONGEST_PAUSE
    due_at = next_try(attempts=delivery.attempts, created_at=delivery.created_at, now=now, longest=longest)
    if due_at is None:
        _settle(delivery, DeliveryState.EXPIRED, f"given up: {reason}", now=now)
    else:
        values = {"due_at": due_at, "leased_until": FREE, "attempts": delivery.attempts}
        _settle(delivery, DeliveryState.PENDING, f"later: {reason}", now=now, **values)
    return due_at


@transactional
def give_back(lease: UUID | None) -> None:
    """Release the leased deliveries that were not started."""
    Delivery.objects.filter(lease=lease, state=DeliveryState.PENDING).update(lease=None, leased_until=FREE)


@transactional
def retry_delivery(*, delivery_id: UUID, now: datetime) -> Delivery:
    """Make a refused or expired delivery due again, for staff. Raises DeliveryNotFound, DeliveryNotRetryable."""
    delivery = Delivery.objects.select_for_update().filter(id=delivery_id).first()
    if delivery is None:
        raise DeliveryNotFound
    if DeliveryState(delivery.state) not in {DeliveryState.REFUSED, DeliveryState.EXPIRED}:
        raise DeliveryNotRetryable
    if any(name not in delivery.notification.facts for name in KINDS[delivery.notification.kind].secrets):
        raise DeliveryNotRetryable
    delivery.state, delivery.due_at, delivery.leased_until, delivery.created_at = DeliveryState.PENDING, now, FREE, now
    delivery.log = _logged(delivery, "retried by staff", now)
    delivery.save()
    return delivery


def delete_old_notifications(*, now: datetime, limit: int = 500) -> None:
    """Delete notifications whose retention period is over, and secrets of mails that can no longer be sent."""
    forget(Notification.objects.filter(created_at__lt=now - timedelta(days=settings.NOTIFICATIONS_KEPT_DAYS)))
    secret = [kind.name for kind in KINDS.values() if kind.secrets]
    names = {name for kind in KINDS.values() for name in kind.secrets}
    with_secrets = Notification.objects.filter(
        kind__in=secret, created_at__lt=now - GIVE_UP_AFTER, facts__has_any_keys=sorted(names)
    )
    for notification in with_secrets[:limit]:
        _delete_secrets(notification)


def _settle(delivery: Delivery, state: DeliveryState, entry: str, *, now: datetime, **values: object) -> None:
    if delivery.medium == Medium.PUSH and state in {DeliveryState.SENT, DeliveryState.DROPPED}:
        values["target"] = str(delivery.id)  # a device's token allows pushing to it, and is not needed again
    settled = Delivery.objects.filter(
        id=delivery.id, lease=delivery.lease, state__in=sources(TRANSITIONS, state)
    ).update(state=state, lease=None, log=_logged(delivery, entry, now), **values)
    if settled and state in ENDED:
        _delete_secrets(delivery.notification)


def _delete_secrets(notification: Notification) -> None:
    """Delete the secrets of a notification from its facts."""
    secrets = KINDS[notification.kind].secrets
    kept = {name: value for name, value in notification.facts.items() if name not in secrets}
    if kept != notification.facts:
        Notification.objects.filter(id=notification.id).update(facts=kept)


def _logged(delivery: Delivery, entry: str, now: datetime) -> list[dict[str, str]]:
    """Return the delivery's log with this entry, cut to the last 20."""
    return [*delivery.log, {"at": now.isoformat(timespec="seconds"), "what": entry[:500]}][-20:]
