"""Delivery rows: lease, mark, settle, retry. The provider is called between these transactions, by `work`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from chassis.core.errors import DomainError, Kind
from chassis.core.states import moved
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from chassis.work import leasing
from chassis.work.running import run_after_commit
from notifications import queries
from notifications.domain.delivery import (
    BATCH_LEASE,
    ENDED,
    GIVE_UP_AFTER,
    LONGEST_PAUSE,
    LONGEST_PAUSE_UNAVAILABLE,
    SENDING_LEASE,
    TRANSITIONS,
    DeliveryNotPending,
    DeliveryNotRetryable,
    DeliveryState,
    next_try,
)
from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Medium
from notifications.models import Delivery, Notification

BATCH = 20


class DeliveryNotFound(DomainError):
    """There is no such delivery."""

    code, kind = "delivery_not_found", Kind.NOT_FOUND


def lease_deliveries(*, medium: str, now: datetime, limit: int = BATCH) -> list[Delivery]:
    """Lease a batch that is due, transactional deliveries first, each with its notification."""
    rows = queries.unfinished_deliveries().filter(medium=medium).select_related("notification")
    return leasing.lease_batch(rows, now=now, lasting=BATCH_LEASE, limit=limit, order=("promotional", "due_at"))


def mark_sending(delivery: Delivery, *, target: str, now: datetime) -> bool:
    """Store that the provider is about to be called. Return False if the lease was lost to another sender."""
    delivery.state, delivery.target = _moved(delivery, DeliveryState.SENDING), target
    return leasing.renew(delivery, now=now, lasting=SENDING_LEASE, state=delivery.state, target=target)


def settle_sent(delivery: Delivery, *, answer: str, now: datetime) -> None:
    """Store that the provider has accepted it."""
    _finish(delivery, DeliveryState.SENT, f"sent: {answer}", now=now, sent_at=now)


def settle_refused(delivery: Delivery, *, reason: str, now: datetime) -> None:
    """Store that the provider has refused it permanently."""
    _finish(delivery, DeliveryState.REFUSED, f"refused: {reason}", now=now, error=reason)


def settle_dropped(delivery: Delivery, *, reason: str, now: datetime) -> None:
    """Store that it must no longer be sent."""
    _finish(delivery, DeliveryState.DROPPED, f"dropped: {reason}", now=now)


def schedule_retry(delivery: Delivery, *, reason: str, now: datetime, unavailable: bool = False) -> datetime | None:
    """Schedule the next attempt and return its time, or expire the delivery and return None after days of attempts.

    `unavailable`: the provider accepts no message at all at present.
    """
    longest = LONGEST_PAUSE_UNAVAILABLE if unavailable else LONGEST_PAUSE
    due_at = next_try(attempts=delivery.attempts, created_at=delivery.created_at, now=now, longest=longest)
    if due_at is None:
        _finish(delivery, DeliveryState.EXPIRED, f"given up: {reason}", now=now, error=reason)
    else:
        log = _logged(delivery, f"later: {reason}", now)
        leasing.try_later(delivery, at=due_at, error=reason, state=_moved(delivery, DeliveryState.PENDING), log=log)
    return due_at


@transactional
def retry_delivery(*, delivery_id: UUID, now: datetime) -> Delivery:
    """Make a pending, refused or expired delivery due now, for staff. Raises DeliveryNotFound, DeliveryNotRetryable."""
    delivery = _locked(delivery_id)
    if DeliveryState(delivery.state) not in {DeliveryState.PENDING, DeliveryState.REFUSED, DeliveryState.EXPIRED}:
        raise DeliveryNotRetryable
    if any(name not in delivery.notification.facts for name in KINDS[delivery.notification.kind].secrets):
        raise DeliveryNotRetryable
    if delivery.state != DeliveryState.PENDING:
        delivery.state = _moved(delivery, DeliveryState.PENDING)
        delivery.finished_at, delivery.created_at = None, now
    delivery.due_at = now
    delivery.log = _logged(delivery, "retried by staff", now)
    delivery.save()
    run_after_commit(Delivery, delivery.medium)
    return delivery


@transactional
def give_up_delivery(*, delivery_id: UUID, now: datetime) -> Delivery:
    """Drop a pending delivery, for staff. Raises DeliveryNotFound, DeliveryNotPending."""
    delivery = _locked(delivery_id)
    if delivery.state != DeliveryState.PENDING:
        raise DeliveryNotPending
    delivery.state = _moved(delivery, DeliveryState.DROPPED)
    delivery.due_at, delivery.finished_at, delivery.lease, delivery.leased_until = None, now, None, None
    delivery.target = _target_after(delivery, DeliveryState.DROPPED)
    delivery.log = _logged(delivery, "dropped: given up by staff", now)
    delivery.save()
    _delete_secrets(delivery.notification)
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


@transactional
def _finish(delivery: Delivery, state: DeliveryState, entry: str, *, now: datetime, **values: Any) -> None:
    values |= {"state": _moved(delivery, state), "target": _target_after(delivery, state)}
    if leasing.finish(delivery, now=now, log=_logged(delivery, entry, now), **values) and state in ENDED:
        _delete_secrets(delivery.notification)


def _moved(delivery: Delivery, state: DeliveryState) -> DeliveryState:
    return moved(TRANSITIONS, DeliveryState(delivery.state), state, what="A delivery")


def _target_after(delivery: Delivery, state: DeliveryState) -> str:
    """Return the target to keep: the token of a device allows pushing to it, and is not needed any more."""
    forgotten = delivery.medium == Medium.PUSH and state in {DeliveryState.SENT, DeliveryState.DROPPED}
    return str(delivery.id) if forgotten else delivery.target


def _locked(delivery_id: UUID) -> Delivery:
    delivery = Delivery.objects.select_for_update().filter(id=delivery_id).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def _delete_secrets(notification: Notification) -> None:
    """Delete the secrets of a notification from its facts."""
    secrets = KINDS[notification.kind].secrets
    kept = {name: value for name, value in notification.facts.items() if name not in secrets}
    if kept != notification.facts:
        Notification.objects.filter(id=notification.id).update(facts=kept)


def _logged(delivery: Delivery, entry: str, now: datetime) -> list[dict[str, str]]:
    """Return the delivery's log with this entry, cut to the last 20."""
    return [*delivery.log, {"at": now.isoformat(timespec="seconds"), "what": entry.replace("\x00", "")[:500]}][-20:]
