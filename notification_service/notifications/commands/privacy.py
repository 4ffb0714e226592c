"""Erase and export the personal data of this service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.privacy.messages import Erased, PersonalData
from notifications.commands.contacts import erase_customer
from notifications.events_out import ErasureReport, ExportContribution
from notifications.models import Contact, Delivery, Device, Notification, Preference, QuietTime


def erase(user_id: UUID, now: datetime) -> Erased:
    """Erase the person's data; nothing more is sent."""
    erase_customer(user_id=user_id, now=now)
    return Erased(
        erased="address, name, telephone number, devices, preferences, notifications and what was sent",
        kept="the id, so that nothing comes back late",
    )


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return contact, choices, devices and notifications. A device's token is left out: it allows pushing to it."""
    notifications = Notification.objects.filter(user_id=user_id).order_by("created_at", "id")
    deliveries = Delivery.objects.filter(user_id=user_id).order_by("created_at", "id")
    return {
        "contact": Contact.objects.filter(user_id=user_id).values("email", "name", "locale", "phone", "email_verified"),
        "preferences": Preference.objects.filter(user_id=user_id).values("category", "medium", "enabled", "updated_at"),
        "quiet_time": QuietTime.objects.filter(user_id=user_id).values("start", "end", "time_zone"),
        "devices": Device.objects.filter(user_id=user_id).values("platform", "label", "created_at"),
        "notifications": notifications.values("id", "kind", "title", "body", "created_at", "read_at"),
        "deliveries": deliveries.values("notification_id", "medium", "state", "sent_at", "created_at"),
    }


PERSONAL_DATA = PersonalData(erase=erase, collect=collect, receipt=ErasureReport, contribution=ExportContribution)
