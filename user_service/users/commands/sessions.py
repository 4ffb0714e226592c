"""Sign in, and refresh a session's tokens."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.utils.crypto import salted_hmac
from uuid_utils.compat import uuid7

from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users.commands.passwords import check_credentials
from users.commands.revocation import end_session
from users.domain import sessions
from users.domain.accounts import SignInRefused
from users.domain.sessions import (
    EndReason,
    RefreshTokenNotValid,
    TokenStatus,
    digest,
    token_status,
)
from users.events_out import SessionReplayed
from users.models import RefreshToken, Session, StaffSignOn, User
from users.providers.tokens import AccessToken, StaffToken

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A pair of tokens for a client. Only the digest of the refresh token is stored or logged."""

    access_token: str
    refresh_token: str
    session_id: UUID
    refresh_expires_at: datetime


def sign_in(*, email: str, password: str, client: str, user_agent: str, now: datetime) -> Tokens:
    """Start a session. Raises SignInRefused, TooManyAttempts."""
    user = check_credentials(email=email, password=password, client=client, now=now)
    return _begin(user, client=client, user_agent=user_agent, now=now)


def sign_in_staff(*, email: str, password: str, client: str, user_agent: str, now: datetime) -> str:
    """Start a staff sign-on and return its cookie. Raises SignInRefused (for customers too), TooManyAttempts."""
    user = check_credentials(email=email, password=password, client=client, staff=True, now=now)
    return _begin_sign_on(user, client=client, user_agent=user_agent, now=now)


@transactional
def _begin_sign_on(user: User, *, client: str, user_agent: str, now: datetime) -> str:
    # As in _begin: an account that was locked, re-passworded or demoted since the check gets no cookie.
    alive = User.objects.filter(id=user.id, password=user.password, is_active=True, is_staff=True)
    if not alive.update(last_login=now):
        raise SignInRefused
    user = User.objects.get(id=user.id)
    sign_on = StaffSignOn(
        id=uuid7(),
        user=user,
        user_agent=user_agent[:200],
        client=client[:64],
        created_at=now,
        last_seen_at=now,
        expires_at=now + sessions.STAFF_COOKIE,
    )
    sign_on.save(force_insert=True)
    groups = sorted(user.groups.values_list("name", flat=True))
    return str(StaffToken.of(user=user, groups=groups, sign_on_id=sign_on.id, now=now))


def note_sign_on_seen(*, sign_on_id: UUID, now: datetime) -> None:
    """Record that a sign-on is in use, at most once a minute."""
    stale = StaffSignOn.objects.filter(id=sign_on_id, last_seen_at__lt=now - sessions.SEEN_AGAIN)
    stale.update(last_seen_at=now)


@transactional
def _begin(user: User, *, client: str, user_agent: str, now: datetime) -> Tokens:
    # One conditional update: an account that was locked or re-passworded since the check gets no session.
    if not User.objects.filter(id=user.id, password=user.password, is_active=True).update(last_login=now):
        raise SignInRefused
    session = Session(
        id=uuid7(),
        user=user,
        user_agent=user_agent[:200],
        client=client[:64],
        created_at=now,
        last_used_at=now,
        expires_at=sessions.end_of_session(begun_at=now, now=now),
    )
    session.save(force_insert=True)
    return _issue(session, user, secret=secrets.token_urlsafe(32), now=now)


def refresh(*, refresh_token: str, now: datetime) -> Tokens:
    """Exchange a refresh token for a new pair; a repeat within the grace period returns the same refresh token.

    Raises RefreshTokenNotValid. A later repeat means that the token was copied: the session ends and its owner
    is notified.
    """
    answer = _consume(refresh_token, now=now)
    if isinstance(answer, Tokens):
        return answer
    raise RefreshTokenNotValid


@transactional
def _consume(presented: str, *, now: datetime) -> Tokens | TokenStatus:
    """Return the refusal instead of raising it, because an exception would roll back the end of the session."""
    token = RefreshToken.objects.select_related("session").filter(digest=digest(presented)).first()
    if token is None:
        return TokenStatus.ENDED
    session = token.session
    user = User.objects.get(id=session.user_id)
    alive = session.revoked_at is None and now < session.expires_at and user.is_active
    match token_status(used_at=token.used_at, expires_at=token.expires_at, alive=alive, now=now):
        case TokenStatus.GOOD if RefreshToken.objects.filter(id=token.id, used_at=None).update(used_at=now):
            session.expires_at = sessions.end_of_session(begun_at=session.created_at, now=now)
            Session.objects.filter(id=session.id).update(last_used_at=now, expires_at=session.expires_at)
            return _issue(session, user, secret=_successor(token, presented), now=now)
        case TokenStatus.GOOD | TokenStatus.JUST_USED:
            return _issued_before(session, user, secret=_successor(token, presented))
        case TokenStatus.REPLAYED:
            _end_replayed(session, user, now=now)
            return TokenStatus.REPLAYED
        case refused:
            return refused


def _successor(token: RefreshToken, presented: str) -> str:
    """Derive the next refresh token. It is deterministic, so it need not be stored in clear.

    Deriving it takes the presented token, SECRET_KEY and the database.
    """
    mac = salted_hmac(f"refresh token {token.id}", presented, algorithm="sha256").digest()
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def _issued_before(session: Session, user: User, *, secret: str) -> Tokens | TokenStatus:
    """Return the refresh token issued before; refuse if SECRET_KEY has changed since."""
    issued = RefreshToken.objects.filter(digest=digest(secret)).first()
    return _tokens(session, user, secret=secret, expires_at=issued.expires_at) if issued else TokenStatus.ENDED


def _end_replayed(session: Session, user: User, *, now: datetime) -> None:
    end_session(session_id=session.id, reason=EndReason.REPLAYED, now=now)
    log.warning("refresh_token_replayed", session_id=str(session.id), user_id=str(user.id))
    record(
        [
            SessionReplayed(
                user_id=user.id, email=user.email, name=user.name, session_id=session.id, user_agent=session.user_agent
            )
        ]
    )


def _issue(session: Session, user: User, *, secret: str, now: datetime) -> Tokens:
    RefreshToken.objects.create(session=session, digest=digest(secret), created_at=now, expires_at=session.expires_at)
    return _tokens(session, user, secret=secret, expires_at=session.expires_at)


def _tokens(session: Session, user: User, *, secret: str, expires_at: datetime) -> Tokens:
    access = AccessToken.of(user_id=user.id, session_id=session.id, email_verified=user.email_verified_at is not None)
    return Tokens(access_token=str(access), refresh_token=secret, session_id=session.id, refresh_expires_at=expires_at)
