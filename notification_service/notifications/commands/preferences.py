"""What customers choose: preferences, quiet hours, devices, unsubscribing; and what they have read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import EllipsisType
from uuid import UUID

from django.db import IntegrityError

from chassis.core.errors import DomainError, Kind
from chassis.transactions import Conflict, transactional
from notifications.commands.contacts import lock_contact
from notifications.domain.catalogue import Category, Medium
from notifications.domain.delivery import DeliveryState
from notifications.domain.preferences import QuietHours, check_choice
from notifications.models import Contact, Delivery, Device, Notification, Preference, QuietTime

MOST_DEVICES = 20


class TooManyDevices(DomainError):
    """Remove a device that you do not use any more first."""

    code, kind = "too_many_devices", Kind.CONFLICT


class DeviceNotFound(DomainError):
    """There is nothing here."""

    code, kind = "not_found", Kind.NOT_FOUND


class NotificationNotFound(DomainError):
    """There is nothing here."""

    code, kind = "not_found", Kind.NOT_FOUND


@transactional
def choose_preferences(
    *,
    user_id: UUID,
    chosen: Iterable[tuple[Category, Medium, bool]],
    now: datetime,
    quiet_hours: QuietHours | EllipsisType | None = ...,
    time_zone: str = "",
) -> None:
    """Keep the choices; None ends quiet hours, ... leaves them. What is not wanted any more and still waits is dropped.

    `time_zone`: of the times in mails; empty leaves it. Raises PreferenceUnknown, PreferenceNotChangeable.
    """
    for category, medium, enabled in chosen:
        check_choice(category, medium, enabled=enabled)
        _choose(user_id, category, medium, enabled, now=now, origin="customer")
    time_zone = time_zone or (quiet_hours.time_zone if isinstance(quiet_hours, QuietHours) else "")
    if time_zone:
        lock_contact(user_id, now)
        Contact.objects.filter(user_id=user_id, deleted_at=None).update(time_zone=time_zone)
    if quiet_hours is ...:
        return
    if quiet_hours is None:
        QuietTime.objects.filter(user_id=user_id).delete()
        return
    values = {"start": quiet_hours.start, "end": quiet_hours.end, "time_zone": quiet_hours.time_zone}
    QuietTime.objects.update_or_create(user_id=user_id, defaults=values)


@transactional
def unsubscribe(*, user_id: UUID, category: Category, now: datetime) -> None:
    """No more promotional mail, not even what is already waiting to go out."""
    check_choice(category, Medium.EMAIL, enabled=False)
    _choose(user_id, category, Medium.EMAIL, False, now=now, origin="unsubscribe link")


@transactional
def register_device(*, user_id: UUID, token: str, platform: str, label: str, now: datetime) -> tuple[Device, bool]:
    """The device and whether it is new. A token that another account had has changed hands with its phone."""
    lock_contact(user_id, now)
    if Device.objects.filter(user_id=user_id).exclude(token=token).count() >= MOST_DEVICES:
        raise TooManyDevices
    device = Device.objects.select_for_update().filter(token=token).first()
    created = device is None
    device = device or Device(token=token, created_at=now)
    device.user_id, device.platform, device.label = user_id, platform, label
    try:
        device.save(force_insert=created)
    except IntegrityError as error:  # another account registers it at the same moment
        raise Conflict from error
    return device, created


@transactional
def remove_device(*, user_id: UUID, device_id: UUID) -> None:
    """Raises DeviceNotFound; somebody else's device looks the same."""
    if not Device.objects.filter(user_id=user_id, id=device_id).delete()[0]:
        raise DeviceNotFound


@transactional
def forget_device(*, token: str) -> None:
    """The push provider says that the app is gone."""
    Device.objects.filter(token=token).delete()


@transactional
def mark_read(*, user_id: UUID, notification_id: UUID, now: datetime) -> Notification:
    """Raises NotificationNotFound; somebody else's looks the same."""
    rows = Notification.objects.filter(user_id=user_id, id=notification_id, listed=True)
    rows.filter(read_at=None).update(read_at=now)
    found = rows.first()
    if found is None:
        raise NotificationNotFound
    return found


@transactional
def mark_all_read(*, user_id: UUID, now: datetime) -> int:
    """How many were unread."""
    return Notification.objects.filter(user_id=user_id, listed=True, read_at=None).update(read_at=now)


def _choose(user_id: UUID, category: Category, medium: Medium, enabled: bool, *, now: datetime, origin: str) -> None:
    Preference.objects.update_or_create(
        user_id=user_id,
        category=category,
        medium=medium,
        defaults={"enabled": enabled, "updated_at": now, "origin": origin},
    )
    if not enabled:
        unwanted = Delivery.objects.filter(notification__category=category, medium=medium)
        unwanted.filter(user_id=user_id, state=DeliveryState.PENDING).update(state=DeliveryState.DROPPED)
