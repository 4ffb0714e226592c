"""The admin site where staff sign in. Its pages are imported late because they need the site."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from chassis.staff.site import StaffSite


class AccountsSite(StaffSite):
    def extra_urls(self) -> list[URLPattern]:
        """Pages without sign-in; the sign-in template finds the first by its name."""
        return [
            path("password_reset/", self.forgotten_password, name="admin_password_reset"),
            path("choose_password/", self.chosen_password, name="choose_password"),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from users.admin import sign_on

        return sign_on.login(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from users.admin import sign_on

        return sign_on.logout(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from users.admin import own_account

        return own_account.own_account(request)

    def forgotten_password(self, request: HttpRequest) -> HttpResponseBase:
        from users.admin import own_account

        return own_account.forgotten_password(request)

    def chosen_password(self, request: HttpRequest) -> HttpResponseBase:
        from users.admin import own_account

        return own_account.chosen_password(request)
