"""Register, and prove the mailbox."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from chassis.outbox.recording import record
from chassis.transactions import transactional
from users.commands import mail_tokens
from users.commands.claiming import claim_account
from users.commands.passwords import check_strength
from users.domain.accounts import Claim, MailPurpose, MailTokenNotValid, email_key
from users.domain.throttling import MAILS_TO_ADDRESS, Bucket, sign_ups
from users.events_out import EmailVerified, RegistrationAttempted, UserRegistered
from users.models import User
from users.providers import hashing, throttle
from users.queries import session_is_alive


def register(*, email: str, password: str, name: str, locale: str, client: str, now: datetime) -> None:
    """A new account and a mail to verify it; for a known address, a mail that tells its owner, and while nobody has
    proven to hold that mailbox, one by which its holder takes the account over.

    The caller cannot tell which: same answer, and one password hash each time.
    Raises WeakPassword and TooManyAttempts.
    """
    throttle.attempt([sign_ups(client=client, free=settings.SIGN_UPS_PER_CLIENT)], now=now)
    check_strength(password, email=email, name=name)
    mail_allowed = throttle.allowed(Bucket(MAILS_TO_ADDRESS, email_key(email)), now=now)
    encoded = hashing.hashed(password)
    try:
        created = _create(email=email, encoded=encoded, name=name, locale=locale, now=now)
    except IntegrityError:  # another request was faster
        created = False
    if not created and mail_allowed:
        _tell_owner(Claim(email=email.strip(), name=name, locale=locale, encoded=encoded), now=now)


@transactional
def _create(*, email: str, encoded: str, name: str, locale: str, now: datetime) -> bool:
    """False when there is such an account."""
    if User.objects.filter(email_key=email_key(email)).exists():
        return False
    user = User.objects.new(email=email.strip(), name=name, locale=locale, password=encoded, created_at=now)
    user.save(force_insert=True)
    record([UserRegistered(user_id=user.id, email=user.email, name=user.name, locale=user.locale)])
    mail_tokens.send(user, MailPurpose.VERIFY_EMAIL, now=now)
    return True


@transactional
def _tell_owner(claim: Claim, *, now: datetime) -> None:
    user = User.objects.filter(email_key=email_key(claim.email), is_active=True).first()
    if user is None:
        return
    if user.email_verified_at or user.is_staff:
        record([RegistrationAttempted(user_id=user.id, email=user.email, name=user.name)])
    else:
        mail_tokens.send_claim(user, claim, now=now)


@transactional
def verify_email(*, token: str, session_id: str = "", now: datetime) -> None:
    """The holder of the link holds the mailbox, and the account is that of the registration which the link belongs to.

    Somebody may have signed in before anybody had proven the mailbox. Unless the link is opened in a session of the
    account (`session_id`), nobody knows that it was its holder: then the account is emptied, and a mail leads to a new
    password. Raises MailTokenNotValid.
    """
    redeemed = mail_tokens.redeem(token=token, purpose=MailPurpose.VERIFY_EMAIL, now=now)
    user = User.objects.filter(id=redeemed.user_id, is_active=True).first()
    if user is None:
        raise MailTokenNotValid
    if redeemed.encoded:
        claim = Claim(email=redeemed.email, name=redeemed.name, locale=redeemed.locale, encoded=redeemed.encoded)
        if not claim_account(user_id=redeemed.user_id, claim=claim, now=now):
            raise MailTokenNotValid  # the mailbox was proven by another link: the account is that one's
    elif user.last_login is None or session_is_alive(session_id=session_id, user_id=user.id, now=now):
        mark_verified(user_id=user.id, now=now)
    else:
        _empty(user, now=now)


def _empty(user: User, *, now: datetime) -> None:
    """Nothing happens to an account that was proven before."""
    nobodys = Claim(email=user.email, name="", locale=user.locale, encoded=make_password(None))
    if claim_account(user_id=user.id, claim=nobodys, now=now):
        mail_tokens.send(user, MailPurpose.RESET_PASSWORD, now=now)


@transactional
def mark_verified(*, user_id: UUID, now: datetime) -> bool:
    """False, and no event, when it was verified before."""
    if not User.objects.filter(id=user_id, email_verified_at=None, deleted_at=None).update(email_verified_at=now):
        return False
    email = User.objects.values_list("email", flat=True).get(id=user_id)
    record([EmailVerified(user_id=user_id, email=email)])
    return True
