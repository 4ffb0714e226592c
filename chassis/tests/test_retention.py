"""Old rows are deleted, however many there are."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.idempotency import tasks
from chassis.idempotency.models import IdempotencyKey
from chassis.jobs import retention

pytestmark = pytest.mark.django_db


def a_key(age):
    then = timezone.now() - age
    return IdempotencyKey(
        caller="somebody", key=uuid4().hex, fingerprint="f", claim=uuid4(), claimed_until=then, created_at=then
    )


def test_idempotency_keys_are_forgotten_after_a_week_and_none_before(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 10)
    old = [a_key(timedelta(days=7, minutes=1)) for _ in range(35)]
    young = a_key(timedelta(days=6))
    IdempotencyKey.objects.bulk_create([*old, young])
    tasks.forget_old_idempotency_keys()
    assert IdempotencyKey.objects.get().id == young.id
