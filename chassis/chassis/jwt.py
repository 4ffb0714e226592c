"""Offline verification of tokens with the signer's public keys (JWKS, RFC 7517).

Access tokens: RFC 9068 (`typ: at+jwt`), ES256. Staff cookies: `typ: staff+jwt`. Every other
algorithm, type or key is rejected.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
import structlog
from django.conf import settings
from jwt import PyJWK

log = structlog.get_logger(__name__)

ALGORITHM = "ES256"
ACCESS = "at+jwt"
STAFF = "staff+jwt"
QUOTE = "quote+jwt"


_FETCH_SECONDS = 3.0


class InvalidToken(Exception):
    """The token is forged, expired, for another audience, or of another type. The text is for logs only."""


class KeySet:
    """A cache of the public keys at `url` (http, https or file); an unknown `kid` triggers a limited refresh.

    Known keys remain valid while the source is unavailable. A removed key is dropped at the next refresh, so revoking
    a key takes at most `max_age` seconds. A separate thread fetches, so that a source that hangs delays a request by
    at most `patience` seconds.
    """

    def __init__(self, url: str, *, max_age: float = 300.0, min_interval: float = 5.0, patience: float = 0.5) -> None:
        self.url = url
        self.max_age = max_age
        self.min_interval = min_interval
        self.patience = patience
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failing = False
        self._lock = threading.Lock()
        self._done = threading.Event()

    def key(self, kid: str) -> PyJWK:
        """Raises InvalidToken when no such key is published."""
        known = kid in self._keys
        if not known or time.monotonic() - self._fetched_at > self.max_age:
            self._refresh()
            if not (known and self._failing):
                self._done.wait(self.patience if self._keys else _FETCH_SECONDS)
        try:
            return self._keys[kid]
        except KeyError:
            raise InvalidToken(f"no key {kid!r}") from None

    @property
    def is_empty(self) -> bool:
        """Whether no keys have been fetched yet, so that no token can be verified."""
        return not self._keys

    def _refresh(self) -> None:
        """Start to fetch, unless a fetch is running or has just finished."""
        now = time.monotonic()
        with self._lock:
            if now - self._tried_at < self.min_interval:
                return
            self._tried_at = now
            self._done.clear()
        threading.Thread(target=self._fetch, args=[now, self._done], name="jwks", daemon=True).start()

    def _fetch(self, now: float, done: threading.Event) -> None:
        try:
            with urllib.request.urlopen(self.url, timeout=_FETCH_SECONDS) as answer:  # noqa: S310 (from settings)
                keys = json.load(answer)["keys"]
            self._keys = {key["kid"]: PyJWK(key, algorithm=ALGORITHM) for key in keys}
            self._fetched_at, self._failing = now, False
        except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
            self._failing = True
            log.warning("jwks_not_fetched", url=self.url, error=str(error))
        finally:
            done.set()


def verify(token: str, *, keys: KeySet, token_type: str, issuer: str, audience: str) -> dict[str, Any]:
    """Return the claims of a valid token. Raises InvalidToken."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM or header.get("typ") != token_type:
            raise InvalidToken(f"alg {header.get('alg')!r}, typ {header.get('typ')!r}")
        claims: dict[str, Any] = jwt.decode(
            token,
            keys.key(str(header.get("kid"))),
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=audience,
            leeway=5,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(str(error)) from error
    return claims


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, according to the token; used as `request.user`."""

    id: UUID
    session_id: str
    roles: frozenset[str]
    scopes: frozenset[str]
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True
    is_staff: bool = False

    @property
    def pk(self) -> UUID:
        return self.id

    def __str__(self) -> str:
        return str(self.id)


_key_sets: dict[str, KeySet] = {}
_own_keys: list[KeySet] = []


def user_keys() -> KeySet:
    """Return the key set of `settings.JWKS_URL`, one per process."""
    return _own_keys[0] if _own_keys else _key_sets.setdefault(settings.JWKS_URL, KeySet(settings.JWKS_URL))


def use_own_keys(keys: KeySet) -> None:
    """Verify with `keys` instead of JWKS_URL. For the service that signs the tokens."""
    _own_keys[:] = [keys]


def identity_of(token: str) -> Identity:
    """Return the caller of an access token. Raises InvalidToken."""
    claims = verify(
        token, keys=user_keys(), token_type=ACCESS, issuer=settings.JWT_ISSUER, audience=settings.JWT_AUDIENCE
    )
    try:
        return Identity(
            id=UUID(claims["sub"]),
            session_id=str(claims.get("sid", "")),
            roles=frozenset(claims.get("roles", ())),
            scopes=frozenset(str(claims.get("scope", "")).split()),
        )
    except (ValueError, TypeError) as error:
        raise InvalidToken(str(error)) from error
