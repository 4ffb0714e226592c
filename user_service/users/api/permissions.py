from __future__ import annotations

from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.jwt import Identity
from users import queries


class InLiveSession(BasePermission):
    """A good access token, of a session that has not ended. The other services take the token's word for it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, Identity):
            return False
        who = request.user
        if not queries.session_is_alive(session_id=who.session_id, user_id=who.id, now=timezone.now()):
            raise NotAuthenticated("This session has ended; sign in again.", code="session_ended")
        return True


def customer(request: Request) -> Identity:
    """Who calls, behind InLiveSession."""
    assert isinstance(request.user, Identity)
    return request.user
