from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, check_password, make_password
from django.utils import timezone

from tests.factories import PASSWORD, a_session, a_user, link_in
from users import hashers
from users.commands import mail_tokens, passwords, sessions
from users.domain.accounts import MailPurpose, MailTokenNotValid, SignInRefused, WeakPassword, WrongPassword
from users.models import Session, User

pytestmark = pytest.mark.django_db
NOW = timezone.now()
NEW = "a new horse battery"


class Counting(MD5PasswordHasher):
    """Counts verifications and hashes."""

    algorithm = "counting"
    calls: list[str] = []

    def encode(self, password, salt):
        self.calls.append("encode")
        return super().encode(password, salt)


@pytest.fixture
def hashings(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    hashers.dummy_hash()
    Counting.calls.clear()
    return Counting.calls


def test_argon2id_has_the_size_that_owasp_asks_for(settings):
    settings.PASSWORD_HASHERS = ["users.hashers.Argon2"]
    encoded = hashers.hash_password(PASSWORD)
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashers.matches(PASSWORD, encoded)
    assert not hashers.matches(PASSWORD + " ", encoded)


def refused(email, password=PASSWORD, **given):
    with pytest.raises(SignInRefused) as refusal:
        passwords.check_credentials(email=email, password=password, client="192.0.2.1", now=NOW, **given)
    return refusal.value


def test_each_refusal_is_the_same_and_costs_one_verification(hashings):
    a_user(email="open@example.com")
    a_user(email="locked@example.com", is_active=False)
    unusable = a_user(email="invited@example.com")
    User.objects.filter(id=unusable.id).update(password=make_password(None))
    tries = [
        ("nobody@example.com", PASSWORD, {}),
        ("open@example.com", "wrong", {}),
        ("locked@example.com", PASSWORD, {}),
        ("locked@example.com", "wrong", {}),
        ("invited@example.com", PASSWORD, {}),
        ("open@example.com", PASSWORD, {"staff": True}),
    ]
    seen = set()
    for email, password, given in tries:
        hashings.clear()
        refusal = refused(email, password, **given)
        seen.add((refusal.code, refusal.message, str(refusal.facts), len(hashings)))
    assert seen == {("sign_in_refused", "E-mail address or password is wrong.", "{}", 1)}


def test_registering_costs_one_hash_for_a_known_and_an_unknown_address(hashings):
    from users.commands.registration import register

    a_user(email="known@example.com")
    counts = []
    for email in ("known@example.com", "unknown@example.com"):
        hashings.clear()
        register(email=email, password=PASSWORD, name="N", locale="en", client="192.0.2.1", now=NOW)
        counts.append(len(hashings))
    assert counts == [1, 1]


def test_an_unverified_account_may_sign_in():
    user = a_user(verified=False)
    found = passwords.check_credentials(email=user.email.upper(), password=PASSWORD, client="192.0.2.1", now=NOW)
    assert found == user


def change(user, session, current=PASSWORD, new=NEW):
    passwords.change_password(
        user_id=user.id, session_id=session.id, current=current, new=new, client="192.0.2.1", now=NOW
    )


def test_changing_the_password_ends_all_other_sessions(user, outbox):
    mine, other = a_session(user), a_session(user)
    change(user, mine)
    assert Session.objects.get(id=mine.id).revoked_at is None
    assert Session.objects.get(id=other.id).revoked_at is not None
    assert outbox.types() == ["user.sessions_ended.v1", "user.password_changed.v1"]
    refused(user.email, PASSWORD)
    passwords.check_credentials(email=user.email, password=NEW, client="192.0.2.1", now=NOW)


def test_a_wrong_current_password_changes_nothing(user, outbox):
    mine, other = a_session(user), a_session(user)
    with pytest.raises(WrongPassword):
        change(user, mine, current="wrong")
    assert Session.objects.get(id=other.id).revoked_at is None
    assert outbox.types() == []


@pytest.fixture
def link(user, outbox):
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=NOW)
    token = link_in(outbox.one("user.password_reset_requested.v1"))
    outbox.clear()
    return token


def test_a_reset_proves_the_mailbox_and_ends_all_sessions(outbox):
    user = a_user(verified=False)
    session = a_session(user)
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=NOW)
    token = link_in(outbox.one("user.password_reset_requested.v1"))
    passwords.reset_password(token=token, new=NEW, now=NOW)
    assert User.objects.get().email_verified_at is not None
    assert Session.objects.get(id=session.id).revoked_at is not None
    assert outbox.types()[2:] == [
        "user.email_verified.v1",
        "user.claimed.v1",
        "user.sessions_ended.v1",
        "user.password_changed.v1",
    ]
    passwords.check_credentials(email=user.email, password=NEW, client="192.0.2.1", now=NOW)


def test_a_reset_link_is_good_once(link):
    passwords.reset_password(token=link, new=NEW, now=NOW)
    with pytest.raises(MailTokenNotValid):
        passwords.reset_password(token=link, new="yet another password", now=NOW)


def test_a_weak_password_does_not_use_the_link_up(link):
    with pytest.raises(WeakPassword):
        passwords.reset_password(token=link, new="short", now=NOW)
    passwords.reset_password(token=link, new=NEW, now=NOW)


def test_a_reset_link_is_good_for_an_hour(link, outbox):
    with pytest.raises(MailTokenNotValid):
        passwords.reset_password(token=link, new=NEW, now=NOW + timedelta(hours=1, seconds=1))
    assert outbox.types() == []


def test_one_reset_voids_all_other_reset_links(user, link, outbox):
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=NOW)
    second = link_in(outbox.one("user.password_reset_requested.v1"))
    passwords.reset_password(token=second, new=NEW, now=NOW)
    with pytest.raises(MailTokenNotValid):
        passwords.reset_password(token=link, new="yet another password", now=NOW)


def test_a_password_changed_while_signing_in_opens_no_session(user):
    stale = passwords.check_credentials(email=user.email, password=PASSWORD, client="192.0.2.1", now=NOW)
    User.objects.filter(id=user.id).update(password=hashers.hash_password(NEW))
    with pytest.raises(SignInRefused):
        sessions._begin(stale, client="192.0.2.1", user_agent="", now=NOW)
    assert not Session.objects.exists()


def test_changing_the_password_voids_the_links_that_were_mailed(user, link):
    change(user, a_session(user))
    with pytest.raises(MailTokenNotValid):
        passwords.reset_password(token=link, new="yet another password", now=NOW)


COMPOSED, DECOMPOSED, FULL_WIDTH = (
    "caf\u00e9 f\u00fcr alle",
    "cafe\u0301 fu\u0308r alle",
    "\uff43af\u00e9 f\u00fcr alle",
)


@pytest.mark.parametrize("registered_with", [COMPOSED, DECOMPOSED, FULL_WIDTH])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED, FULL_WIDTH])
@pytest.mark.parametrize("staff", [False, True])
def test_a_password_is_the_same_on_every_keyboard(registered_with, typed, staff):
    user = a_user(password=registered_with, is_staff=staff)
    found = passwords.check_credentials(email=user.email, password=typed, client="192.0.2.1", staff=staff, now=NOW)
    assert found == user
    change(user, a_session(user), current=typed, new=FULL_WIDTH * 2)
    passwords.check_credentials(email=user.email, password=DECOMPOSED * 2, client="192.0.2.1", now=NOW)


def test_a_password_hashed_as_it_was_typed_is_accepted_and_hashed_anew():
    user = a_user()
    User.objects.filter(id=user.id).update(password=make_password(DECOMPOSED))
    signed_in = sessions.sign_in(email=user.email, password=DECOMPOSED, client="192.0.2.1", user_agent="", now=NOW)
    assert signed_in
    encoded = User.objects.get(id=user.id).password
    assert check_password(COMPOSED, encoded)
    assert not check_password(DECOMPOSED, encoded)
    passwords.check_credentials(email=user.email, password=COMPOSED, client="192.0.2.1", now=NOW)


def test_django_hashes_the_normal_form_too(user):
    user.set_password(DECOMPOSED)
    assert hashers.matches(COMPOSED, user.password)
    assert user.check_password(FULL_WIDTH)


def test_a_typed_form_costs_the_same_for_every_account(hashings):
    a_user(email="open@example.com")
    a_user(email="locked@example.com", is_active=False)
    costs = set()
    for email in ("open@example.com", "locked@example.com", "nobody@example.com"):
        hashings.clear()
        refused(email, DECOMPOSED)
        costs.add(len(hashings))
    assert costs == {2}


def test_a_weak_password_is_weak_in_every_form():
    with pytest.raises(WeakPassword):
        passwords.check_strength("\uff50assword12"[:9], email="a@example.com", name="A")
