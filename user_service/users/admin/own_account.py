"""Pages of the own account of staff: change the password, choose one by a mailed link, end other sign-ons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordInput

from chassis.core.errors import DomainError
from chassis.http.authentication import client_ip
from chassis.staff.middleware import COOKIE
from users import queries
from users.commands import mail_tokens, passwords
from users.commands.revocation import end_sessions, end_sign_on
from users.domain.accounts import MailPurpose, WrongPassword
from users.domain.sessions import EndReason
from users.domain.throttling import TooManyAttempts
from users.models import StaffSignOn

LONGEST_PASSWORD = 128


def _password(label: str, autocomplete: str) -> forms.CharField:
    widget = UnfoldAdminPasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=LONGEST_PASSWORD, widget=widget)


class NewPasswordForm(forms.Form):
    new = _password("New password", "new-password")
    again = _password("New password again", "new-password")

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if "new" in self.cleaned_data and self.cleaned_data["new"] != again:
            raise forms.ValidationError("The two passwords differ.")
        return again


class ChangePasswordForm(NewPasswordForm):
    field_order = ("current", "new", "again")
    current = _password("Current password", "current-password")


class ForgottenPasswordForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254, widget=UnfoldAdminEmailInputWidget)


@sensitive_post_parameters()
def own_account(request: HttpRequest) -> HttpResponse:
    """The password page of staff, with their other sign-ons. The admin site admits only staff."""
    sign_on = queries.valid_sign_on(request.COOKIES.get(COOKIE, ""))
    if sign_on is None:
        return HttpResponseRedirect(reverse("admin:login"))
    if request.method == "POST" and "end" in request.POST:
        _end(request, sign_on)
        return HttpResponseRedirect(request.path)
    form, status = ChangePasswordForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        status = _try(form, "current", lambda: _change(request, sign_on, form.cleaned_data))
        if not form.errors:
            messages.success(request, "Your password is changed. You are signed out everywhere else.")
            return HttpResponseRedirect(request.path)
    others = queries.sign_ons(user_id=sign_on.user_id, now=timezone.now()).exclude(id=sign_on.id)
    return _page(request, "own_account", "Your password and sign-ons", status, form=form, others=others)


def _change(request: HttpRequest, sign_on: StaffSignOn, asked: dict[str, Any]) -> None:
    passwords.change_password(
        user_id=sign_on.user_id,
        session_id=sign_on.id,
        current=asked["current"],
        new=asked["new"],
        client=client_ip(request),
        now=timezone.now(),
    )


def _end(request: HttpRequest, sign_on: StaffSignOn) -> None:
    """End one of the user's own sign-ons, given by its id, or all others."""
    now, user_id = timezone.now(), sign_on.user_id
    if request.POST["end"] == "others":
        end_sessions(user_id=user_id, reason=EndReason.SIGNED_OUT_EVERYWHERE, keep=sign_on.id, now=now)
        return
    try:
        sign_on_id = UUID(request.POST["end"])
    except ValueError:
        return
    end_sign_on(sign_on_id=sign_on_id, user_id=user_id, reason=EndReason.REVOKED, now=now)


@never_cache
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """The page that mails a link. The response is the same for every address."""
    form, status, asked = ForgottenPasswordForm(request.POST or None), 200, False
    if request.method == "POST" and form.is_valid():
        email, client = form.cleaned_data["email"], client_ip(request)
        now = timezone.now()
        status = _try(
            form,
            "email",
            lambda: mail_tokens.request_mail(email=email, purpose=MailPurpose.RESET_PASSWORD, client=client, now=now),
        )
        asked = not form.errors
    return _page(request, "forgotten_password", "Forgotten password", status, form=form, asked=asked)


@never_cache
@sensitive_post_parameters()
def chosen_password(request: HttpRequest) -> HttpResponse:
    """The page that an invitation links to."""
    token = request.POST.get("token") or request.GET.get("token", "")
    form, status = NewPasswordForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        new, now = form.cleaned_data["new"], timezone.now()
        status = _try(
            form,
            "new",
            lambda: passwords.reset_password(token=token, new=new, purpose=MailPurpose.INVITE_STAFF, now=now),
        )
        if not form.errors:
            messages.success(request, "Your password is set. Sign in with it.")
            return HttpResponseRedirect(reverse("admin:login"))
    return _page(request, "choose_password", "Choose your password", status, form=form, token=token)


def _try(form: forms.Form, field: str, command: Any) -> int:
    """Run the command, show a refusal at the field, and return the HTTP status of the page."""
    try:
        command()
    except TooManyAttempts as refusal:
        form.add_error(None, f"Too many attempts. Try again in {refusal.facts['retry_after']} s.")
        return 429
    except WrongPassword as refusal:
        form.add_error(field, refusal.message)
    except DomainError as refusal:
        form.add_error("new" if "new" in form.fields else None, refusal.message)
    return 200


def _page(request: HttpRequest, name: str, title: str, status: int, **context: Any) -> HttpResponse:
    known = {**admin.site.each_context(request), "title": title, "subtitle": None, **context}
    return render(request, f"admin/users/{name}.html", known, status=status)
