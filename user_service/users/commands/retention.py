"""Delete expired tokens, sessions and requests in short transactions."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from chassis.transactions import transactional
from users.models import MailRequest, MailToken, RefreshToken, Session, StaffSignOn

BATCH = 1000
#: Smaller than BATCH: a session has one refresh token for every five minutes of use.
SESSION_BATCH = 50
#: Seconds after which the rest is left to the next run; shorter than the lease of the job.
TIME_LIMIT = 40.0


def delete_expired(*, now: datetime, time_limit: float = TIME_LIMIT) -> bool:
    """Delete until nothing is left or `time_limit` seconds have passed; return whether everything was deleted."""
    long_ago, until = now - timedelta(days=settings.SESSIONS_KEPT_DAYS), time.monotonic() + time_limit
    for rows in (
        RefreshToken.objects.filter(expires_at__lt=now),
        MailToken.objects.filter(expires_at__lt=now),
        MailRequest.objects.filter(created_at__lt=long_ago),
        StaffSignOn.objects.filter(expires_at__lt=long_ago),
    ):
        while _delete_batch(rows):
            if time.monotonic() > until:
                return False
    for old in (Session.objects.filter(expires_at__lt=long_ago), Session.objects.filter(revoked_at__lt=long_ago)):
        while ids := list(old.values_list("id", flat=True)[:SESSION_BATCH]):
            tokens = RefreshToken.objects.filter(session_id__in=ids)
            while _delete_batch(tokens):
                if time.monotonic() > until:
                    return False
            _delete_batch(Session.objects.filter(id__in=ids))
    return True


@transactional
def _delete_batch(rows: QuerySet[Any]) -> int:
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)
