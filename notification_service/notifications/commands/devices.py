"""The devices of customers that receive push messages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from chassis.core.errors import DomainError, Kind
from chassis.transactions import Conflict, transactional
from notifications.commands.contacts import lock_contact
from notifications.models import Device

MAX_DEVICES = 20


class TooManyDevices(DomainError):
    """Remove a device that you no longer use first."""

    code, kind = "too_many_devices", Kind.CONFLICT


class DeviceNotFound(DomainError):
    """Not found."""

    code, kind = "not_found", Kind.NOT_FOUND


@transactional
def register_device(*, user_id: UUID, token: str, platform: str, label: str, now: datetime) -> tuple[Device, bool]:
    """Return the device and whether it is new. A token of another account moves to this one, as its phone did.

    Raises TooManyDevices.
    """
    lock_contact(user_id, now)
    if Device.objects.filter(user_id=user_id).exclude(token=token).count() >= MAX_DEVICES:
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
    """Remove a device. Raises DeviceNotFound, also for another customer's."""
    if not Device.objects.filter(user_id=user_id, id=device_id).delete()[0]:
        raise DeviceNotFound


@transactional
def delete_device(*, token: str) -> None:
    """Delete a device whose app was uninstalled, as the push provider reports."""
    Device.objects.filter(token=token).delete()
