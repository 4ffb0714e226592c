import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from tests.factories import a_session, a_user, an_address, link_in
from users.commands import mail_tokens
from users.domain.accounts import MailPurpose
from users.models import Session, User

pytestmark = pytest.mark.django_db
LIST = "/admin/users/users/user/"
SUPPORT = ("support",)


def page(user):
    return reverse("admin:users_user_change", args=[user.id])


def act(browser, name, *users, model="user"):
    data = {"action": name, "_selected_action": [str(user.id) for user in users]}
    return browser.post(reverse(f"admin:users_{model}_changelist"), data, follow=True)


def form_of(user, **changes):
    empty = {f"addresses-{n}": "0" for n in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    return {"name": user.name, "locale": user.locale, "phone": "", **empty, **changes}


@pytest.fixture
def browser(staff):
    return staff()


@pytest.fixture
def support(staff):
    return staff(superuser=False, groups=SUPPORT)


def test_an_account_page_shows_addresses_and_no_password(browser, user):
    an_address(user)
    text = browser.get(page(user)).content.decode()
    assert "Storgatan 12" in text
    assert user.password not in text
    assert 'name="password"' not in text


@pytest.mark.parametrize("asked", ["mira@example.org", "MIRA@EXAMPLE.ORG", "Mira Q"])
def test_accounts_are_found_by_address_and_name(browser, asked):
    found = a_user(email="Mira@Example.org", name="Mira Q.")
    text = browser.get(LIST, {"q": asked}).content.decode()
    assert str(found.id) in text
    assert str(found.id) in browser.get(LIST, {"q": str(found.id)}).content.decode()


def test_deactivating_ends_the_sessions_and_is_attributed(support, user):
    session = a_session(user)
    act(support, "deactivate", user)
    assert not User.objects.get(id=user.id).is_active
    assert Session.objects.get(id=session.id).end_reason == "deactivated"
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id, entry.change_message) == (support.user.id, str(user.id), "deactivated")
    act(support, "reactivate", user)
    assert User.objects.get(id=user.id).is_active


def test_verifying_by_hand_is_told_to_the_others_once(support, outbox):
    user = a_user(verified=False)
    act(support, "verify", user)
    act(support, "verify", user)
    assert outbox.types() == ["user.email_verified.v1"]
    assert LogEntry.objects.count() == 1


def test_support_touches_no_staff(support):
    colleague = a_user(is_staff=True, verified=False)
    act(support, "deactivate", colleague)
    act(support, "verify", colleague)
    assert User.objects.get(id=colleague.id).is_active
    assert support.post(page(colleague), form_of(colleague, name="Renamed")).status_code == 403
    assert not LogEntry.objects.exists()


def test_support_cannot_make_anybody_staff(support, user):
    group = Group.objects.get(name="support")
    rights = {"is_staff": "on", "is_superuser": "on", "groups": [str(group.pk)], "email": "evil@example.com"}
    assert support.post(page(user), form_of(user, name="Renamed", **rights)).status_code == 302
    after = User.objects.get(id=user.id)
    assert (after.name, after.is_staff, after.is_superuser) == ("Renamed", False, False)
    assert after.email == user.email
    assert not after.groups.exists()


def test_a_changed_profile_is_told_to_the_others_and_attributed(browser, user, outbox):
    browser.post(page(user), form_of(user, name="Renamed"))
    assert outbox.one("user.profile_changed.v1")["name"] == "Renamed"
    assert LogEntry.objects.get().user_id == browser.user.id


def test_a_superuser_gives_rights_and_groups(browser, user):
    group = Group.objects.get(name="support")
    browser.post(page(user), form_of(user, is_staff="on", groups=[str(group.pk)]))
    after = User.objects.get(id=user.id)
    assert after.is_staff
    assert list(after.groups.all()) == [group]


def test_a_superuser_invites_staff_who_choose_the_password_by_mail(browser, outbox):
    answer = browser.post(f"{LIST}add/", {"email": "new@souk.example", "name": "New"})
    assert answer.status_code == 302
    user = User.objects.get(email_key="new@souk.example")
    assert user.is_staff
    assert not user.has_usable_password()
    assert outbox.types() == ["user.registered.v1", "user.staff_invited.v1"]
    again = browser.post(f"{LIST}add/", {"email": "NEW@souk.example", "name": "New"})
    assert again.status_code == 200
    assert User.objects.filter(email_key="new@souk.example").count() == 1


def test_support_invites_nobody(support):
    assert support.get(f"{LIST}add/").status_code == 403


def test_nobody_deletes_an_account_in_the_admin(browser, user):
    assert browser.get(reverse("admin:users_user_delete", args=[user.id])).status_code == 403


def test_a_session_is_revoked_and_that_is_attributed(support, user):
    session = a_session(user)
    act(support, "revoke", session, model="session")
    assert Session.objects.get(id=session.id).end_reason == "staff"
    assert LogEntry.objects.get().user_id == support.user.id


def test_staff_who_may_only_view_revoke_nothing(staff, user):
    session = a_session(user)
    act(staff(superuser=False, groups=("operations",)), "revoke", session, model="session")
    assert Session.objects.get(id=session.id).revoked_at is None


def test_staff_never_see_the_links_that_open_accounts(browser, user, outbox):
    from django.utils import timezone

    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=timezone.now())
    secret = link_in(outbox.one("user.password_reset_requested.v1"))
    (envelope,) = outbox.envelopes()
    for url in (
        reverse("admin:outbox_outboxmessage_change", args=[envelope.id]),
        reverse("admin:outbox_outboxmessage_changelist"),
    ):
        answer = browser.get(url)
        assert answer.status_code == 200
        assert secret not in answer.content.decode()


def test_the_list_makes_a_constant_number_of_queries(browser, django_assert_max_num_queries):
    for _ in range(30):
        a_user()
    with django_assert_max_num_queries(12):
        browser.get(LIST)
