"""Copies of customers' contact data, from the messages of the user service."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.snapshots import update_if_newer
from chassis.transactions import transactional, unit_of_work
from notifications.commands.updates import close_stream
from notifications.domain.delivery import DeliveryState
from notifications.models import (
    Contact,
    Delivery,
    Device,
    Notification,
    Preference,
    QuietTime,
    SocketTicket,
    Update,
)

LONGEST = {"email": 254, "name": 200, "locale": 20, "phone": 40}


@transactional
def record_contact(*, user_id: UUID, version: int, now: datetime, **copied: str) -> None:
    """Copy the fields unless a newer message was copied before. Deliveries that lack an address become due."""
    unit_of_work().flush()
    known = lock_contact(user_id, now).email
    values = {name: value[: LONGEST[name]] for name, value in copied.items()}
    email = values.get("email", known)
    unverified = {"email_verified": False} if known and email != known else {}
    present = Contact.objects.filter(user_id=user_id, deleted_at=None)
    if update_if_newer(present, version, {**values, **unverified, "updated_at": now}) and email and not known:
        Delivery.objects.filter(user_id=user_id, state=DeliveryState.PENDING, due_at__gt=now, target="").update(
            due_at=now
        )


@transactional
def mark_email_verified(*, user_id: UUID, email: str, version: int, now: datetime) -> None:
    """Mark the address as verified unless the contact has another one now. May precede the address itself."""
    contact = lock_contact(user_id, now)
    if contact.deleted_at is None and (contact.email == email or contact.version <= version):
        Contact.objects.filter(user_id=user_id).update(email=email, email_verified=True, updated_at=now)


@transactional
def erase_customer(*, user_id: UUID, now: datetime) -> None:
    """Erase everything about a deleted account. A tombstone remains, so that late messages do not restore it."""
    unit_of_work().flush()
    contact = lock_contact(user_id, now)
    Contact.objects.filter(user_id=contact.user_id).update(
        email="", name="", locale="", phone="", time_zone="", email_verified=False, deleted_at=now, updated_at=now
    )
    for rows in (Notification, Device, Preference, QuietTime, Update, SocketTicket):
        rows.objects.filter(user_id=user_id).delete()
    close_stream(user_id=user_id)


@transactional
def delete_choices(*, user_id: UUID) -> None:
    """Delete the choices and devices of the previous owner of an account."""
    unit_of_work().flush()
    for rows in (Device, Preference, QuietTime, SocketTicket):
        rows.objects.filter(user_id=user_id).delete()
    Contact.objects.filter(user_id=user_id).update(time_zone="")


def lock_contact(user_id: UUID, now: datetime) -> Contact:
    """Return the contact, created if missing and locked: changes to a customer's data are serialized by it."""
    Contact.objects.bulk_create([Contact(user_id=user_id, updated_at=now)], ignore_conflicts=True)
    return Contact.objects.select_for_update().get(user_id=user_id)
