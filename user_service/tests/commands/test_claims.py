"""The holder of the mailbox owns the account; earlier users of its address lose it."""

import pytest
from django.utils import timezone

from tests.factories import PASSWORD, a_session, a_user, an_address, link_in
from users.commands import mail_tokens, passwords, registration, sessions
from users.domain.accounts import MailPurpose, MailTokenNotValid, SignInRefused
from users.domain.sessions import RefreshTokenNotValid
from users.models import Address, Session, User

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINE = "a password of my own"
EMAIL = "victim@example.com"


def register(password, **given):
    fields = {"email": EMAIL, "name": "Mallory", "locale": "en", "client": "192.0.2.1"}
    registration.register(**{**fields, "password": password, "now": NOW, **given})


def sign_in(password):
    return sessions.sign_in(email=EMAIL, password=password, client="192.0.2.1", user_agent="", now=NOW)


@pytest.fixture
def taken(outbox):
    """An account of somebody who registered the address, signed in and entered data."""
    register(PASSWORD)
    tokens = sign_in(PASSWORD)
    User.objects.update(phone="+431234567")
    an_address(User.objects.get())
    outbox.clear()
    return tokens


def is_out(tokens):
    with pytest.raises(SignInRefused):
        sign_in(PASSWORD)
    with pytest.raises(RefreshTokenNotValid):
        sessions.refresh(refresh_token=tokens.refresh_token, now=NOW)
    assert not Session.objects.filter(id=tokens.session_id, revoked_at=None).exists()
    assert not Address.objects.exists()
    user = User.objects.get()
    assert (user.phone, user.default_address_id, user.address_count) == ("", None, 0)
    assert user.email_verified_at is not None


def test_the_link_of_ones_own_registration_evicts_whoever_registered_before(taken, outbox):
    register(MINE, name="Vera", locale="de", email="Victim@example.com")
    assert outbox.types() == ["user.claim_requested.v1"]
    assert sign_in(PASSWORD)  # nothing happens before the mailbox is verified
    registration.verify_email(token=link_in(outbox.one("user.claim_requested.v1")), now=NOW)
    is_out(taken)
    user = User.objects.get()
    assert (user.email, user.name, user.locale) == ("Victim@example.com", "Vera", "de")
    assert sign_in(MINE)
    assert outbox.one("user.claimed.v1") == {"user_id": str(user.id)}
    assert str(taken.session_id) in outbox.one("user.sessions_ended.v1")["session_ids"]
    assert outbox.one("user.profile_changed.v1")["name"] == "Vera"


def test_a_reset_evicts_whoever_registered_before(taken, outbox):
    mail_tokens.send(User.objects.get(), MailPurpose.RESET_PASSWORD, now=NOW)
    passwords.reset_password(token=link_in(outbox.one("user.password_reset_requested.v1")), new=MINE, now=NOW)
    is_out(taken)
    assert User.objects.get().name == ""
    assert sign_in(MINE)
    assert len(outbox.data("user.claimed.v1")) == 1


def test_a_reset_leaves_a_proven_account_as_it_is(outbox):
    user = a_user(email=EMAIL)
    an_address(user)
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=NOW)
    passwords.reset_password(token=link_in(outbox.one("user.password_reset_requested.v1")), new=MINE, now=NOW)
    assert Address.objects.count() == 1
    assert User.objects.get().name == user.name
    assert outbox.data("user.claimed.v1") == []


def test_a_link_opened_elsewhere_signs_out_the_earlier_user(outbox):
    register(PASSWORD)
    link = link_in(outbox.one("user.verification_requested.v1"))
    tokens = sign_in(PASSWORD)
    an_address(User.objects.get())
    registration.verify_email(token=link, session_id=str(tokens.session_id)[::-1], now=NOW)
    is_out(tokens)
    reset = link_in(outbox.one("user.password_reset_requested.v1"))
    passwords.reset_password(token=reset, new=MINE, now=NOW)
    assert sign_in(MINE)


def test_a_link_opened_in_the_accounts_own_session_keeps_everything(outbox):
    register(PASSWORD)
    tokens = sign_in(PASSWORD)
    an_address(User.objects.get())
    link = link_in(outbox.one("user.verification_requested.v1"))
    registration.verify_email(token=link, session_id=str(tokens.session_id), now=NOW)
    assert Address.objects.count() == 1
    assert sign_in(PASSWORD)
    assert sessions.refresh(refresh_token=tokens.refresh_token, now=NOW)


def test_the_link_of_an_account_that_nobody_has_used_keeps_the_password(outbox):
    register(PASSWORD)
    registration.verify_email(token=link_in(outbox.one("user.verification_requested.v1")), now=NOW)
    assert User.objects.get().name == "Mallory"
    assert sign_in(PASSWORD)


def test_a_late_link_empties_no_account_that_was_proven_before(outbox):
    register(PASSWORD)
    link = link_in(outbox.one("user.verification_requested.v1"))
    registration.mark_verified(user_id=User.objects.get().id, now=NOW)
    assert sign_in(PASSWORD)
    registration.verify_email(token=link, now=NOW)
    assert sign_in(PASSWORD)
    assert outbox.data("user.claimed.v1") == []


def test_a_claim_is_worth_nothing_once_the_mailbox_was_proven_by_another_link(outbox):
    register(PASSWORD)
    register(MINE)
    registration.verify_email(token=link_in(outbox.one("user.verification_requested.v1")), now=NOW)
    assert sign_in(PASSWORD)
    with pytest.raises(MailTokenNotValid):
        registration.verify_email(token=link_in(outbox.one("user.claim_requested.v1")), now=NOW)
    assert sign_in(PASSWORD)


def test_claiming_voids_all_other_links(taken, outbox):
    mail_tokens.send(User.objects.get(), MailPurpose.RESET_PASSWORD, now=NOW)
    register("the password of somebody else")
    other = link_in(outbox.one("user.claim_requested.v1"))
    reset = link_in(outbox.one("user.password_reset_requested.v1"))
    outbox.clear()
    register(MINE)
    registration.verify_email(token=link_in(outbox.one("user.claim_requested.v1")), now=NOW)
    for call in (
        lambda: registration.verify_email(token=other, now=NOW),
        lambda: passwords.reset_password(token=reset, new=PASSWORD, now=NOW),
    ):
        with pytest.raises(MailTokenNotValid):
            call()
    assert sign_in(MINE)


def test_changing_the_password_voids_claims(taken, outbox):
    register(MINE)
    user = User.objects.get()
    passwords.change_password(
        user_id=user.id,
        session_id=a_session(user).id,
        current=PASSWORD,
        new="yet another password",
        client="192.0.2.1",
        now=NOW,
    )
    with pytest.raises(MailTokenNotValid):
        registration.verify_email(token=link_in(outbox.one("user.claim_requested.v1")), now=NOW)


def test_nobody_claims_a_staff_account_or_one_that_is_proven(outbox):
    a_user(email=EMAIL, verified=False, is_staff=True)
    a_user(email="proven@example.com")
    for email in (EMAIL, "proven@example.com"):
        register(MINE, email=email)
    assert outbox.types() == ["user.registration_attempted.v1"] * 2
