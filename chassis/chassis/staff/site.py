"""Where an unknown visitor of any admin goes: the one sign-in page, and back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def login(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Replaces the log-in view of an admin site in every service but the user service."""
    target = request.GET.get("next") or request.get_full_path()
    return HttpResponseRedirect(f"{settings.STAFF_LOGIN_URL}?{urlencode({'next': target})}")


def logout(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    return HttpResponseRedirect(settings.STAFF_LOGOUT_URL)
