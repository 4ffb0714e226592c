"""Reads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from notifications.domain.catalogue import Category, Medium
from notifications.domain.delivery import DeliveryState
from notifications.domain.preferences import Choice, QuietHours
from notifications.models import Delivery, Device, Notification, Preference, QuietTime, Update

OPEN = [DeliveryState.PENDING, DeliveryState.SENDING]


def choices(user_id: UUID) -> dict[Choice, bool]:
    """What the customer has chosen; the rest is default."""
    rows = Preference.objects.filter(user_id=user_id).values_list("category", "medium", "enabled")
    return {(Category(category), Medium(medium)): enabled for category, medium, enabled in rows}


def quiet_hours(user_id: UUID) -> QuietHours | None:
    row = QuietTime.objects.filter(user_id=user_id).first()
    return QuietHours(row.start, row.end, row.time_zone) if row else None


def notifications_of(user_id: UUID) -> QuerySet[Notification]:
    return Notification.objects.filter(user_id=user_id, listed=True).defer("facts")


def unread_count(user_id: UUID) -> int:
    return notifications_of(user_id).filter(read_at=None).count()


def devices_of(user_id: UUID) -> QuerySet[Device]:
    return Device.objects.filter(user_id=user_id).order_by("-created_at")


def updates_after(user_id: UUID, seq: int, *, limit: int) -> list[Update]:
    """The customer's live updates behind `seq`, in order."""
    rows = Update.objects.filter(user_id=user_id, seq__gt=seq).order_by("seq")
    return list(rows.only("seq", "type", "at", "data")[:limit])


def media_with_due_deliveries(now: datetime) -> list[str]:
    due = Delivery.objects.filter(state__in=OPEN, due_at__lte=now, leased_until__lte=now)
    return sorted(set(due.order_by().values_list("medium", flat=True).distinct()))
