from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from tests.factories import NOON

from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Category, Medium
from notifications.domain.preferences import (
    ALWAYS,
    DEFAULTS,
    PreferenceNotChangeable,
    PreferenceUnknown,
    QuietHours,
    check_choice,
    due_at,
    wanted,
)

NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")


def berlin(hour: int, minute: int = 0, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize("choice", sorted(ALWAYS))
def test_transactional_mail_cannot_be_switched_off(choice):
    with pytest.raises(PreferenceNotChangeable):
        check_choice(*choice, enabled=False)
    check_choice(*choice, enabled=True)


def test_there_is_no_advertising_by_sms():
    with pytest.raises(PreferenceUnknown):
        check_choice(Category.PROMOTIONS, Medium.SMS, enabled=True)


def test_offers_need_a_yes():
    assert wanted(KINDS["promotion"], {}) == []
    assert wanted(KINDS["promotion"], {(Category.PROMOTIONS, Medium.EMAIL): True}) == [Medium.EMAIL]


def test_a_stored_no_against_transactional_mail_counts_nothing():
    chosen = dict.fromkeys(DEFAULTS, False)
    assert wanted(KINDS["order_dispatched"], chosen) == [Medium.EMAIL]


def test_the_night_spans_midnight_and_ends_in_the_morning():
    assert NIGHT.ends_at(berlin(23, 30)) == berlin(7, day=5)
    assert NIGHT.ends_at(berlin(3)) == berlin(7)
    assert NIGHT.ends_at(berlin(7)) is None
    assert NIGHT.ends_at(berlin(21, 59)) is None


def test_quiet_hours_within_one_day():
    siesta = QuietHours(time(13), time(15), "Europe/Madrid")
    assert siesta.ends_at(datetime(2026, 7, 1, 14, tzinfo=ZoneInfo("Europe/Madrid"))).hour == 15
    assert siesta.ends_at(datetime(2026, 7, 1, 15, tzinfo=ZoneInfo("Europe/Madrid"))) is None


def test_a_mail_wakes_nobody_so_it_does_not_wait():
    assert due_at(Medium.EMAIL, NIGHT, now=berlin(3)) == berlin(3)
    assert due_at(Medium.SMS, NIGHT, now=berlin(3)) == berlin(7)
    assert due_at(Medium.PUSH, None, now=NOON) == NOON
