"""Staff sign-ons are rows that end, and every end is announced to all services."""

import jwt
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chassis.staff.middleware import COOKIE
from tests.admin.test_accounts import act, form_of, page
from tests.factories import PASSWORD, a_session, a_sign_on, a_user, link_in
from users.commands import mail_tokens, passwords, staff
from users.domain.accounts import LastSuperuser, MailPurpose
from users.models import Session, StaffSignOn, User

pytestmark = pytest.mark.django_db
INDEX, CHECK = "/admin/users/", "/internal/token-check/"


@pytest.fixture
def member():
    a_user(is_staff=True, is_superuser=True, email="boss@souk.example")
    return a_user(email="sami@souk.example", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_on(member):
    browser = Client(headers={"user-agent": "Firefox on the till", "x-real-ip": "192.0.2.7"})
    browser.post("/admin/users/login/", {"username": member.email, "password": PASSWORD})
    assert browser.get(INDEX).status_code == 200
    return browser


def is_out(browser):
    return (browser.get(INDEX).status_code, browser.get(CHECK).status_code) == (302, 401)


def test_a_sign_on_is_a_row_whose_id_stands_in_the_cookie(signed_on, member):
    row = StaffSignOn.objects.get(user=member)
    assert (row.user_agent, row.client) == ("Firefox on the till", "192.0.2.7")
    assert jwt.decode(signed_on.cookies[COOKIE].value, options={"verify_signature": False})["sid"] == str(row.id)
    assert signed_on.get(CHECK).status_code == 204


def test_a_cookie_does_not_outlive_its_sign_out(signed_on, member, outbox):
    kept = signed_on.cookies[COOKIE].value
    signed_on.get("/admin/users/logout/")
    signed_on.cookies[COOKIE] = kept
    assert is_out(signed_on)
    row = StaffSignOn.objects.get(user=member)
    assert row.end_reason == "signed_out"
    assert outbox.one("user.sessions_ended.v1")["session_ids"] == [str(row.id)]


def _reset(user):
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=timezone.now())
    from testkit.plugin import Outbox

    token = link_in(Outbox().one("user.password_reset_requested.v1"))
    passwords.reset_password(token=token, new="another good horse", now=timezone.now())


def _change(user):
    passwords.change_password(
        user_id=user.id,
        session_id=a_session(user).id,
        current=PASSWORD,
        new="another good horse",
        client="",
        now=timezone.now(),
    )


def _rights(user, **rights):
    given = {"is_staff": True, "is_superuser": True, "groups": [], **rights}
    staff.set_rights(user_id=user.id, now=timezone.now(), **given)


ENDINGS = {
    "password_reset": _reset,
    "password_changed": _change,
    "deactivated": lambda user: staff.deactivate(user_id=user.id, now=timezone.now()),
    "rights_changed": lambda user: _rights(user, groups=["support"]),
}


@pytest.mark.parametrize("reason", ENDINGS)
def test_a_sign_on_ends_with_its_password_account_and_rights(reason, signed_on, member, outbox):
    Group.objects.get_or_create(name="support")
    ENDINGS[reason](member)
    assert is_out(signed_on)
    told = outbox.one("user.sessions_ended.v1")
    assert (told["reason"], told["user_id"]) == (reason, str(member.id))
    assert str(StaffSignOn.objects.get(user=member).id) in told["session_ids"]


@pytest.mark.parametrize("lesser", [{"is_superuser": False}, {"is_superuser": False, "is_staff": False}])
def test_lesser_rights_end_sign_ons_and_leave_the_customers_sessions(lesser, signed_on, member):
    session = a_session(member)
    _rights(member, **lesser)
    assert is_out(signed_on)
    assert Session.objects.get(id=session.id).revoked_at is None


def test_rights_that_stay_end_nothing(signed_on, member, outbox):
    _rights(member)
    assert not is_out(signed_on)
    assert outbox.types() == []


def test_a_changed_group_in_the_admin_ends_the_sign_ons(staff, member):
    group, sign_on = Group.objects.get_or_create(name="support")[0], a_sign_on(member)
    staff().post(page(member), form_of(member, is_staff="on", is_superuser="on", groups=[str(group.pk)]))
    assert StaffSignOn.objects.get(id=sign_on.id).end_reason == "rights_changed"
    assert list(member.groups.all()) == [group]


def test_a_superuser_ends_a_sign_on_and_that_is_attributed(staff, signed_on, member):
    browser, row = staff(), StaffSignOn.objects.get(user=member)
    assert "Firefox on the till" in browser.get(reverse("admin:users_staffsignon_changelist")).content.decode()
    act(browser, "end", row, model="staffsignon")
    assert is_out(signed_on)
    assert LogEntry.objects.get().user_id == browser.user.id


def test_the_last_superuser_keeps_account_and_rights(staff):
    browser = staff()
    me = browser.user
    act(browser, "deactivate", me)
    answer = browser.post(page(me), form_of(me, is_staff="on"))
    assert b"only superuser left" in answer.content
    after = User.objects.get(id=me.id)
    assert (after.is_active, after.is_superuser) == (True, True)
    with pytest.raises(LastSuperuser):
        _rights(me, is_superuser=False)


def test_a_superuser_among_several_may_go(member):
    _rights(member, is_superuser=False)
    assert not User.objects.get(id=member.id).is_superuser
    assert User.objects.get(email="boss@souk.example").outlasted_at is not None
