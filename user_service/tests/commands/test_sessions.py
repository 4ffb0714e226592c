import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chassis.jwt import identity_of
from tests.factories import PASSWORD, a_user
from users.commands import retention, revocation, sessions, staff
from users.domain.sessions import GRACE, LONGEST_PAUSE, EndReason, RefreshTokenNotValid
from users.models import RefreshToken, Session

NOW = timezone.now().replace(microsecond=0)  # MongoDB keeps milliseconds


def signed_in(user):
    return sessions.sign_in(email=user.email, password=PASSWORD, client="192.0.2.1", user_agent="Firefox", now=NOW)


def refresh(token, after=timedelta(0)):
    return sessions.refresh(refresh_token=token, now=NOW + after)


@pytest.mark.django_db
def test_a_refresh_token_is_in_the_database_as_a_digest_only(user):
    tokens = signed_in(user)
    assert tokens.refresh_token not in str(RefreshToken.objects.values().get())


@pytest.mark.django_db
def test_a_refresh_gives_a_new_pair_in_the_same_session(user):
    first = signed_in(user)
    second = refresh(first.refresh_token, timedelta(days=1))
    assert second.session_id == first.session_id
    assert second.refresh_token != first.refresh_token
    assert second.refresh_expires_at == NOW + timedelta(days=31)
    assert Session.objects.get().last_used_at == NOW + timedelta(days=1)


@pytest.mark.django_db
def test_a_second_use_within_the_grace_gets_the_same_successor(user):
    first = signed_in(user)
    second = refresh(first.refresh_token)
    again = refresh(first.refresh_token, GRACE)
    assert (again.refresh_token, again.session_id) == (second.refresh_token, second.session_id)
    assert again.refresh_expires_at == second.refresh_expires_at
    assert identity_of(again.access_token).session_id == str(first.session_id)
    assert refresh(second.refresh_token, GRACE)


@pytest.mark.django_db
def test_a_client_that_lost_two_responses_in_a_row_stays_signed_in(user):
    first = signed_in(user)
    third = refresh(refresh(first.refresh_token).refresh_token)
    assert refresh(refresh(first.refresh_token).refresh_token).refresh_token == third.refresh_token


@pytest.mark.django_db
def test_successors_can_be_told_neither_from_the_table_nor_from_the_token_alone(user, settings):
    first = signed_in(user)
    second = refresh(first.refresh_token)
    assert second.refresh_token not in str(list(RefreshToken.objects.values()))
    settings.SECRET_KEY = "another-key"
    with pytest.raises(RefreshTokenNotValid):
        refresh(first.refresh_token)
    assert refresh(second.refresh_token)


@pytest.mark.django_db
def test_a_session_that_has_ended_gives_no_successor_again(user):
    first = signed_in(user)
    refresh(first.refresh_token)
    revocation.end_session(session_id=first.session_id, reason=EndReason.REVOKED, now=NOW)
    with pytest.raises(RefreshTokenNotValid):
        refresh(first.refresh_token)


@pytest.mark.django_db
def test_a_replay_is_told_to_the_user_once(user, outbox):
    first = signed_in(user)
    refresh(first.refresh_token)
    for _ in range(2):
        with pytest.raises(RefreshTokenNotValid):
            refresh(first.refresh_token, GRACE + timedelta(seconds=1))
    assert outbox.one("user.session_replayed.v1") == {
        "user_id": str(user.id),
        "email": user.email,
        "name": user.name,
        "session_id": str(first.session_id),
        "user_agent": "Firefox",
    }


@pytest.mark.django_db
def test_a_second_use_after_the_grace_ends_the_session_of_thief_and_owner(user):
    first = signed_in(user)
    second = refresh(first.refresh_token)
    with pytest.raises(RefreshTokenNotValid):
        refresh(first.refresh_token, GRACE + timedelta(seconds=1))
    assert Session.objects.get().end_reason == EndReason.REPLAYED
    with pytest.raises(RefreshTokenNotValid):
        refresh(second.refresh_token, GRACE + timedelta(seconds=1))


@pytest.mark.django_db
def test_a_replay_leaves_the_users_other_sessions_alone(user):
    first, other = signed_in(user), signed_in(user)
    refresh(first.refresh_token)
    with pytest.raises(RefreshTokenNotValid):
        refresh(first.refresh_token, timedelta(minutes=1))
    assert refresh(other.refresh_token)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "never ours", "\ud800"])
def test_a_token_that_was_never_ours_is_refused(token):
    with pytest.raises(RefreshTokenNotValid):
        refresh(token)


@pytest.mark.django_db
def test_a_session_ends_when_nobody_uses_it(user):
    with pytest.raises(RefreshTokenNotValid):
        refresh(signed_in(user).refresh_token, LONGEST_PAUSE)


@pytest.mark.django_db
def test_signing_out_ends_the_session_and_twice_does_no_harm(user):
    tokens = signed_in(user)
    revocation.sign_out(refresh_token=tokens.refresh_token, now=NOW)
    revocation.sign_out(refresh_token=tokens.refresh_token, now=NOW)
    revocation.sign_out(refresh_token="unknown", now=NOW)
    with pytest.raises(RefreshTokenNotValid):
        refresh(tokens.refresh_token)


@pytest.mark.django_db
def test_a_locked_account_has_no_sessions(user):
    tokens = signed_in(user)
    assert staff.deactivate(user_id=user.id, now=NOW)
    with pytest.raises(RefreshTokenNotValid):
        refresh(tokens.refresh_token)
    assert not staff.deactivate(user_id=user.id, now=NOW)


@pytest.mark.django_db
def test_expired_sessions_are_deleted_and_live_ones_stay(user):
    alive, over = signed_in(user), signed_in(user)
    revocation.sign_out(refresh_token=over.refresh_token, now=NOW)
    retention.delete_expired(now=NOW + timedelta(days=8))
    assert [s.id for s in Session.objects.all()] == [alive.session_id]
    assert refresh(alive.refresh_token)
    retention.delete_expired(now=NOW + timedelta(days=60))
    assert not Session.objects.exists()
    assert not RefreshToken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_one_refresh_token_get_the_same_successor():
    first = signed_in(a_user())
    start, answers = threading.Barrier(50), []

    def hold_out():
        start.wait()
        try:
            answers.append(refresh(first.refresh_token).refresh_token)
        except Exception as error:
            answers.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=hold_out) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50
    (successor,) = set(answers)
    assert RefreshToken.objects.filter(used_at=None).count() == 1
    assert refresh(successor)


def crowd(user, count, **given):
    fields = {"user": user, "created_at": NOW, "last_used_at": NOW, "expires_at": NOW + timedelta(days=1), **given}
    rows = Session.objects.bulk_create([Session(**fields) for _ in range(count)])
    RefreshToken.objects.bulk_create(
        [
            RefreshToken(session=row, digest=f"{row.id}-{n}"[:64], created_at=NOW, expires_at=NOW + timedelta(days=30))
            for row in rows
            for n in range(2)
        ]
    )


@pytest.mark.django_db
def test_one_run_deletes_any_number_of_expired_sessions(user):
    alive = signed_in(user)
    crowd(user, 1100)
    crowd(user, 1100, revoked_at=NOW - timedelta(days=8))
    assert retention.delete_expired(now=NOW + timedelta(days=9))
    assert [session.id for session in Session.objects.all()] == [alive.session_id]
    assert RefreshToken.objects.count() == 1


@pytest.mark.django_db
def test_the_next_run_continues_a_deletion_that_takes_too_long(user):
    crowd(user, 200)
    assert not retention.delete_expired(now=NOW + timedelta(days=9), time_limit=-1.0)
    assert Session.objects.exists()
    assert retention.delete_expired(now=NOW + timedelta(days=9))
    assert not Session.objects.exists()
