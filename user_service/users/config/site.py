"""The admin site of the service where staff sign in. Its pages are imported late: they need the site."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from chassis.staff.site import StaffSite


class AccountsSite(StaffSite):
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from users.admin import sign_on

        return sign_on.login(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from users.admin import sign_on

        return sign_on.logout(request)
