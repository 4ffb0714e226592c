from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from chassis.idempotency.models import IdempotencyKey
from chassis.jobs import job
from chassis.jobs.retention import forget


@job(every=3600, lease=600)
def forget_old_idempotency_keys(now: datetime) -> None:
    """Delete stored responses, which contain addresses, after the period in which clients retry."""
    forget(IdempotencyKey.objects.filter(created_at__lt=now - timedelta(days=settings.IDEMPOTENCY_KEYS_KEPT_DAYS)))
