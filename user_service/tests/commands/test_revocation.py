"""The end of a session is announced to all services, which refuse its tokens from then on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import PASSWORD, a_session, a_user, link_in
from users.commands import mail_tokens, passwords, profile, revocation, sessions, staff
from users.domain.accounts import MailPurpose
from users.domain.sessions import EndReason, RefreshTokenNotValid
from users.models import Session

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
NEW = "a new horse battery"


@pytest.fixture
def signed_in():
    def begin(user):
        return sessions.sign_in(email=user.email, password=PASSWORD, client="192.0.2.1", user_agent="", now=NOW)

    return begin


def sign_out(user, tokens, outbox):
    revocation.sign_out(refresh_token=tokens.refresh_token, now=NOW)


def revoke(user, tokens, outbox):
    revocation.end_session(session_id=tokens.session_id, user_id=user.id, reason=EndReason.REVOKED, now=NOW)


def sign_out_everywhere(user, tokens, outbox):
    revocation.end_sessions(user_id=user.id, reason=EndReason.SIGNED_OUT_EVERYWHERE, now=NOW)


def change_password(user, tokens, outbox):
    mine = a_session(user)
    passwords.change_password(
        user_id=user.id, session_id=mine.id, current=PASSWORD, new=NEW, client="192.0.2.1", now=NOW
    )


def reset_password(user, tokens, outbox):
    mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=NOW)
    link = link_in(outbox.one("user.password_reset_requested.v1"))
    passwords.reset_password(token=link, new=NEW, now=NOW)


def deactivate(user, tokens, outbox):
    staff.deactivate(user_id=user.id, now=NOW)


def delete(user, tokens, outbox):
    profile.delete_account(user_id=user.id, now=NOW)


def replay(user, tokens, outbox):
    sessions.refresh(refresh_token=tokens.refresh_token, now=NOW)
    with pytest.raises(RefreshTokenNotValid):
        sessions.refresh(refresh_token=tokens.refresh_token, now=NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (sign_out, "signed_out"),
        (revoke, "revoked"),
        (sign_out_everywhere, "signed_out_everywhere"),
        (change_password, "password_changed"),
        (reset_password, "password_reset"),
        (deactivate, "deactivated"),
        (delete, "deleted"),
        (replay, "replayed"),
    ],
)
def test_each_way_to_end_a_session_names_it_and_the_reason(end, reason, user, outbox, signed_in):
    tokens = signed_in(user)
    outbox.clear()
    end(user, tokens, outbox)
    told = outbox.one("user.sessions_ended.v1")
    assert (told["user_id"], told["session_ids"]) == (str(user.id), [str(tokens.session_id)])
    assert told["reason"] == reason


def test_an_ended_session_is_not_announced_again(user, outbox, signed_in):
    tokens = signed_in(user)
    for _ in range(2):
        sign_out(user, tokens, outbox)
        sign_out_everywhere(user, tokens, outbox)
    assert len(outbox.data("user.sessions_ended.v1")) == 1


def test_the_sessions_of_others_go_on(user, outbox, signed_in):
    other = signed_in(a_user())
    signed_in(user)
    sign_out_everywhere(user, None, outbox)
    assert not revocation.end_session(session_id=other.session_id, user_id=user.id, reason=EndReason.REVOKED, now=NOW)
    assert Session.objects.get(id=other.session_id).revoked_at is None
    assert str(other.session_id) not in str(outbox.envelopes())


def test_many_sessions_are_told_in_messages_of_five_hundred(user, outbox):
    given = {"created_at": NOW, "last_used_at": NOW, "expires_at": NOW + timedelta(days=1)}
    Session.objects.bulk_create([Session(user=user, **given) for _ in range(501)])
    assert revocation.end_sessions(user_id=user.id, reason=EndReason.DEACTIVATED, now=NOW) == 501
    sizes = [len(message["session_ids"]) for message in outbox.data("user.sessions_ended.v1")]
    assert sizes == [500, 1]
