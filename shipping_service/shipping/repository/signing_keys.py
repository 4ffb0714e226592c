"""The keys that sign quotes: a PEM file with one or more EC private keys.

The last one signs; all are published, so that quotes signed by the previous one stay valid. To rotate:
`manage.py rotate_quote_key`. Running processes read a changed file again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chassis.jwt import ALGORITHM, QUOTE

#: The new key and the previous one: a quote is valid for half an hour, a key for months.
KEPT = 2
_PEM = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private: ec.EllipticCurvePrivateKey
    public: dict[str, str]


_loaded: dict[Path, tuple[tuple[int, int], tuple[SigningKey, ...]]] = {}


def sign(claims: dict[str, Any]) -> str:
    """Return the claims as a JWS of type `quote+jwt`."""
    key = _keys()[-1]
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": QUOTE})


def public_keys() -> list[dict[str, str]]:
    """Return the keys of the JWKS (RFC 7517)."""
    return [key.public for key in _keys()]


def rotate() -> str:
    """Sign with a new key from now on and return its kid. Only the last two keys are kept."""
    path = _path()
    kept = _PEM.findall(path.read_bytes())[-(KEPT - 1) :] if path.exists() else []
    _write(path, [*kept, _new_pem()])
    return _keys()[-1].kid


def _keys() -> tuple[SigningKey, ...]:
    path = _path()
    if not path.exists() and not settings.QUOTE_SIGNING_KEY_IS_GIVEN:
        _create(path)
    try:
        status = path.stat()
    except OSError as error:
        raise ImproperlyConfigured(f"QUOTE_SIGNING_KEY_FILE {path} cannot be read: {error.strerror}.") from error
    seen = (status.st_mtime_ns, status.st_size)
    known = _loaded.get(path)
    if known is None or known[0] != seen:
        known = _loaded[path] = (seen, _load(path))
    return known[1]


def _load(path: Path) -> tuple[SigningKey, ...]:
    keys = tuple(_signing_key(pem) for pem in _PEM.findall(path.read_bytes()))
    if not keys:
        raise ImproperlyConfigured(f"QUOTE_SIGNING_KEY_FILE {path} holds no private key in PEM form.")
    return keys


def _signing_key(pem: bytes) -> SigningKey:
    private = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise ImproperlyConfigured("QUOTE_SIGNING_KEY_FILE must hold keys of the curve P-256.")
    numbers = private.public_key().public_numbers()
    x, y = (_base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    # RFC 7638: the key's name is the hash of what it is.
    thumbprint = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"), sort_keys=True)
    kid = _base64url(hashlib.sha256(thumbprint.encode()).digest())[:16]
    public = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": ALGORITHM, "kid": kid, "x": x, "y": y}
    return SigningKey(kid, private, public)


def _create(path: Path) -> None:
    """Create the first key in development. If two processes start at once, the first file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    _write(draft, [_new_pem()])
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(path: Path, pems: list[bytes]) -> None:
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(b"".join(pems))
    draft.replace(path)


def _new_pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _path() -> Path:
    return Path(settings.QUOTE_SIGNING_KEY_FILE)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
