"""Reads for the API, the admin, the socket and the senders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from chassis import statements
from chassis.work import leasing
from notifications.domain.delivery import OPEN, DeliveryState
from notifications.domain.notification_kind import Category, Medium
from notifications.domain.preferences import ALWAYS, Choice, QuietHours, is_enabled
from notifications.models import Contact, Delivery, Device, Notification, Preference, QuietTime, Update

#: How long undelivered mails are shown to staff.
UNDELIVERED_SHOWN = timedelta(days=7)


def choices(user_id: UUID) -> dict[Choice, bool]:
    """Return the customer's explicit choices."""
    return choices_of([user_id]).get(user_id, {})


def choices_of(user_ids: Collection[UUID]) -> Mapping[UUID, dict[Choice, bool]]:
    """Return the explicit choices of each customer who has made some."""
    fields = ("user_id", "category", "medium", "enabled")
    chosen: dict[UUID, dict[Choice, bool]] = defaultdict(dict)
    for user_id, category, medium, enabled in statements.values_by(Preference, fields, {"user_id": user_ids}):
        chosen[user_id][Category(category), Medium(medium)] = enabled
    return chosen


def quiet_hours(user_id: UUID) -> QuietHours | None:
    """Return the customer's quiet hours, if any."""
    return quiet_hours_of([user_id]).get(user_id)


def quiet_hours_of(user_ids: Collection[UUID]) -> Mapping[UUID, QuietHours]:
    """Return the quiet hours of each customer who has some."""
    fields = ("user_id", "start", "end", "time_zone")
    rows = statements.values_by(QuietTime, fields, {"user_id": user_ids})
    return {user_id: QuietHours(start, end, zone) for user_id, start, end, zone in rows}


def time_zone(user_id: UUID) -> str:
    """Return the time zone of the times in mails; "" if unknown."""
    return Contact.objects.filter(user_id=user_id).values_list("time_zone", flat=True).first() or ""


def notifications_of(user_id: UUID) -> QuerySet[Notification]:
    """Return the notifications in the customer's list."""
    return Notification.objects.filter(user_id=user_id, listed=True).defer("facts")


def unread_count(user_id: UUID) -> int:
    """Return the number of unread notifications."""
    return notifications_of(user_id).filter(read_at=None).count()


def devices_of(user_id: UUID) -> QuerySet[Device]:
    """Return the customer's devices, newest first."""
    return Device.objects.filter(user_id=user_id).order_by("-created_at")


def updates_after(user_id: UUID, seq: int, *, limit: int) -> list[Update]:
    """Return the customer's live updates after `seq`, in order."""
    rows = Update.objects.filter(user_id=user_id, seq__gt=seq).order_by("seq")
    return list(rows.only("seq", "type", "at", "data")[:limit])


def is_wanted(delivery: Delivery) -> bool:
    """Return whether the customer still wants a delivery by this medium, and still has the device."""
    category, medium = Category(delivery.notification.category), Medium(delivery.medium)
    if (category, medium) in ALWAYS:
        return True
    if medium is Medium.PUSH and not Device.objects.filter(user_id=delivery.user_id, token=delivery.target).exists():
        return False
    return is_enabled(category, medium, choices(delivery.user_id))


def undelivered_mails(now: datetime) -> int:
    """Return the number of transactional mails that were refused or have expired within a week."""
    ended = [DeliveryState.REFUSED, DeliveryState.EXPIRED]
    mails = Delivery.objects.filter(state__in=ended, medium=Medium.EMAIL, promotional=False)
    return mails.filter(finished_at__gte=now - UNDELIVERED_SHOWN).count()


def unfinished_deliveries() -> QuerySet[Delivery]:
    """Return the deliveries that are still to be sent.

    The state is part of it: rows that the version before has settled have no `finished_at`.
    """
    return Delivery.objects.filter(finished_at=None, state__in=OPEN)


def media_with_due_deliveries(now: datetime) -> list[str]:
    """Return the media by which deliveries are due."""
    due = leasing.due(unfinished_deliveries(), now)
    return sorted(set(due.order_by().values_list("medium", flat=True).distinct()))
