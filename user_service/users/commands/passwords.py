"""Check, change and reset passwords. Hashing takes a tenth of a second, so it happens outside transactions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from prometheus_client import Counter

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users import hashers
from users.commands import mail_tokens
from users.commands.claims import claim_account
from users.commands.revocation import end_sessions
from users.domain.accounts import (
    Claim,
    MailPurpose,
    SignInRefused,
    WeakPassword,
    WrongPassword,
    email_key,
    normalize_password,
)
from users.domain.sessions import EndReason
from users.domain.throttling import TooManyAttempts, guesses
from users.events_out import EmailVerified, PasswordChanged
from users.models import User
from users.providers import throttle

SIGN_INS = Counter("souk_sign_ins_total", "Sign-ins of customers and staff, by outcome.", ["outcome"])
log = structlog.get_logger(__name__)


def check_strength(password: str, *, email: str, name: str) -> None:
    """Require a password that is long enough, not common, and unlike the name and the address.

    Raises WeakPassword with the reasons.
    """
    try:
        validate_password(normalize_password(password), User(email=email, name=name))
    except ValidationError as error:
        problems = [{"field": "password", "code": e.code, "detail": e.messages[0]} for e in error.error_list]
        raise WeakPassword(" ".join(error.messages), errors=problems) from None


def check_credentials(*, email: str, password: str, client: str, staff: bool = False, now: datetime) -> User:
    """Return the active account with this address and password; with `staff`, only a staff account.

    Raises SignInRefused, after the same work for an unknown, locked or non-staff account and for a wrong
    password; TooManyAttempts for a client that guesses.
    """
    key = email_key(email)
    buckets = guesses(client=client, account=key)
    with SIGN_INS.labels("throttled").count_exceptions(TooManyAttempts):
        throttle.attempt(buckets, now=now)
    user = User.objects.filter(email_key=key).first()
    matches = hashers.matches(password, user.password if user else None)
    if not matches or user is None or not user.is_active or (staff and not user.is_staff):
        log.info("sign_in_refused", client=client)
        SIGN_INS.labels("refused").inc()
        raise SignInRefused
    throttle.succeeded(buckets)
    SIGN_INS.labels("done").inc()
    if hashers.is_unnormalized(password, user.password):
        _rehash(user, password)
    return user


def _rehash(user: User, password: str) -> None:
    """Store the hash of the password's normal form, so that it matches however it is typed."""
    encoded = hashers.hash_password(password)
    if User.objects.filter(id=user.id, password=user.password).update(password=encoded):
        user.password = encoded


def check_own_password(user: User, password: str, *, field: str, client: str, now: datetime) -> None:
    """Check the password of the signed-in user. Raises WrongPassword, which names `field`, and TooManyAttempts."""
    buckets = guesses(client=client, account=user.email_key)
    throttle.attempt(buckets, now=now)
    if not hashers.matches(password, user.password):
        raise WrongPassword(errors=[{"field": field, "code": WrongPassword.code, "detail": WrongPassword.__doc__}])
    throttle.succeeded(buckets)


def change_password(*, user_id: UUID, session_id: UUID, current: str, new: str, client: str, now: datetime) -> None:
    """Set a new password and end all other sessions. Raises WrongPassword, WeakPassword, TooManyAttempts."""
    user = User.objects.get(id=user_id)
    check_own_password(user, current, field="current_password", client=client, now=now)
    check_strength(new, email=user.email, name=user.name)
    _replace(user, hashers.hash_password(new), keep=session_id, now=now)


@transactional
def _replace(user: User, encoded: str, *, keep: UUID, now: datetime) -> None:
    if not User.objects.filter(id=user.id, password=user.password, is_active=True).update(password=encoded):
        raise WrongPassword  # changed by another request meanwhile
    mail_tokens.revoke_access_links(user_id=user.id, now=now)
    end_sessions(user_id=user.id, reason=EndReason.PASSWORD_CHANGED, keep=keep, now=now)
    record([PasswordChanged(user_id=user.id, email=user.email, name=user.name)])


def reset_password(*, token: str, new: str, purpose: MailPurpose = MailPurpose.RESET_PASSWORD, now: datetime) -> None:
    """Set a new password for the holder of a mailed link and end all sessions; this also verifies the mailbox.

    If the mailbox was not verified before, the account may have been filled by somebody else: its profile and
    addresses are cleared. Raises MailTokenNotValid, and WeakPassword, after which the link can be used again.
    """
    user = mail_tokens.token_holder(token=token, purpose=purpose, now=now)
    check_strength(new, email=user.email, name=user.name)
    _reset(token, hashers.hash_password(new), purpose=purpose, now=now)


@transactional
def _reset(token: str, encoded: str, *, purpose: MailPurpose, now: datetime) -> None:
    user_id = mail_tokens.redeem_token(token=token, purpose=purpose, now=now).user_id
    user = User.objects.get(id=user_id)
    claim = Claim(email=user.email, name="", locale=user.locale, encoded=encoded)
    if not claim_account(user_id=user_id, claim=claim, now=now):
        mail_tokens.revoke_access_links(user_id=user_id, now=now)
        User.objects.filter(id=user_id, is_active=True).update(password=encoded)
        if User.objects.filter(id=user_id, email_verified_at=None).update(email_verified_at=now):
            record([EmailVerified(user_id=user_id, email=user.email)])
        end_sessions(user_id=user_id, reason=EndReason.PASSWORD_RESET, now=now)
    user = User.objects.get(id=user_id)
    record([PasswordChanged(user_id=user_id, email=user.email, name=user.name)])
