"""Change a profile; delete an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password

from chassis.outbox.recorder import record
from chassis.privacy.erasures import erase_person
from chassis.transactions import transactional
from users.commands.erasure import ask_services
from users.commands.passwords import check_own_password
from users.commands.revocation import end_sessions
from users.domain.accounts import StaffAccountNotDeletable
from users.domain.sessions import EndReason
from users.events_out import ProfileChanged
from users.models import MailRequest, User


@transactional
def change_profile(*, user_id: UUID, **changes: str) -> User:
    """Change any of name, locale and phone. No event if nothing changed."""
    before = User.objects.get(id=user_id)
    if any(getattr(before, field) != value for field, value in changes.items()):
        User.objects.filter(id=user_id, deleted_at=None).update(**changes)
        user = User.objects.get(id=user_id)
        record(
            [ProfileChanged(user_id=user.id, email=user.email, name=user.name, locale=user.locale, phone=user.phone)]
        )
        return user
    return before


def delete_own_account(*, user_id: UUID, password: str, client: str, now: datetime) -> None:
    """Delete the account of a user who has confirmed the password.

    Raises WrongPassword, TooManyAttempts, StaffAccountNotDeletable.
    """
    user = User.objects.get(id=user_id)
    check_own_password(user, password, field="password", client=client, now=now)
    delete_account(user_id=user_id, now=now)


@transactional
def delete_account(*, user_id: UUID, now: datetime) -> None:
    """Erase the person. The id remains, because retained orders and payments refer to it.

    The address can be registered again. Raises StaffAccountNotDeletable.
    """
    keys = list(User.objects.filter(id=user_id).values_list("email_key", flat=True))
    deleted = User.objects.filter(id=user_id, is_staff=False, deleted_at=None).update(
        email="",
        email_key=f"deleted:{user_id}",
        name="",
        phone="",
        locale="en",
        password=make_password(None),
        is_active=False,
        email_verified_at=None,
        last_login=None,
        default_address_id=None,
        address_count=0,
        deleted_at=now,
    )
    if not deleted:
        raise StaffAccountNotDeletable
    end_sessions(user_id=user_id, reason=EndReason.DELETED, now=now)
    MailRequest.objects.filter(email_key__in=keys).delete()
    LogEntry.objects.filter(object_id=str(user_id)).update(object_repr=f"deleted account {user_id}")
    erase_person(user_id=user_id, now=now)
    ask_services(user_id=user_id, now=now)
