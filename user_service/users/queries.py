"""Reads for API and token check."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from chassis.jwt import InvalidToken
from chassis.staff.middleware import claims_of
from users.models import Address, Session, User

_ADDRESS = ("id", "name", "line1", "line2", "city", "postal_code", "region", "country", "phone", "created_at")
_SESSION = ("id", "user_agent", "client", "created_at", "last_used_at", "expires_at")


def session_is_alive(*, session_id: str, user_id: UUID, now: datetime) -> bool:
    """One read by primary key; asked for each request that the gateway has not asked about just now."""
    try:
        rows = Session.objects.filter(id=UUID(session_id)).values_list("user_id", "revoked_at", "expires_at")
    except ValueError:
        return False
    return any(owner == user_id and revoked is None and now < expires for owner, revoked, expires in rows)


def session_has_ended(session_id: UUID) -> bool:
    """Whether there is no such session, or it was revoked. Tokens hold no longer than their session anyway."""
    return not Session.objects.filter(id=session_id, revoked_at=None).exists()


def staff_cookie_is_good(cookie: str) -> bool:
    """Whether it is ours, and its account still is staff with just the rights that it names."""
    try:
        claims = claims_of(cookie)
        user = User.objects.filter(id=UUID(claims["sub"]), is_active=True, is_staff=True).first()
    except (InvalidToken, ValueError):
        return False
    if user is None or user.is_superuser != claims.get("superuser"):
        return False
    return sorted(user.groups.values_list("name", flat=True)) == claims.get("groups")


def account(user_id: UUID) -> User | None:
    return User.objects.filter(id=user_id, is_active=True).first()


def addresses(user_id: UUID) -> list[dict[str, Any]]:
    """Oldest first; at most MOST_ADDRESSES, so no pages."""
    default = _default(user_id)
    rows = Address.objects.filter(user_id=user_id).order_by("created_at", "id").values(*_ADDRESS)
    return [{**row, "is_default": row["id"] == default} for row in rows]


def address(*, user_id: UUID, address_id: UUID) -> dict[str, Any] | None:
    """None for another user's, too."""
    row = Address.objects.filter(id=address_id, user_id=user_id).values(*_ADDRESS).first()
    return {**row, "is_default": row["id"] == _default(user_id)} if row else None


def sessions(*, user_id: UUID, now: datetime) -> QuerySet[Session, dict[str, Any]]:
    """Alive, the one used last first."""
    return Session.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now).values(*_SESSION)


def _default(user_id: UUID) -> UUID | None:
    return User.objects.filter(id=user_id).values_list("default_address_id", flat=True).first()
