from __future__ import annotations

from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.jwt import Identity
from users import queries


class InLiveSession(BasePermission):
    """Require a valid access token of a session that has not ended. Other services check only revoked sessions."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, Identity):
            return False
        who = request.user
        if not queries.session_is_alive(session_id=who.session_id, user_id=who.id, now=timezone.now()):
            raise NotAuthenticated("This session has ended; sign in again.", code="session_ended")
        return True


def customer(request: Request) -> Identity:
    """Return the caller of a view that InLiveSession guards."""
    assert isinstance(request.user, Identity)
    return request.user
