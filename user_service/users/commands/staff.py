"""Commands of staff on accounts, from the admin and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users.commands import mail_tokens
from users.commands.revocation import end_sessions, end_sign_ons
from users.domain.accounts import EmailTaken, LastSuperuser, MailPurpose, email_key
from users.domain.sessions import EndReason
from users.events_out import EmailVerified, UserRegistered
from users.models import User


@transactional
def deactivate(*, user_id: UUID, now: datetime) -> bool:
    """Lock the account and end its sessions; return False if it is locked already. Raises LastSuperuser."""
    if not User.objects.filter(id=user_id, is_active=True).exists():
        return False
    require_other_superuser(user_id=user_id, now=now)
    if not User.objects.filter(id=user_id, is_active=True).update(is_active=False):
        return False
    end_sessions(user_id=user_id, reason=EndReason.DEACTIVATED, now=now)
    return True


@transactional
def require_other_superuser(*, user_id: UUID, now: datetime) -> None:
    """Require another active superuser, before this account loses its rights. Raises LastSuperuser.

    The row of the other superuser is written, so that two who remove each other at once conflict on every engine.
    """
    if not User.objects.filter(id=user_id, is_superuser=True, is_active=True).exists():
        return
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(id=user_id)
    other = others.order_by("created_at", "id").values_list("id", flat=True).first()
    if other is None or not others.filter(id=other).update(outlasted_at=now):
        raise LastSuperuser


@transactional
def reactivate(*, user_id: UUID) -> bool:
    """Unlock the account; return False if it is not locked, or is deleted."""
    return bool(User.objects.filter(id=user_id, is_active=False, deleted_at=None).update(is_active=True))


@transactional
def set_rights(*, user_id: UUID, is_staff: bool, is_superuser: bool, groups: Iterable[str], now: datetime) -> bool:
    """Set the staff flag, superuser flag and groups; a superuser is always staff. Return False if nothing changes.

    Changed rights end the staff sign-ons, whose cookies name the old rights. Raises LastSuperuser.
    """
    user = User.objects.get(id=user_id, deleted_at=None)
    before = (user.is_staff, user.is_superuser, set(user.groups.values_list("name", flat=True)))
    after = (is_staff or is_superuser, is_superuser, set(groups))
    if before == after:
        return False
    if user.is_superuser and not is_superuser:
        require_other_superuser(user_id=user_id, now=now)
    User.objects.filter(id=user_id).update(is_staff=after[0], is_superuser=after[1])
    user.groups.set(Group.objects.filter(name__in=after[2]))
    end_sign_ons(user_id=user_id, reason=EndReason.RIGHTS_CHANGED, now=now)
    return True


@transactional
def invite_staff(*, email: str, name: str, now: datetime) -> User:
    """Create a staff account without a password, and send a link to choose one. Raises EmailTaken."""
    user = _new(email=email, name=name, encoded=make_password(None), is_staff=True, now=now)
    mail_tokens.send(user, MailPurpose.INVITE_STAFF, now=now)
    return user


@transactional
def create_verified(
    *,
    email: str,
    name: str,
    encoded: str,
    now: datetime,
    is_staff: bool = False,
    is_superuser: bool = False,
    groups: Sequence[str] = (),
) -> User:
    """Create a verified account without a mail, for demonstration data. Raises EmailTaken."""
    user = _new(email=email, name=name, encoded=encoded, is_staff=is_staff, is_superuser=is_superuser, now=now)
    User.objects.filter(id=user.id).update(email_verified_at=now)
    user.groups.set(Group.objects.filter(name__in=groups))
    record([EmailVerified(user_id=user.id, email=user.email)])
    return user


def _new(*, email: str, name: str, encoded: str, now: datetime, **flags: bool) -> User:
    if User.objects.filter(email_key=email_key(email)).exists():
        raise EmailTaken
    user = User.objects.new(email=email.strip(), name=name, password=encoded, created_at=now, **flags)
    user.save(force_insert=True)
    record([UserRegistered(user_id=user.id, email=user.email, name=user.name, locale=user.locale)])
    return user
