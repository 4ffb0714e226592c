"""`GET /internal/token-check/`: the gateway asks it for nearly every request, so it goes before all other middleware.

Not routed publicly, not logged, not counted; the request that it is about is.
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
    """204 for a good access token of a live session, or a staff cookie whose rights are still those of its account;
    else 401. 503 while the database is away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        try:
            good = _is_good(request)
        except (OperationalError, InterfaceError):
            return HttpResponse(status=503, headers={"Retry-After": "5"})
        return HttpResponse(status=204) if good else HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})


def _is_good(request: HttpRequest) -> bool:
    if authorization := request.META.get("HTTP_AUTHORIZATION", ""):
        return _is_good_token(authorization)
    sign_on = queries.good_sign_on(request.COOKIES.get(COOKIE, ""))
    if sign_on is None:
        return False
    note_sign_on_seen(sign_on_id=sign_on.id, now=timezone.now())
    return True


def _is_good_token(authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return False
    try:
        who = identity_of(token.strip())
    except InvalidToken:
        return False
    return queries.session_is_alive(session_id=who.session_id, user_id=who.id, now=timezone.now())
