"""An ended session cannot change anything, in any service."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis import revocation
from chassis.inbox.receiver import Outcome
from chassis.revocation import sessions
from chassis.revocation.models import EndedSession
from chassis.revocation.tasks import forget_ended_sessions

pytestmark = pytest.mark.django_db
PATH = "/api/v1/effects/"


@pytest.fixture
def ended(deliver):
    """`ended(session_id)`: deliver the message about the ended session."""

    def bring(*session_ids, **given):
        data = {"user_id": uuid4(), "session_ids": session_ids, "ended_at": timezone.now(), "reason": "signed_out"}
        return deliver("user.sessions_ended.v1", data, **given)

    return bring


def add(client):
    return client.post(PATH, {"name": "x"}, headers={"Idempotency-Key": str(uuid4())})


def test_a_token_of_an_ended_session_adds_nothing(api, ended):
    session_id = str(uuid4())
    client, other = api(sid=session_id), api(sid=str(uuid4()))
    assert add(client).status_code == 201
    ended(session_id)
    answer = add(client)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert add(other).status_code == 201


def test_reading_goes_on_until_the_token_ends(api, ended):
    session_id = str(uuid4())
    ended(session_id)
    assert api(sid=session_id).get(PATH).status_code == 405  # 404: it was let in


def test_another_process_notices_within_two_seconds(ended, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    session_id = uuid4()
    assert not revocation.is_revoked(str(session_id))
    EndedSession.objects.create(id=session_id, ended_at=timezone.now())  # for example by the worker
    now[0] += sessions.CACHE_SECONDS
    assert revocation.is_revoked(str(session_id))


def test_a_live_session_is_looked_up_once_in_two_seconds(django_assert_num_queries):
    session_id = str(uuid4())
    with django_assert_num_queries(1):
        assert not any(revocation.is_revoked(session_id) for _ in range(20))


def test_many_sessions_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(sessions, "_MOST_CACHED", 3)
    for _ in range(10):
        revocation.is_revoked(str(uuid4()))
    assert len(sessions._alive_until) <= 3


def test_the_message_may_come_twice_and_name_a_session_again(ended):
    first, second = uuid4(), uuid4()
    assert ended(first, times=2) == [Outcome.DONE, Outcome.DUPLICATE]
    assert ended(first, second) == [Outcome.DONE]
    assert EndedSession.objects.count() == 2


def test_a_token_without_a_session_is_not_revoked():
    assert not revocation.is_revoked("")


def test_ended_sessions_are_forgotten_when_no_token_of_theirs_can_live():
    now = timezone.now()
    EndedSession.objects.create(id=uuid4(), ended_at=now - timedelta(hours=25))
    kept = EndedSession.objects.create(id=uuid4(), ended_at=now - timedelta(hours=23))
    forget_ended_sessions()
    assert EndedSession.objects.get() == kept
