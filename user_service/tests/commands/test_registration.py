import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tests.factories import PASSWORD, a_user, link_in
from users.commands import mail_tokens, registration
from users.domain.accounts import MailPurpose, MailTokenNotValid, WeakPassword
from users.domain.throttling import TooManyAttempts
from users.models import MailToken, User

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def register(**given):
    fields = {"email": "New@Example.com", "password": PASSWORD, "name": "Nia", "locale": "de", "client": "192.0.2.1"}
    registration.register(**{**fields, "now": NOW, **given})


def test_registering_makes_an_account_and_asks_for_verification(outbox):
    register()
    user = User.objects.get(email_key="new@example.com")
    assert (user.email, user.name, user.locale, user.email_verified_at) == ("New@Example.com", "Nia", "de", None)
    assert outbox.types() == ["user.registered.v1", "user.verification_requested.v1"]
    assert outbox.one("user.registered.v1") == {
        "user_id": str(user.id),
        "email": "New@Example.com",
        "name": "Nia",
        "locale": "de",
    }


def test_the_secret_of_the_mail_is_stored_as_a_digest_only(outbox):
    register()
    token = link_in(outbox.one("user.verification_requested.v1"))
    stored = MailToken.objects.get()
    assert token not in str(vars(stored))
    assert len(token) >= 43


def test_registering_a_known_address_tells_its_owner_and_changes_nothing(outbox):
    owner = a_user(email="new@example.com", password="the owner's own one")
    before = User.objects.values().get()
    register(email="NEW@example.com", name="Mallory")
    assert User.objects.values().get() == before
    assert outbox.types() == ["user.registration_attempted.v1"]
    attempt = outbox.one("user.registration_attempted.v1")
    assert attempt == {"user_id": str(owner.id), "email": "new@example.com", "name": "Mira"}


def test_nobody_can_fill_a_mailbox_by_registering_its_address(outbox):
    a_user(email="new@example.com")
    for _ in range(20):
        register()
    assert len(outbox.data("user.registration_attempted.v1")) == 6


def test_a_client_that_registers_by_the_hundred_must_wait(settings):
    settings.SIGN_UPS_PER_CLIENT = 2
    for n in range(3):
        register(email=f"nia{n}@example.com")
    with pytest.raises(TooManyAttempts):
        register(email="nia@example.com")
    with pytest.raises(TooManyAttempts):
        ask("nia@example.com")
    register(email="nia@example.com", client="192.0.2.2")


@pytest.mark.django_db(transaction=True)
def test_ten_who_register_one_address_at_once_make_one_account(outbox):
    start = threading.Barrier(10)

    def go():
        start.wait()
        try:
            register()
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1
    assert len(outbox.data("user.registered.v1")) == 1
    assert len(outbox.data("user.verification_requested.v1")) == 1


def test_the_first_superuser_is_made_at_the_command_line(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email_key="Root@souk.example", interactive=False, verbosity=0)
    user = User.objects.get(email_key="root@souk.example")
    assert user.is_superuser
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234"[:8] + "12", "new@example.com"])
def test_a_weak_password_is_refused_with_the_reason(password, outbox):
    with pytest.raises(WeakPassword) as refusal:
        register(password=password)
    assert refusal.value.facts["errors"][0]["field"] == "password"
    assert not User.objects.exists()
    assert outbox.types() == []


def test_the_link_verifies_the_address_once(outbox):
    register()
    token = link_in(outbox.one("user.verification_requested.v1"))
    registration.verify_email(token=token, now=NOW)
    assert User.objects.get().email_verified_at is not None
    assert outbox.one("user.email_verified.v1")["email"] == "New@Example.com"
    with pytest.raises(MailTokenNotValid):
        registration.verify_email(token=token, now=NOW)
    assert len(outbox.data("user.email_verified.v1")) == 1


def test_an_old_link_verifies_nothing(outbox):
    register()
    token = link_in(outbox.one("user.verification_requested.v1"))
    with pytest.raises(MailTokenNotValid):
        registration.verify_email(token=token, now=NOW + timedelta(hours=24, seconds=1))
    assert User.objects.get().email_verified_at is None


def test_a_reset_link_is_no_verification_link(user, outbox):
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=NOW)
    token = link_in(outbox.one("user.password_reset_requested.v1"))
    with pytest.raises(MailTokenNotValid):
        registration.verify_email(token=token, now=NOW)


def ask(email, purpose=MailPurpose.VERIFY_EMAIL):
    mail_tokens.request_mail(email=email, purpose=purpose, client="192.0.2.1", now=NOW)


def test_a_mail_that_was_asked_for_is_sent_by_the_job_to_whom_it_concerns(outbox):
    a_user(email="open@example.com", verified=False)
    a_user(email="done@example.com")
    a_user(email="locked@example.com", verified=False, is_active=False)
    for email in ("OPEN@example.com", "done@example.com", "locked@example.com", "nobody@example.com"):
        ask(email)
    assert outbox.types() == []
    assert mail_tokens.answer_mail_requests(now=NOW) == 4
    assert [data["email"] for data in outbox.data("user.verification_requested.v1")] == ["open@example.com"]
    assert outbox.types() == ["user.verification_requested.v1"]


def test_a_request_is_answered_once(user, outbox):
    ask(user.email, MailPurpose.RESET_PASSWORD)
    mail_tokens.answer_mail_requests(now=NOW)
    mail_tokens.answer_mail_requests(now=NOW)
    assert len(outbox.data("user.password_reset_requested.v1")) == 1


def test_the_journey_of_the_request_goes_on_in_the_mail(user, outbox):
    from chassis.core.context import Trace, tracing

    with tracing(Trace("the-journey")):
        ask(user.email, MailPurpose.RESET_PASSWORD)
    mail_tokens.answer_mail_requests(now=NOW)
    assert outbox.envelopes()[0].correlationid == "the-journey"
