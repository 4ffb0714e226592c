"""Secrets that go out by mail: stored as a digest, good once, for a while."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings

from chassis.core import context
from chassis.jobs.sweeping import sweep
from chassis.outbox.recording import record
from chassis.transactions import transactional
from users.domain.accounts import LIFETIME_OF_MAIL_TOKEN, Claim, MailPurpose, MailTokenNotValid, email_key
from users.domain.sessions import digest
from users.domain.throttling import MAILS_TO_ADDRESS, Bucket, sign_ups
from users.events_out import ClaimRequested, PasswordResetRequested, StaffInvited, VerificationRequested
from users.models import MailRequest, MailToken, User
from users.providers import throttle

_EVENT_OF = {
    MailPurpose.VERIFY_EMAIL: VerificationRequested,
    MailPurpose.RESET_PASSWORD: PasswordResetRequested,
    MailPurpose.INVITE_STAFF: StaffInvited,
}


def request_mail(*, email: str, purpose: MailPurpose, client: str, now: datetime) -> None:
    """Ask for a link by mail. The same work and no answer, whether or not the address is anybody's.

    A job looks who it is, a moment later: see `answer_mail_requests`. Raises TooManyAttempts.
    """
    throttle.attempt([sign_ups(client=client, free=settings.SIGN_UPS_PER_CLIENT)], now=now)
    key = email_key(email)
    if throttle.allowed(Bucket(MAILS_TO_ADDRESS, key), now=now):
        MailRequest.objects.create(
            purpose=purpose, email_key=key, correlation_id=context.current().correlation_id, created_at=now
        )


def answer_mail_requests(*, now: datetime, limit: int = 200) -> int:
    """Send what has been asked for, to whom it concerns; how many requests were looked at."""

    def oldest(waiting: list[str]) -> list[UUID]:
        requests = MailRequest.objects.exclude(id__in=waiting).order_by("created_at")
        return list(requests.values_list("id", flat=True)[:limit])

    return sweep(
        "job.answer_mail_requests",
        due=oldest,
        work=lambda request_id: _answer(request_id=request_id, now=now),
        now=now,
    )


@transactional
def _answer(*, request_id: UUID, now: datetime) -> None:
    request = MailRequest.objects.filter(id=request_id).first()
    if request is None or not MailRequest.objects.filter(id=request_id).delete()[0]:
        return  # another worker has answered it
    user = User.objects.filter(email_key=request.email_key, is_active=True).first()
    purpose = MailPurpose(request.purpose)
    if user is None or (purpose is MailPurpose.VERIFY_EMAIL and user.email_verified_at):
        return
    with context.journey(request.correlation_id):
        send(user, purpose, now=now)


@transactional
def send(user: User, purpose: MailPurpose, *, now: datetime) -> None:
    """A new secret for the account, on its way to the mailbox. Nowhere but in the mail does it stand in clear."""
    sealed, expires_at = _new_secret(user, purpose, now=now)
    event = _EVENT_OF[purpose]
    record([event(user_id=user.id, email=user.email, name=user.name, sealed_token=sealed, expires_at=expires_at)])


@transactional
def send_claim(user: User, claim: Claim, *, now: datetime) -> None:
    """To the mailbox, as the one who claims it wrote it."""
    sealed, expires_at = _new_secret(user, MailPurpose.VERIFY_EMAIL, claim, now=now)
    record(
        [
            ClaimRequested(
                user_id=user.id, email=claim.email, name=claim.name, sealed_token=sealed, expires_at=expires_at
            )
        ]
    )


def _new_secret(user: User, purpose: MailPurpose, claim: Claim | None = None, *, now: datetime) -> tuple[str, datetime]:
    """Sealed, and until when it is good."""
    token, expires_at = secrets.token_urlsafe(32), now + LIFETIME_OF_MAIL_TOKEN[purpose]
    claimed = asdict(claim) if claim else {}
    MailToken.objects.create(
        user=user, purpose=purpose, digest=digest(token), created_at=now, expires_at=expires_at, **claimed
    )
    return settings.MAIL_SEAL.sealed(token), expires_at


@transactional
def void(*, user_id: UUID, now: datetime) -> None:
    """No link that was mailed gives anybody the account any more."""
    opening = MailToken.objects.filter(user_id=user_id, used_at=None).exclude(
        purpose=MailPurpose.VERIFY_EMAIL, encoded=""
    )
    opening.update(used_at=now)


def holder(*, token: str, purpose: MailPurpose, now: datetime) -> User:
    """The account that a good secret belongs to. Raises MailTokenNotValid; consumes nothing."""
    good = MailToken.objects.filter(digest=digest(token), purpose=purpose, used_at=None, expires_at__gt=now)
    user_id = good.values_list("user_id", flat=True).first()
    user = User.objects.filter(id=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise MailTokenNotValid
    return user


@transactional
def redeem(*, token: str, purpose: MailPurpose, now: datetime) -> MailToken:
    """Use the secret up. Of two at once, one raises MailTokenNotValid."""
    good = MailToken.objects.filter(digest=digest(token), purpose=purpose, used_at=None, expires_at__gt=now)
    found = good.first()
    if found is None or not good.update(used_at=now):
        raise MailTokenNotValid
    return found
