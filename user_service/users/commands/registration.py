"""Register accounts and verify mailboxes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users import hashers
from users.commands import mail_tokens
from users.commands.claims import claim_account
from users.commands.passwords import check_strength
from users.domain.accounts import Claim, MailPurpose, MailTokenNotValid, email_key
from users.domain.throttling import MAILS_TO_ADDRESS, Bucket, sign_ups
from users.events_out import EmailVerified, RegistrationAttempted, UserRegistered
from users.models import User
from users.providers import throttle
from users.queries import session_is_alive


def register(*, email: str, password: str, name: str, locale: str, client: str, now: datetime) -> None:
    """Create an account and send a verification link.

    If the address is in use, notify its owner; if it is in use but not verified, send a link that gives the account
    to the holder of the mailbox. The caller cannot tell these cases apart: same answer, one password hash each time.
    Raises WeakPassword, TooManyAttempts.
    """
    throttle.attempt([sign_ups(client=client, free=settings.SIGN_UPS_PER_CLIENT)], now=now)
    check_strength(password, email=email, name=name)
    mail_allowed = throttle.allowed(Bucket(MAILS_TO_ADDRESS, email_key(email)), now=now)
    encoded = hashers.hash_password(password)
    try:
        created = _create(email=email, encoded=encoded, name=name, locale=locale, now=now)
    except IntegrityError:  # another request was faster
        created = False
    if not created and mail_allowed:
        _notify_owner(Claim(email=email.strip(), name=name, locale=locale, encoded=encoded), now=now)


@transactional
def _create(*, email: str, encoded: str, name: str, locale: str, now: datetime) -> bool:
    """Create the account; return False if the address is in use."""
    if User.objects.filter(email_key=email_key(email)).exists():
        return False
    user = User.objects.new(email=email.strip(), name=name, locale=locale, password=encoded, created_at=now)
    user.save(force_insert=True)
    record([UserRegistered(user_id=user.id, email=user.email, name=user.name, locale=user.locale)])
    mail_tokens.send(user, MailPurpose.VERIFY_EMAIL, now=now)
    return True


@transactional
def _notify_owner(claim: Claim, *, now: datetime) -> None:
    user = User.objects.filter(email_key=email_key(claim.email), is_active=True).first()
    if user is None:
        return
    if user.email_verified_at or user.is_staff:
        record([RegistrationAttempted(user_id=user.id, email=user.email, name=user.name)])
    else:
        mail_tokens.send_claim(user, claim, now=now)


@transactional
def verify_email(*, token: str, session_id: str = "", now: datetime) -> None:
    """Verify the mailbox of the link's account; a claim link also transfers the account to the claimant.

    If somebody has signed in already, the link must be opened in a session of the account (`session_id`). Otherwise
    that user may not be the holder of the mailbox: the account is cleared and a password reset link is sent.
    Raises MailTokenNotValid.
    """
    redeemed = mail_tokens.redeem_token(token=token, purpose=MailPurpose.VERIFY_EMAIL, now=now)
    user = User.objects.filter(id=redeemed.user_id, is_active=True).first()
    if user is None:
        raise MailTokenNotValid
    if redeemed.encoded:
        claim = Claim(email=redeemed.email, name=redeemed.name, locale=redeemed.locale, encoded=redeemed.encoded)
        if not claim_account(user_id=redeemed.user_id, claim=claim, now=now):
            raise MailTokenNotValid  # another link has verified the mailbox first
    elif user.last_login is None or session_is_alive(session_id=session_id, user_id=user.id, now=now):
        mark_verified(user_id=user.id, now=now)
    else:
        _clear(user, now=now)


def _clear(user: User, *, now: datetime) -> None:
    """Clear an unverified account and send a password reset link; leave a verified one as it is."""
    blank = Claim(email=user.email, name="", locale=user.locale, encoded=make_password(None))
    if claim_account(user_id=user.id, claim=blank, now=now):
        mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=now)


@transactional
def mark_verified(*, user_id: UUID, now: datetime) -> bool:
    """Mark the mailbox as verified; return False, without an event, if it was verified before."""
    if not User.objects.filter(id=user_id, email_verified_at=None, deleted_at=None).update(email_verified_at=now):
        return False
    email = User.objects.values_list("email", flat=True).get(id=user_id)
    record([EmailVerified(user_id=user_id, email=email)])
    return True
