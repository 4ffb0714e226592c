"""Single-use secrets sent by mail. Only their digest is stored, and they expire."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings

from chassis.core import context
from chassis.jobs.sweeps import sweep
from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users.domain.accounts import MAIL_TOKEN_LIFETIMES, Claim, MailPurpose, MailTokenNotValid, email_key
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
    """Store a request for a link by mail. The work is the same whether or not the address has an account.

    A job looks the account up a moment later: see `answer_mail_requests`. Raises TooManyAttempts.
    """
    throttle.attempt([sign_ups(client=client, free=settings.SIGN_UPS_PER_CLIENT)], now=now)
    key = email_key(email)
    if throttle.allowed(Bucket(MAILS_TO_ADDRESS, key), now=now):
        MailRequest.objects.create(
            purpose=purpose, email_key=key, correlation_id=context.current().correlation_id, created_at=now
        )


def answer_mail_requests(*, now: datetime, limit: int = 200) -> int:
    """Send the requested links to the accounts that exist; return the number of requests processed."""

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
        return  # another worker has answered it already
    user = User.objects.filter(email_key=request.email_key, is_active=True).first()
    purpose = MailPurpose(request.purpose)
    if user is None or (purpose is MailPurpose.VERIFY_EMAIL and user.email_verified_at):
        return
    with context.journey(request.correlation_id):
        send(user, purpose, now=now)


@transactional
def send(user: User, purpose: MailPurpose, *, now: datetime) -> None:
    """Create a secret for the account and announce it sealed. It appears in clear only in the mail."""
    sealed, expires_at = _new_secret(user, purpose, now=now)
    event = _EVENT_OF[purpose]
    record([event(user_id=user.id, email=user.email, name=user.name, sealed_token=sealed, expires_at=expires_at)])


@transactional
def send_claim(user: User, claim: Claim, *, now: datetime) -> None:
    """Create the secret of a claim, and announce it for the address as the claimant wrote it."""
    sealed, expires_at = _new_secret(user, MailPurpose.VERIFY_EMAIL, claim, now=now)
    record(
        [
            ClaimRequested(
                user_id=user.id, email=claim.email, name=claim.name, sealed_token=sealed, expires_at=expires_at
            )
        ]
    )


def _new_secret(user: User, purpose: MailPurpose, claim: Claim | None = None, *, now: datetime) -> tuple[str, datetime]:
    """Store a new secret's digest; return the sealed secret and its expiry."""
    token, expires_at = secrets.token_urlsafe(32), now + MAIL_TOKEN_LIFETIMES[purpose]
    claimed = asdict(claim) if claim else {}
    MailToken.objects.create(
        user=user, purpose=purpose, digest=digest(token), created_at=now, expires_at=expires_at, **claimed
    )
    return settings.MAIL_SEAL.sealed(token), expires_at


@transactional
def revoke_access_links(*, user_id: UUID, now: datetime) -> None:
    """Invalidate all mailed links that give access to the account."""
    access_links = MailToken.objects.filter(user_id=user_id, used_at=None).exclude(
        purpose=MailPurpose.VERIFY_EMAIL, encoded=""
    )
    access_links.update(used_at=now)


def token_holder(*, token: str, purpose: MailPurpose, now: datetime) -> User:
    """Return the account of a valid secret without using it up. Raises MailTokenNotValid."""
    valid = MailToken.objects.filter(digest=digest(token), purpose=purpose, used_at=None, expires_at__gt=now)
    user_id = valid.values_list("user_id", flat=True).first()
    user = User.objects.filter(id=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise MailTokenNotValid
    return user


@transactional
def redeem_token(*, token: str, purpose: MailPurpose, now: datetime) -> MailToken:
    """Use the secret up and return it. Of two concurrent uses, one raises MailTokenNotValid."""
    valid = MailToken.objects.filter(digest=digest(token), purpose=purpose, used_at=None, expires_at__gt=now)
    found = valid.first()
    if found is None or not valid.update(used_at=now):
        raise MailTokenNotValid
    return found
