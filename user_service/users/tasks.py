"""Jobs of this service."""

from datetime import datetime

from chassis.jobs import job
from users.commands import forgetting, mail_tokens


@job(every=3)
def answer_mail_requests(now: datetime) -> None:
    mail_tokens.answer_mail_requests(now=now)


@job(every=600)
def forget_expired_tokens(now: datetime) -> None:
    forgetting.forget_expired(now=now)
