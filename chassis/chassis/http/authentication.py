"""DRF authentication: a bearer token for customers, the staff cookie for staff at the browsable API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from chassis.jwt import Identity, InvalidToken, identity_of
from chassis.revocation import is_revoked

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module, by settings


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>` (RFC 6750), verified independently of the gateway.

    A request that changes data is also rejected when its session ended before the token expires.
    """

    def authenticate(self, request: Request) -> tuple[Identity, str] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            who = identity_of(token.strip())
        except InvalidToken:
            raise exceptions.AuthenticationFailed("The access token is not valid.", code="invalid_token") from None
        if request.method not in SAFE_METHODS and is_revoked(who.session_id):
            raise exceptions.AuthenticationFailed("This session has ended; sign in again.", code="session_ended")
        return who, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="souk"'


class StaffAuthentication(BaseAuthentication):
    """The staff user found by `chassis.staff.middleware`, with CSRF protection."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        user = getattr(request._request, "staff_user", None)
        if user is None:
            return None
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(request._request)
        reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]
        if reason:
            raise exceptions.PermissionDenied(f"CSRF failed: {reason}", code="csrf_failed")
        return user, None


class IsCustomer(BasePermission):
    """Signed in with an access token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Identity)


def customer_id(request: Request) -> UUID:
    """Return the id of the customer, in a view for which IsCustomer holds."""
    assert isinstance(request.user, Identity)
    return request.user.id


def client_ip(request: HttpRequest) -> str:
    """Return the client's address from `X-Real-IP`, which only the gateway sets."""
    return str(request.META.get("HTTP_X_REAL_IP") or request.META.get("REMOTE_ADDR", ""))
