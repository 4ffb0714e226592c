"""Reads for API and token check."""

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
    """One read by primary key; asked for each request that the gateway has not asked about just now."""
    try:
        rows = Session.objects.filter(id=UUID(session_id)).values_list("user_id", "revoked_at", "expires_at")
    except ValueError:
        return False
    return any(owner == user_id and revoked is None and now < expires for owner, revoked, expires in rows)


def session_has_ended(session_id: UUID) -> bool:
    """Whether there is no such session or staff sign-on, or it was revoked. A token does not outlive its session."""
    kept = (Session.objects, StaffSignOn.objects)
    return not any(rows.filter(id=session_id, revoked_at=None).exists() for rows in kept)


def good_sign_on(cookie: str) -> StaffSignOn | None:
    """The sign-on of this cookie, if it is alive and its account still is staff with just the rights that it names."""
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
    ids = User.objects.filter(is_superuser=True, is_active=True).values_list("id", flat=True)
    return list(ids[:2]) == [user_id]


def sign_ons(*, user_id: UUID, now: datetime) -> QuerySet[StaffSignOn]:
    """Alive, the newest first."""
    return StaffSignOn.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now).order_by("-created_at")


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


def exports(user_id: UUID, *, now: datetime) -> QuerySet[DataExport]:
    """Those that have not expired, the newest first."""
    return DataExport.objects.filter(user_id=user_id, expires_at__gt=now).order_by("-requested_at")


def unanswered(export_id: UUID) -> list[str]:
    """The services of which a part is missing."""
    rows = ExportPart.objects.filter(export_id=export_id).values_list("service", "parts")
    counts = Counter(rows)
    complete = [service for (service, parts), count in counts.items() if count == parts]
    return missing(settings.PERSONAL_DATA_SERVICES, complete)


def _default(user_id: UUID) -> UUID | None:
    return User.objects.filter(id=user_id).values_list("default_address_id", flat=True).first()
