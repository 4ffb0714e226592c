"""`GET /internal/token-check/`: called by the gateway for nearly every request, so it runs before all other middleware.

It is not routed publicly, not logged and not counted; the checked request is.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chassis.jwt import InvalidToken, identity_of
from chassis.staff.middleware import COOKIE
from users import queries
from users.commands.sessions import note_sign_on_seen

PATH = "/internal/token-check/"


class TokenCheck:
    """Answer 204 for a valid access token of an active session, or a staff cookie with its account's current rights.

    Otherwise 401; 503 while the database is unavailable.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        try:
            valid = _is_valid(request)
        except (OperationalError, InterfaceError):
            return HttpResponse(status=503, headers={"Retry-After": "5"})
        return HttpResponse(status=204) if valid else HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})


def _is_valid(request: HttpRequest) -> bool:
    if authorization := request.META.get("HTTP_AUTHORIZATION", ""):
        return _is_valid_token(authorization)
    sign_on = queries.valid_sign_on(request.COOKIES.get(COOKIE, ""))
    if sign_on is None:
        return False
    note_sign_on_seen(sign_on_id=sign_on.id, now=timezone.now())
    return True


def _is_valid_token(authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return False
    try:
        who = identity_of(token.strip())
    except InvalidToken:
        return False
    return queries.session_is_alive(session_id=who.session_id, user_id=who.id, now=timezone.now())
