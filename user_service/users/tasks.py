"""Scheduled jobs of this service."""

from datetime import datetime

from chassis.jobs import job, limit_due_time
from users.commands import erasure, exports, mail_tokens, retention
from users.domain.personal_data import LONGEST_PAUSE
from users.models import DataExport, ErasureRequest

limit_due_time(lambda: ErasureRequest.objects.exclude(ask_again_at=None), "ask_again_at", longest=LONGEST_PAUSE)
limit_due_time(lambda: DataExport.objects.exclude(ask_again_at=None), "ask_again_at", longest=LONGEST_PAUSE)


@job(every=3)
def answer_mail_requests(now: datetime) -> None:
    mail_tokens.answer_mail_requests(now=now)


@job(every=600)
def forget_expired_tokens(now: datetime) -> None:
    retention.delete_expired(now=now)


@job(every=10)
def ask_for_personal_data(now: datetime) -> None:
    erasure.repeat_erasure_requests(now=now)
    exports.repeat_export_requests(now=now)


@job(every=600)
def forget_personal_data(now: datetime) -> None:
    exports.delete_expired_exports(now=now)
    erasure.delete_old_receipts(now=now)
