"""The password page of staff, and the pages that a mailed link opens."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD, a_session, a_sign_on, a_user, link_in
from users.commands import staff as commands
from users.domain.accounts import WrongPassword
from users.models import MailRequest, Session, StaffSignOn, User

pytestmark = pytest.mark.django_db
PAGE, FORGOTTEN, CHOOSE = (f"/admin/users/{name}/" for name in ("password_change", "password_reset", "choose_password"))
LOGIN = "/admin/users/login/"
NEW = "another good horse"


@pytest.fixture
def browser(staff):
    return staff(superuser=False, groups=("support",))


def change(browser, current=PASSWORD, new=NEW, again=NEW, **headers):
    return browser.post(PAGE, {"current": current, "new": new, "again": again}, headers=headers)


def test_a_new_password_ends_all_but_this_sign_on_and_is_told(browser, outbox):
    me = browser.user
    other, session = a_sign_on(me), a_session(me)
    assert change(browser).status_code == 302
    assert browser.get(PAGE).status_code == 200
    assert StaffSignOn.objects.get(id=other.id).end_reason == "password_changed"
    assert Session.objects.get(id=session.id).end_reason == "password_changed"
    assert outbox.one("user.password_changed.v1")["user_id"] == str(me.id)
    signed_in = Client().post(LOGIN, {"username": me.email, "password": NEW})
    assert signed_in.status_code == 302


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"current": "wrong"}, WrongPassword().message.encode()),
        ({"new": "short", "again": "short"}, b"too short"),
        ({"again": "something else"}, b"The two passwords differ"),
        ({"new": "x" * 129, "again": "x" * 129}, b"at most 128"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_changes_nothing(asked, said, browser, outbox):
    before = User.objects.get(id=browser.user.id).password
    answer = change(browser, **asked)
    assert answer.status_code == 200
    assert said in answer.content
    assert User.objects.get(id=browser.user.id).password == before
    assert outbox.types() == []


def test_guessing_the_current_password_is_slowed_as_at_the_sign_in(browser):
    answers = [change(browser, current="wrong", **{"X-Real-IP": "192.0.2.66"}).status_code for _ in range(7)]
    assert answers == [200] * 6 + [429]


def test_staff_see_and_end_their_own_sign_ons_elsewhere(browser):
    mine, theirs = a_sign_on(browser.user, user_agent="A lost telephone"), a_sign_on(a_user(is_staff=True))
    assert "A lost telephone" in browser.get(PAGE).content.decode()
    for asked in (str(mine.id), str(theirs.id), "nonsense", ""):
        assert browser.post(PAGE, {"end": asked}).status_code == 302
    assert StaffSignOn.objects.get(id=mine.id).end_reason == "revoked"
    assert StaffSignOn.objects.get(id=theirs.id).revoked_at is None
    another = a_sign_on(browser.user)
    browser.post(PAGE, {"end": "others"})
    assert StaffSignOn.objects.get(id=another.id).revoked_at is not None
    assert browser.get(PAGE).status_code == 200


def test_the_page_is_for_staff_and_safe_from_forged_posts(browser):
    assert Client().get(PAGE).status_code == 302
    browser.handler.enforce_csrf_checks = True
    assert change(browser).status_code == 403


def test_a_forgotten_password_is_asked_for_on_the_sign_in_page():
    a_user(email="sami@souk.example", is_staff=True)
    assert FORGOTTEN in Client().get(LOGIN).content.decode()
    answers = [Client().post(FORGOTTEN, {"email": email}) for email in ("sami@souk.example", "nobody@souk.example")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.content for answer in answers}) == 1
    assert MailRequest.objects.count() == 2


def test_an_invitation_lets_its_holder_choose_the_password_once(outbox):
    user = commands.invite_staff(email="new@souk.example", name="New", now=timezone.now())
    token = link_in(outbox.one("user.staff_invited.v1"))
    page = Client().get(CHOOSE, {"token": token})
    assert page.status_code == 200
    assert token in page.content.decode()
    weak = Client().post(CHOOSE, {"token": token, "new": "password12", "again": "password12"})
    assert b"too common" in weak.content
    assert Client().post(CHOOSE, {"token": token, "new": NEW, "again": NEW})["Location"] == LOGIN
    again = Client().post(CHOOSE, {"token": token, "new": "something else 1", "again": "something else 1"})
    assert b"This link has been used" in again.content
    assert Client().post(LOGIN, {"username": user.email, "password": NEW}).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 5000])
def test_a_link_that_is_none_is_refused(token):
    asked = {"token": token.encode("utf-8", "surrogatepass").decode("latin-1"), "new": NEW, "again": NEW}
    answer = Client().post(CHOOSE, asked)
    assert answer.status_code == 200
    assert b"This link has been used" in answer.content
