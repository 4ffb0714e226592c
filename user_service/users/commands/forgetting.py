"""Drop what can no longer be used, nor tell us anything: in short transactions, until nothing is left."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from chassis.transactions import transactional
from users.models import MailRequest, MailToken, RefreshToken, Session, StaffSignOn

BATCH = 1000
#: Sessions have many refresh tokens each: one for five minutes of use.
SESSIONS = 50
#: Seconds after which the rest is left to the next run; shorter than the lease of the job.
PATIENCE = 40.0


def forget_expired(*, now: datetime, patience: float = PATIENCE) -> bool:
    """Whether all that is over has gone."""
    long_ago, until = now - timedelta(days=settings.SESSIONS_KEPT_DAYS), time.monotonic() + patience
    for rows in (
        RefreshToken.objects.filter(expires_at__lt=now),
        MailToken.objects.filter(expires_at__lt=now),
        MailRequest.objects.filter(created_at__lt=long_ago),
        StaffSignOn.objects.filter(expires_at__lt=long_ago),
    ):
        while _drop_some(rows):
            if time.monotonic() > until:
                return False
    for over in (Session.objects.filter(expires_at__lt=long_ago), Session.objects.filter(revoked_at__lt=long_ago)):
        while ids := list(over.values_list("id", flat=True)[:SESSIONS]):
            tokens = RefreshToken.objects.filter(session_id__in=ids)
            while _drop_some(tokens):
                if time.monotonic() > until:
                    return False
            _drop_some(Session.objects.filter(id__in=ids))
    return True


@transactional
def _drop_some(rows: QuerySet[Any]) -> int:
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)
