"""Concurrent registrations of devices: one row per token, and never more than the limit."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.commands.test_concurrency import at_once
from tests.factories import a_device

from notifications.commands.devices import MAX_DEVICES, TooManyDevices, register_device
from notifications.models import Device

pytestmark = pytest.mark.django_db(transaction=True)


def register(user_id, token) -> str:
    try:
        register_device(user_id=user_id, token=token, platform="web", label="", now=timezone.now())
    except TooManyDevices:
        return "too many"
    return "registered"


def test_one_token_many_times_at_once_is_one_device(customer_id):
    assert at_once(lambda _: register(customer_id, "token-1"), range(30)) == ["registered"] * 30
    assert Device.objects.count() == 1


def test_one_token_of_many_accounts_at_once_is_one_device():
    assert at_once(lambda user_id: register(user_id, "token-1"), [uuid4() for _ in range(30)]) == ["registered"] * 30
    assert Device.objects.count() == 1


def test_the_later_registration_takes_the_device_over(customer_id, monkeypatch):
    rivals = [uuid4()]
    save = Device.save

    def save_too_late(device, **options):
        if rivals:
            a_device(rivals.pop(), token=device.token)
        save(device, **options)

    monkeypatch.setattr(Device, "save", save_too_late)
    assert register(customer_id, "token-1") == "registered"
    assert Device.objects.get().user_id == customer_id


def test_the_limit_holds_however_many_come_at_once(customer_id):
    for number in range(MAX_DEVICES - 5):
        a_device(customer_id, token=f"old-{number}")
    answers = at_once(lambda number: register(customer_id, f"new-{number}"), range(30))
    assert Counter(answers) == {"registered": 5, "too many": 25}


def test_a_device_taken_over_counts_too_and_ones_own_can_be_registered_again(customer_id):
    for number in range(MAX_DEVICES):
        a_device(customer_id, token=f"old-{number}")
    a_device(uuid4(), token="of-somebody-else")
    assert register(customer_id, "of-somebody-else") == "too many"
    assert register(customer_id, "old-0") == "registered"
