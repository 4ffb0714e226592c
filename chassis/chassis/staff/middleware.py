"""Authentication of staff by the staff cookie, without a session."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chassis.jwt import STAFF, InvalidToken, user_keys, verify
from chassis.revocation import is_revoked
from chassis.transactions import transactional

if TYPE_CHECKING:
    from chassis.staff.models import StaffUser  # not installed where the accounts themselves are kept

COOKIE = "souk_staff"
AUDIENCE = "souk-staff"

GetResponse = Callable[[HttpRequest], HttpResponse]


class StaffMiddleware:
    """Sets the user from the staff cookie, if it is valid. Must come after AuthenticationMiddleware."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cookie = request.COOKIES.get(COOKIE)
        user = _user_of(cookie) if cookie else None
        if user is not None:
            request.user = request.staff_user = user  # type: ignore[attr-defined]
        return self.get_response(request)


def claims_of(cookie: str) -> dict[str, Any]:
    """Return the claims of a valid staff cookie. Raises InvalidToken."""
    return verify(cookie, keys=user_keys(), token_type=STAFF, issuer=settings.JWT_ISSUER, audience=AUDIENCE)


def _user_of(cookie: str) -> Any:
    try:
        claims = claims_of(cookie)
        user_id, session_id = UUID(str(claims["sub"])), UUID(str(claims["sid"]))
    except (InvalidToken, KeyError, ValueError):
        return None
    if is_revoked(str(session_id)):
        return None
    if settings.AUTH_USER_MODEL == "staff.StaffUser":
        return _local_copy(user_id, claims)
    return get_user_model()._default_manager.filter(pk=user_id, is_active=True, is_staff=True).first()


def _local_copy(user_id: UUID, claims: dict[str, Any]) -> StaffUser | None:
    """Return the local copy, updated at most once a minute; None for a cookie with outdated rights.

    An older cookie remains valid while its rights equal those of the newest one.
    """
    from chassis.staff.models import StaffUser

    now, rights = timezone.now(), _rights(claims)
    user = StaffUser.objects.filter(id=user_id).first()
    if user is None or user.rights != rights:
        return _with_rights(user_id, claims, rights, now)
    if user.last_seen_at and now - user.last_seen_at < timedelta(minutes=1):
        return user
    StaffUser.objects.filter(id=user_id, rights=rights).update(last_seen_at=now)
    return user


def _rights(claims: dict[str, Any]) -> str:
    return json.dumps([bool(claims.get("superuser", False)), sorted(map(str, claims.get("groups") or ()))])


@transactional
def _with_rights(user_id: UUID, claims: dict[str, Any], rights: str, now: datetime) -> StaffUser | None:
    """Update the local copy with the rights of this cookie, unless it has those of a newer one."""
    from chassis.staff.models import StaffUser

    as_of = int(claims.get("as_of") or claims["iat"] * 1_000_000)
    row = {
        "email": claims.get("email", ""),
        "name": claims.get("name", ""),
        "is_superuser": bool(claims.get("superuser", False)),
        "is_active": True,
        "last_seen_at": now,
        "rights": rights,
        "rights_as_of": as_of,
    }
    user, created = StaffUser.objects.get_or_create(id=user_id, defaults=row)
    if not created:
        if not StaffUser.objects.filter(id=user_id, rights_as_of__lte=as_of).update(**row):
            return None
        user = StaffUser.objects.get(id=user_id)
    user.groups.set(Group.objects.filter(name__in=claims.get("groups") or ()))
    return user
