"""Signed tokens, by simplejwt with a backend of our own for `kid`, `typ` and key rotation."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.tokens import Token

from chassis.jwt import ACCESS, ALGORITHM, STAFF, InvalidToken, verify
from chassis.staff.middleware import AUDIENCE as STAFF_AUDIENCE
from users.domain import sessions
from users.models import User
from users.providers.keys import ring


class KeyRingBackend(TokenBackend):
    """A token backend over the key ring. simplejwt's has one key, and neither `kid` nor `typ` in the header."""

    def __init__(self, *, typ: str, audience: str) -> None:
        super().__init__(ALGORITHM, audience=audience, issuer=settings.JWT_ISSUER)
        self.typ = typ

    def encode(self, payload: dict[str, Any]) -> str:
        key = ring().signing()
        claims = {**payload, "iss": self.issuer, "aud": self.audience}
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": self.typ})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the claims. They are always verified; `verify` is part of simplejwt's interface and has no effect."""
        try:
            return _verify(str(token), self)
        except InvalidToken as error:
            raise TokenBackendError(str(error)) from error


def _verify(token: str, backend: KeyRingBackend) -> dict[str, Any]:
    return verify(
        token, keys=ring(), token_type=backend.typ, issuer=str(backend.issuer), audience=str(backend.audience)
    )


class AccessToken(Token):
    """An access token (RFC 9068): user, session and scope. Valid for five minutes; services verify it offline."""

    token_type = "access"  # noqa: S105
    lifetime = sessions.ACCESS_TOKEN

    def get_token_backend(self) -> KeyRingBackend:
        return KeyRingBackend(typ=ACCESS, audience=settings.JWT_AUDIENCE)

    @classmethod
    def of(cls, *, user_id: UUID, session_id: UUID, email_verified: bool) -> AccessToken:
        token = cls()
        token.payload |= {
            "sub": str(user_id),
            "sid": str(session_id),
            "roles": ["customer"],
            "scope": "shop",
            "email_verified": email_verified,
        }
        return token


class StaffToken(Token):
    """The staff cookie, for the admins. Its type and audience differ from those of an access token."""

    token_type = "staff"  # noqa: S105
    lifetime = sessions.STAFF_COOKIE

    def get_token_backend(self) -> KeyRingBackend:
        return KeyRingBackend(typ=STAFF, audience=STAFF_AUDIENCE)

    @classmethod
    def of(cls, *, user: User, groups: list[str], sign_on_id: UUID, now: datetime) -> StaffToken:
        """Return the cookie. Of two cookies with different rights, services use the newer `as_of` (microseconds)."""
        token = cls()
        token.payload |= {
            "sub": str(user.id),
            "sid": str(sign_on_id),
            "as_of": int(now.timestamp() * 1_000_000),
            "email": user.email,
            "name": user.name,
            "superuser": user.is_superuser,
            "groups": groups,
        }
        return token
