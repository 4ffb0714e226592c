"""The choices of customers: preferences, quiet hours, time zone, unsubscription."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis.transactions import transactional
from notifications import queries
from notifications.commands.contacts import lock_contact
from notifications.domain.delivery import DeliveryState
from notifications.domain.notification_kind import Category, Medium
from notifications.domain.preferences import UNCHANGED, QuietHours, Unchanged, check_choice
from notifications.models import Contact, Preference, QuietTime


@transactional
def choose_preferences(
    *,
    user_id: UUID,
    chosen: Iterable[tuple[Category, Medium, bool]],
    now: datetime,
    quiet_hours: QuietHours | Unchanged | None = UNCHANGED,
    time_zone: str = "",
) -> None:
    """Store the choices and drop pending deliveries that are no longer wanted.

    `quiet_hours`: None removes them. `time_zone`: of the times in mails; empty leaves it unchanged.
    Raises PreferenceUnknown, PreferenceNotChangeable.
    """
    for category, medium, enabled in chosen:
        check_choice(category, medium, enabled=enabled)
        _choose(user_id, category, medium, enabled, now=now, origin="customer")
    time_zone = time_zone or (quiet_hours.time_zone if isinstance(quiet_hours, QuietHours) else "")
    if time_zone:
        lock_contact(user_id, now)
        Contact.objects.filter(user_id=user_id, deleted_at=None).update(time_zone=time_zone)
    if quiet_hours is UNCHANGED:
        return
    if quiet_hours is None:
        QuietTime.objects.filter(user_id=user_id).delete()
        return
    values = {"start": quiet_hours.start, "end": quiet_hours.end, "time_zone": quiet_hours.time_zone}
    QuietTime.objects.update_or_create(user_id=user_id, defaults=values)


@transactional
def unsubscribe(*, user_id: UUID, category: Category, now: datetime) -> None:
    """End promotional mail, including the deliveries that are pending."""
    check_choice(category, Medium.EMAIL, enabled=False)
    _choose(user_id, category, Medium.EMAIL, False, now=now, origin="unsubscribe link")


def _choose(user_id: UUID, category: Category, medium: Medium, enabled: bool, *, now: datetime, origin: str) -> None:
    Preference.objects.update_or_create(
        user_id=user_id,
        category=category,
        medium=medium,
        defaults={"enabled": enabled, "updated_at": now, "origin": origin},
    )
    if not enabled:
        pending = queries.unfinished_deliveries().filter(user_id=user_id, state=DeliveryState.PENDING)
        unwanted = pending.filter(notification__category=category, medium=medium)
        # Without the lease, a sender that has leased but not started it does not send it.
        unwanted.update(state=DeliveryState.DROPPED, due_at=None, finished_at=now, lease=None, leased_until=None)
