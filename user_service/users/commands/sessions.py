"""Sign in, and carry a session on."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.utils.crypto import salted_hmac
from uuid_utils.compat import uuid7

from chassis.outbox.recording import record
from chassis.transactions import transactional
from users.commands.ending import end_session
from users.commands.passwords import check_credentials
from users.domain import sessions
from users.domain.accounts import SignInRefused
from users.domain.sessions import (
    EndReason,
    RefreshTokenNotValid,
    Verdict,
    digest,
    judge,
)
from users.events_out import SessionReplayed
from users.models import RefreshToken, Session, StaffSignOn, User
from users.providers.signing import AccessToken, StaffToken

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a client gets. The refresh token is in no table and no log, only its digest."""

    access_token: str
    refresh_token: str
    session_id: UUID
    refresh_expires_at: datetime


def sign_in(*, email: str, password: str, client: str, user_agent: str, now: datetime) -> Tokens:
    """Begin a session. Raises SignInRefused and TooManyAttempts."""
    user = check_credentials(email=email, password=password, client=client, now=now)
    return _begin(user, client=client, user_agent=user_agent, now=now)


def sign_in_staff(*, email: str, password: str, client: str, user_agent: str, now: datetime) -> str:
    """Begin a staff sign-on; its cookie. Raises SignInRefused (for a customer's account too) and TooManyAttempts."""
    user = check_credentials(email=email, password=password, client=client, staff=True, now=now)
    return _begin_sign_on(user, client=client, user_agent=user_agent, now=now)


@transactional
def _begin_sign_on(user: User, *, client: str, user_agent: str, now: datetime) -> str:
    # As in _begin: whoever has lost the account, the password or the staff flag in between gets no cookie.
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
    """At most once a minute; staff see in the list which sign-ons are in use."""
    stale = StaffSignOn.objects.filter(id=sign_on_id, last_seen_at__lt=now - sessions.SEEN_AGAIN)
    stale.update(last_seen_at=now)


@transactional
def _begin(user: User, *, client: str, user_agent: str, now: datetime) -> Tokens:
    # One conditional update: an account locked, or given a new password, since we looked gets no session.
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
    """A new pair for a refresh token, which counts once; asked again within the grace, the same successor.

    Raises RefreshTokenNotValid. A token used again later than that ends its whole session, and the user
    is told: somebody has a copy.
    """
    answer = _consume(refresh_token, now=now)
    if isinstance(answer, Tokens):
        return answer
    raise RefreshTokenNotValid


@transactional
def _consume(presented: str, *, now: datetime) -> Tokens | Verdict:
    """Returns the refusal, for raising it would undo the end of the session."""
    token = RefreshToken.objects.select_related("session").filter(digest=digest(presented)).first()
    if token is None:
        return Verdict.ENDED
    session = token.session
    user = User.objects.get(id=session.user_id)
    alive = session.revoked_at is None and now < session.expires_at and user.is_active
    match judge(used_at=token.used_at, expires_at=token.expires_at, alive=alive, now=now):
        case Verdict.GOOD if RefreshToken.objects.filter(id=token.id, used_at=None).update(used_at=now):
            session.expires_at = sessions.end_of_session(begun_at=session.created_at, now=now)
            Session.objects.filter(id=session.id).update(last_used_at=now, expires_at=session.expires_at)
            return _issue(session, user, secret=_successor(token, presented), now=now)
        case Verdict.GOOD | Verdict.JUST_USED:
            return _issued_before(session, user, secret=_successor(token, presented))
        case Verdict.REPLAYED:
            _end_replayed(session, user, now=now)
            return Verdict.REPLAYED
        case refused:
            return refused


def _successor(token: RefreshToken, presented: str) -> str:
    """The refresh token that follows, always the same, so that it need not be kept in clear.

    Who would guess it needs the presented token, our key and our database.
    """
    mac = salted_hmac(f"refresh token {token.id}", presented, algorithm="sha256").digest()
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def _issued_before(session: Session, user: User, *, secret: str) -> Tokens | Verdict:
    """The same refresh token once more; refused when SECRET_KEY has changed in between."""
    issued = RefreshToken.objects.filter(digest=digest(secret)).first()
    return _tokens(session, user, secret=secret, expires_at=issued.expires_at) if issued else Verdict.ENDED


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
