from __future__ import annotations

from datetime import timedelta

from tests.factories import NOON

from chassis.core.states import sources
from notifications.domain.delivery import (
    GIVE_UP_AFTER,
    LONGEST_PAUSE,
    TRANSITIONS,
    DeliveryState,
    next_try,
)


def test_sent_messages_are_not_sent_again():
    assert TRANSITIONS[DeliveryState.SENT] == frozenset()


def test_nothing_is_sent_that_was_not_marked_before():
    assert sources(TRANSITIONS, DeliveryState.SENT) == {DeliveryState.SENDING}


def test_only_staff_bring_back_what_was_refused_or_has_expired():
    assert TRANSITIONS[DeliveryState.REFUSED] == {DeliveryState.PENDING}
    assert TRANSITIONS[DeliveryState.EXPIRED] == {DeliveryState.PENDING}


def test_the_pauses_grow_up_to_five_minutes():
    pauses = [next_try(attempts=n, created_at=NOON, now=NOON) - NOON for n in range(1, 12)]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert pauses[-1] == LONGEST_PAUSE


def test_after_three_days_it_is_given_up():
    assert next_try(attempts=900, created_at=NOON, now=NOON + GIVE_UP_AFTER) is None
    assert next_try(attempts=900, created_at=NOON, now=NOON + GIVE_UP_AFTER - timedelta(seconds=1)) is not None
