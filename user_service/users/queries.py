"""Reads for the API, the admin and the token check."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from chassis.jwt import InvalidToken
from chassis.staff.middleware import claims_of
from users.domain.personal_data import missing
from users.models import Address, DataExport, ExportPart, Session, StaffSignOn, User

_ADDRESS = ("id", "name", "line1", "line2", "city", "postal_code", "region", "country", "phone", "created_at")
_SESSION = ("id", "user_agent", "client", "created_at", "last_used_at", "expires_at")


def session_is_alive(*, session_id: str, user_id: UUID, now: datetime) -> bool:
    """Return whether the session is active: one read by primary key, for every token check that is not cached."""
    try:
        rows = Session.objects.filter(id=UUID(session_id)).values_list("user_id", "revoked_at", "expires_at")
    except ValueError:
        return False
    return any(owner == user_id and revoked is None and now < expires for owner, revoked, expires in rows)


def session_has_ended(session_id: UUID) -> bool:
    """Return whether this session or staff sign-on was revoked or does not exist. Tokens expire before sessions do."""
    tables = (Session.objects, StaffSignOn.objects)
    return not any(rows.filter(id=session_id, revoked_at=None).exists() for rows in tables)


def valid_sign_on(cookie: str) -> StaffSignOn | None:
    """Return the sign-on of this cookie if it is active and its account still has exactly the rights in the cookie."""
    try:
        claims = claims_of(cookie)
        sign_on_id, user_id = UUID(str(claims["sid"])), UUID(str(claims["sub"]))
    except (InvalidToken, KeyError, ValueError):
        return None
    sign_on = StaffSignOn.objects.select_related("user").filter(id=sign_on_id, user_id=user_id, revoked_at=None).first()
    if sign_on is None:
        return None
    user = sign_on.user
    if not (user.is_active and user.is_staff) or user.is_superuser != claims.get("superuser"):
        return None
    same = sorted(user.groups.values_list("name", flat=True)) == claims.get("groups")
    return sign_on if same else None


def is_last_superuser(user_id: UUID) -> bool:
    """Return whether this is the only active superuser."""
    ids = User.objects.filter(is_superuser=True, is_active=True).values_list("id", flat=True)
    return list(ids[:2]) == [user_id]


def sign_ons(*, user_id: UUID, now: datetime) -> QuerySet[StaffSignOn]:
    """Return the user's active staff sign-ons, newest first."""
    return StaffSignOn.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now).order_by("-created_at")


def account(user_id: UUID) -> User | None:
    """Return the account unless it is locked or deleted."""
    return User.objects.filter(id=user_id, is_active=True).first()


def addresses(user_id: UUID) -> list[dict[str, Any]]:
    """Return the user's addresses, oldest first. There are at most MAX_ADDRESSES, so no pages."""
    default = _default(user_id)
    rows = Address.objects.filter(user_id=user_id).order_by("created_at", "id").values(*_ADDRESS)
    return [{**row, "is_default": row["id"] == default} for row in rows]


def address(*, user_id: UUID, address_id: UUID) -> dict[str, Any] | None:
    """Return one of the user's addresses, or None."""
    row = Address.objects.filter(id=address_id, user_id=user_id).values(*_ADDRESS).first()
    return {**row, "is_default": row["id"] == _default(user_id)} if row else None


def sessions(*, user_id: UUID, now: datetime) -> QuerySet[Session, dict[str, Any]]:
    """Return the user's active sessions."""
    active = Session.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now)
    rows: QuerySet[Session, dict[str, Any]] = active.values(*_SESSION)
    return rows


def exports(user_id: UUID, *, now: datetime) -> QuerySet[DataExport]:
    """Return the user's exports that have not expired, newest first."""
    return DataExport.objects.filter(user_id=user_id, expires_at__gt=now).order_by("-requested_at")


def unanswered(export_id: UUID) -> list[str]:
    """Return the services whose contribution is missing or incomplete."""
    rows = ExportPart.objects.filter(export_id=export_id).values_list("service", "parts")
    counts = Counter(rows)
    complete = [service for (service, parts), count in counts.items() if count == parts]
    return missing(settings.PERSONAL_DATA_SERVICES, complete)


def _default(user_id: UUID) -> UUID | None:
    return User.objects.filter(id=user_id).values_list("default_address_id", flat=True).first()
