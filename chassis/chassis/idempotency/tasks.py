from __future__ import annotations

from datetime import datetime, timedelta

from chassis.idempotency.models import IdempotencyKey
from chassis.jobs import job
from chassis.jobs.retention import forget

#: Longer than any client tries again. The stored answers hold addresses: they are not kept for good.
KEPT = timedelta(days=7)


@job(every=3600, lease=600)
def forget_old_idempotency_keys(now: datetime) -> None:
    forget(IdempotencyKey.objects.filter(created_at__lt=now - KEPT))
