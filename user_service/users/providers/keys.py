"""The signing keys: PEM files in one folder. The newest one signs, all are published, and a file's name is its `kid`.

Names begin with the creation time, so the newest key is the last by name.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils import timezone
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm

from chassis.core.env import BadEnvironment
from chassis.jwt import ALGORITHM, InvalidToken, KeySet

_TIME = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, slots=True)
class Key:
    kid: str
    private: ec.EllipticCurvePrivateKey
    jwk: dict[str, Any]
    verifying: PyJWK


class KeyRing(KeySet):
    """The keys of one folder, reloaded when the folder changes. It is also the chassis's key set."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.as_uri())
        self.folder = folder
        self._ring: dict[str, Key] = {}
        self._seen = -1
        self._read_at = 0.0
        self._reading = threading.Lock()

    def key(self, kid: str) -> PyJWK:
        found = self._current_keys().get(kid) or self._current_keys(force=True).get(kid)
        if found is None:
            raise InvalidToken(f"no key {kid!r}")
        return found.verifying

    def signing(self) -> Key:
        """Return the newest key. In development the first one is created on demand; in production it must exist."""
        keys = self._current_keys()
        if not keys:
            if settings.PRODUCTION:
                raise BadEnvironment(f"No signing key in JWT_KEYS_DIR ({self.folder}). Run manage.py rotate_keys.")
            self.add(timezone.now())
            self._seen = -1
            keys = self._current_keys()
        return keys[max(keys)]

    def published(self) -> list[dict[str, Any]]:
        """Return the public keys as a JWKS, newest first."""
        self.signing()
        keys = self._current_keys()
        return [keys[kid].jwk for kid in sorted(keys, reverse=True)]

    def add(self, now: datetime) -> str:
        """Create a key that signs from now on and return its kid. The file is written atomically."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kid = f"{now.strftime(_TIME)}-{secrets.token_hex(3)}"
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        handle, unfinished = tempfile.mkstemp(dir=self.folder, suffix=".new")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        Path(unfinished).rename(self.folder / f"{kid}.pem")
        return kid

    def remove(self, kid: str) -> None:
        """Delete a key. This service refuses its tokens at once, the others within their `max_age`."""
        (self.folder / f"{kid}.pem").unlink()

    def idle(self, *, now: datetime, longest_token: timedelta) -> list[str]:
        """Return the keys whose last token has expired: the next newer key is older than `longest_token`."""
        kids = sorted(self._current_keys())
        return [kid for kid, newer in pairwise(kids) if _created_at(newer) < now - longest_token]

    def _current_keys(self, *, force: bool = False) -> dict[str, Key]:
        """Return the keys. `force`: reload at most once a second, because two changes may share one mtime."""
        try:
            changed = self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed != self._seen or (force and time.monotonic() - self._read_at > 1):
            with self._reading:
                self._read_at = time.monotonic()
                self._ring = {path.stem: _read(path) for path in self.folder.glob("*.pem")}
                self._seen = changed
        return self._ring


@cache
def _ring_of(folder: str) -> KeyRing:
    return KeyRing(Path(folder).resolve())


def ring() -> KeyRing:
    """Return the key ring of JWT_KEYS_DIR, one per process."""
    return _ring_of(settings.JWT_KEYS_DIR)


class OwnKeys(KeySet):
    """The key set of the chassis: the ring that the settings name."""

    def __init__(self) -> None:
        super().__init__("file:own")

    def key(self, kid: str) -> PyJWK:
        return ring().key(kid)


def _read(path: Path) -> Key:
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise BadEnvironment(f"{path} is not a P-256 private key in PEM.")
    public = ECAlgorithm(ECAlgorithm.SHA256).to_jwk(private.public_key(), as_dict=True)
    jwk = {**public, "kid": path.stem, "use": "sig", "alg": ALGORITHM}
    return Key(path.stem, private, jwk, PyJWK(jwk, algorithm=ALGORITHM))


def _created_at(kid: str) -> datetime:
    """Return the creation time in the name; a file with another name counts as new, so it is never idle."""
    try:
        return datetime.strptime(kid.partition("-")[0], _TIME).replace(tzinfo=timezone.get_current_timezone())
    except ValueError:
        return timezone.now()
