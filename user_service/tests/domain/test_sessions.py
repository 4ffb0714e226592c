from datetime import UTC, datetime, timedelta

import pytest

from users.domain.sessions import (
    GRACE,
    LONGEST_PAUSE,
    LONGEST_SESSION,
    TokenStatus,
    digest,
    end_of_session,
    token_status,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def test_an_unused_token_of_a_live_session_is_good():
    assert token_status(used_at=None, expires_at=LATER, alive=True, now=NOON) is TokenStatus.GOOD


def test_a_token_used_again_within_the_grace_harms_nobody():
    assert token_status(used_at=NOON - GRACE, expires_at=LATER, alive=True, now=NOON) is TokenStatus.JUST_USED


def test_a_token_used_again_after_the_grace_is_a_replay():
    used = NOON - GRACE - timedelta(milliseconds=1)
    assert token_status(used_at=used, expires_at=LATER, alive=True, now=NOON) is TokenStatus.REPLAYED


@pytest.mark.parametrize("used_at", [None, NOON, NOON - timedelta(hours=1)])
def test_nothing_revives_a_session_that_has_ended(used_at):
    assert token_status(used_at=used_at, expires_at=LATER, alive=False, now=NOON) is TokenStatus.ENDED


def test_an_expired_token_ends_its_session():
    assert token_status(used_at=None, expires_at=NOON, alive=True, now=NOON) is TokenStatus.ENDED


def test_a_session_lives_on_while_it_is_used_but_not_for_ever():
    assert end_of_session(begun_at=NOON, now=NOON) == NOON + LONGEST_PAUSE
    assert end_of_session(begun_at=NOON, now=NOON + timedelta(days=170)) == NOON + LONGEST_SESSION


def test_any_text_has_a_digest():
    assert len(digest("\ud800 nonsense")) == 64
