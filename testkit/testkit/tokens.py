"""The signing key of the test run, and tokens as `user_service` issues them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from chassis.jwt import ACCESS, ALGORITHM, STAFF
from chassis.staff.middleware import AUDIENCE as STAFF_AUDIENCE

KID = "test-key"


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: ec.EllipticCurvePrivateKey, kid: str = KID) -> dict[str, str]:
    """Return the public key as in a JWKS."""
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": ALGORITHM, "kid": kid, "x": x, "y": y}


def write_jwks(path: Path) -> str:
    """Write the test key's JWKS to `path` and return its file URL."""
    path.write_text(json.dumps({"keys": [jwk(signing_key())]}))
    return path.as_uri()


def sign(claims: dict[str, Any], *, token_type: str, kid: str = KID, key: Any = None) -> str:
    """Return a token with valid claims; `claims` override them."""
    now = datetime.now(UTC)
    filled = {"iss": settings.JWT_ISSUER, "iat": now, "exp": now + timedelta(minutes=5), **claims}
    return jwt.encode(filled, key or signing_key(), algorithm=ALGORITHM, headers={"kid": kid, "typ": token_type})


def access_token(user_id: UUID, **claims: Any) -> str:
    given = {"sub": str(user_id), "aud": settings.JWT_AUDIENCE, "sid": str(uuid4()), "roles": ["customer"], **claims}
    return sign(given, token_type=ACCESS)


def staff_cookie(user_id: UUID, **claims: Any) -> str:
    """Return the cookie of a superuser; `claims` override its claims."""
    given = {"sub": str(user_id), "sid": str(uuid4()), "aud": STAFF_AUDIENCE, "superuser": True, "groups": []}
    return sign({**given, "email": "staff@souk.test", "name": "Staff", **claims}, token_type=STAFF)
