from datetime import UTC, datetime, timedelta

import pytest

from users.domain.sessions import (
    GRACE,
    LONGEST_PAUSE,
    LONGEST_SESSION,
    Verdict,
    digest,
    end_of_session,
    judge,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def test_an_unused_token_of_a_live_session_is_good():
    assert judge(used_at=None, expires_at=LATER, alive=True, now=NOON) is Verdict.GOOD


def test_a_token_used_again_within_the_grace_harms_nobody():
    assert judge(used_at=NOON - GRACE, expires_at=LATER, alive=True, now=NOON) is Verdict.JUST_USED


def test_a_token_used_again_after_the_grace_is_a_replay():
    used = NOON - GRACE - timedelta(milliseconds=1)
    assert judge(used_at=used, expires_at=LATER, alive=True, now=NOON) is Verdict.REPLAYED


@pytest.mark.parametrize("used_at", [None, NOON, NOON - timedelta(hours=1)])
def test_nothing_revives_a_session_that_has_ended(used_at):
    assert judge(used_at=used_at, expires_at=LATER, alive=False, now=NOON) is Verdict.ENDED


def test_an_expired_token_ends_its_session():
    assert judge(used_at=None, expires_at=NOON, alive=True, now=NOON) is Verdict.ENDED


def test_a_session_lives_on_while_it_is_used_but_not_for_ever():
    assert end_of_session(begun_at=NOON, now=NOON) == NOON + LONGEST_PAUSE
    assert end_of_session(begun_at=NOON, now=NOON + timedelta(days=170)) == NOON + LONGEST_SESSION


def test_any_text_has_a_digest():
    assert len(digest("\ud800 nonsense")) == 64
