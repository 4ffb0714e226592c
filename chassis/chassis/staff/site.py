"""The admin site of every service. Staff sign in, sign out and change their password at the user service."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern
from unfold.sites import UnfoldAdminSite


class StaffSite(UnfoldAdminSite):
    """Redirects sign-in, sign-out and password change to the user service, which overrides these pages."""

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs without `view_on_site`: our models have no public pages, and it fails on malformed ids."""
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        target = request.GET.get("next") or request.get_full_path()
        return HttpResponseRedirect(f"{settings.STAFF_LOGIN_URL}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return HttpResponseRedirect(settings.STAFF_LOGOUT_URL)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return HttpResponseRedirect(settings.STAFF_ACCOUNT_URL)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page = request.GET.get("page", "1")
        if not (page.isascii() and page.isdecimal() and len(page) < 10):
            raise BadRequest("page must be a number.")
        answer: HttpResponse = super().search(request, extra_context)
        return answer
