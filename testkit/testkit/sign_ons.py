"""Checks of the staff cookie in each service, which `testkit.project` passes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chassis.inbox.receiver import handler_table
from chassis.revocation import sessions
from chassis.staff.middleware import COOKIE
from testkit import tokens

__all__ = [
    "test_a_cookie_without_a_sign_on_opens_nothing",
    "test_an_ended_staff_sign_on_opens_nothing_at_the_service_itself",
    "test_an_older_cookie_brings_no_rights_back",
    "test_the_password_is_changed_where_staff_sign_in",
]

SHADOWS = settings.AUTH_USER_MODEL == "staff.StaffUser"
elsewhere = pytest.mark.skipif(
    not SHADOWS, reason="only on shadows of the accounts; who keeps the accounts has its own tests"
)


def asked_with(cookie: str, page: str = "index") -> int:
    browser = Client()
    browser.cookies[COOKIE] = cookie
    return browser.get(reverse(f"admin:{page}")).status_code


def rights(user_id: UUID, *, minutes_ago: int = 0, **claims: Any) -> str:
    return tokens.staff_cookie(user_id, iat=timezone.now() - timedelta(minutes=minutes_ago), **claims)


@elsewhere
@pytest.mark.django_db
def test_an_ended_staff_sign_on_opens_nothing_at_the_service_itself(deliver: Callable[..., Any]) -> None:
    user_id, ended, other = uuid4(), uuid4(), uuid4()
    cookie, second = (tokens.staff_cookie(user_id, sid=str(sid)) for sid in (ended, other))
    assert (asked_with(cookie), asked_with(second)) == (200, 200)
    news = {"user_id": user_id, "session_ids": [ended], "reason": "signed_out", "ended_at": timezone.now()}
    types = [type_ for type_, handler in handler_table().items() if handler.shape is sessions.SessionsEnded]
    assert types, "a service that opens an admin learns which sign-ons have ended"
    deliver(types[0], news, subject=user_id)
    assert (asked_with(cookie), asked_with(second)) == (302, 200)


@elsewhere
@pytest.mark.django_db
@pytest.mark.parametrize("lesser", [{"superuser": False}, {"superuser": False, "groups": ["support"]}])
def test_an_older_cookie_brings_no_rights_back(lesser: dict[str, Any]) -> None:
    user_id = uuid4()
    old, again = rights(user_id, minutes_ago=5), rights(user_id, minutes_ago=4)
    new = rights(user_id, **lesser)
    page = "inbox_failedmessage_changelist"
    assert (asked_with(old, page), asked_with(again, page), asked_with(old, page)) == (200, 200, 200)
    assert asked_with(new, page) == 403
    assert asked_with(old, page) == 302, "its rights are out of date"
    assert asked_with(new, page) == 403
    assert asked_with(again, page) == 302


@pytest.mark.django_db
@pytest.mark.parametrize("sid", ["", "nonsense", 7, None])
def test_a_cookie_without_a_sign_on_opens_nothing(sid: Any) -> None:
    assert asked_with(tokens.staff_cookie(uuid4(), sid=sid)) == 302


@elsewhere
@pytest.mark.django_db
def test_the_password_is_changed_where_staff_sign_in(staff: Callable[..., Client]) -> None:
    answer = staff().get(reverse("admin:password_change"))
    assert (answer.status_code, answer["Location"]) == (302, settings.STAFF_ACCOUNT_URL)
