"""Valid objects and messages; a test overrides what it is about."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.utils import timezone

from users import hashers
from users.commands import addresses
from users.models import Session, StaffSignOn, User

PASSWORD = "correct horse battery"
_numbers = count(1)

ADDRESS = {
    "name": "Mira Lindqvist",
    "line1": "Storgatan 12",
    "city": "Stockholm",
    "postal_code": "111 29",
    "country": "SE",
}


def a_user(*, email: str | None = None, password: str = PASSWORD, verified: bool = True, **fields: Any) -> User:
    now = timezone.now()
    user = User.objects.new(
        email=email or f"mira{next(_numbers)}@example.com",
        **{
            "name": "Mira",
            "password": hashers.hash_password(password),
            "created_at": now,
            "email_verified_at": now if verified else None,
            **fields,
        },
    )
    user.save(force_insert=True)
    return user


def a_session(user: User, **fields: Any) -> Session:
    now = timezone.now()
    given = {"created_at": now, "last_used_at": now, "expires_at": now + timedelta(days=30), **fields}
    return Session.objects.create(user=user, **given)


def a_sign_on(user: User, **fields: Any) -> StaffSignOn:
    now = timezone.now()
    given = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(hours=8), **fields}
    return StaffSignOn.objects.create(user=user, **given)


def an_address(user: User, **fields: Any) -> Any:
    return addresses.add_address(user_id=user.id, now=timezone.now(), **{**ADDRESS, **fields})


def link_in(message: dict[str, Any]) -> str:
    """Return the secret in the link of the mail that this message requests."""
    return settings.MAIL_SEAL.opened(message["sealed_token"])
