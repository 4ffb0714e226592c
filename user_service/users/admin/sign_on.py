"""The sign-in of staff to the admins of all services. It sets the staff cookie, which every service verifies.

There is no Django session; `chassis.staff.middleware` creates the user of each request from the cookie.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.forms import AuthenticationForm

from chassis.http.authentication import client_ip
from chassis.staff.middleware import COOKIE
from users import queries
from users.commands import sessions
from users.commands.revocation import end_sign_on
from users.domain.accounts import SignInRefused
from users.domain.sessions import STAFF_COOKIE, EndReason
from users.domain.throttling import TooManyAttempts

#: Valid targets after sign-in: an admin or a browsable API of this host.
_TARGET = re.compile(r"/(admin|api)/[^\\\x00-\x20]*")


class StaffSignInForm(AuthenticationForm):
    """Django's form, checked by the command that signs customers in, with the same throttling."""

    cookie = ""
    retry_after = 0

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            try:
                self.cookie = sessions.sign_in_staff(
                    email=email,
                    password=password,
                    client=client_ip(self.request),
                    user_agent=self.request.headers.get("User-Agent", ""),
                    now=timezone.now(),
                )
            except SignInRefused:
                raise self.get_invalid_login_error() from None
            except TooManyAttempts as refusal:
                self.retry_after = refusal.facts["retry_after"]
                text = f"Too many attempts. Try again in {self.retry_after} s."
                raise ValidationError(text, code="too_many_attempts") from None
        return dict(self.cleaned_data)


class StaffSignIn(LoginView):
    form_class = StaffSignInForm
    template_name = "admin/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": "Sign in",
            "subtitle": None,
            "app_path": self.request.get_full_path(),
            "username": "",
            "next": self.get_redirect_url(),
        }

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return `next` if it is an admin or an API of this host, otherwise ""."""
        target = self.request.POST.get("next", self.request.GET.get("next", ""))
        here = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
        return target if here and _TARGET.fullmatch(target) and "//" not in target.partition("?")[0] else ""

    def form_valid(self, form: Any) -> HttpResponse:
        rotate_token(self.request)
        response = HttpResponseRedirect(self.get_success_url())
        response.set_cookie(
            COOKIE,
            form.cookie,
            max_age=STAFF_COOKIE,
            path="/",
            secure=settings.PRODUCTION,
            httponly=True,
            samesite="Strict",
        )
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.retry_after:
            response.status_code = 429
            response["Retry-After"] = str(form.retry_after)
        return response


def login(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """The sign-in page. Staff whose rights have changed sign in again, because the cookie carries the old ones."""
    signed_in = request.method == "GET" and queries.valid_sign_on(request.COOKIES.get(COOKIE, ""))
    if signed_in and admin.site.has_permission(request):
        view = StaffSignIn(request=request)
        return HttpResponseRedirect(view.get_redirect_url() or view.get_default_redirect_url())
    return StaffSignIn.as_view()(request)


def logout(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Sign out; the other services redirect their staff here (with GET).

    Another site cannot sign staff out: its requests do not carry the cookie (SameSite=Strict), and without the
    cookie this view is not reached.
    """
    if sign_on := queries.valid_sign_on(request.COOKIES.get(COOKIE, "")):
        end_sign_on(sign_on_id=sign_on.id, reason=EndReason.SIGNED_OUT, now=timezone.now())
    response = HttpResponseRedirect(reverse("admin:login"))
    response.delete_cookie(COOKIE, path="/", samesite="Strict")
    return response
