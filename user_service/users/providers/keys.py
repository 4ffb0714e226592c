"""The signing keys: PEM files in one folder. The newest signs, all are published, a file's name is its `kid`.

Names begin with the time of creation, so the newest is the last by name.
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
    """The keys of one folder, read again whenever the folder has changed. For the chassis: our own key set."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.as_uri())
        self.folder = folder
        self._ring: dict[str, Key] = {}
        self._seen = -1
        self._read_at = 0.0
        self._reading = threading.Lock()

    def key(self, kid: str) -> PyJWK:
        found = self._keys_now().get(kid) or self._keys_now(doubt=True).get(kid)
        if found is None:
            raise InvalidToken(f"no key {kid!r}")
        return found.verifying

    def signing(self) -> Key:
        """The newest. On a developer's machine the first one makes itself; production refuses."""
        keys = self._keys_now()
        if not keys:
            if settings.PRODUCTION:
                raise BadEnvironment(f"No signing key in JWT_KEYS_DIR ({self.folder}). Run manage.py rotate_keys.")
            self.add(timezone.now())
            self._seen = -1
            keys = self._keys_now()
        return keys[max(keys)]

    def published(self) -> list[dict[str, Any]]:
        """The public halves as a JWKS, newest first."""
        self.signing()
        keys = self._keys_now()
        return [keys[kid].jwk for kid in sorted(keys, reverse=True)]

    def add(self, now: datetime) -> str:
        """A new key, which signs from now on; its kid. The file appears whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kid = f"{now.strftime(_TIME)}-{secrets.token_hex(3)}"
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        handle, unfinished = tempfile.mkstemp(dir=self.folder, suffix=".new")  # readable by us alone
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        Path(unfinished).rename(self.folder / f"{kid}.pem")
        return kid

    def remove(self, kid: str) -> None:
        """Tokens signed by it are refused at once here, and by the others within their `max_age`."""
        (self.folder / f"{kid}.pem").unlink()

    def idle(self, *, now: datetime, longest_token: timedelta) -> list[str]:
        """Keys whose last token has expired: the next newer key is older than any token can be."""
        kids = sorted(self._keys_now())
        return [kid for kid, newer in pairwise(kids) if _born(newer) < now - longest_token]

    def _keys_now(self, *, doubt: bool = False) -> dict[str, Key]:
        """`doubt`: look again, at most once a second; two changes within one tick of the clock look like one."""
        try:
            changed = self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed != self._seen or (doubt and time.monotonic() - self._read_at > 1):
            with self._reading:
                self._read_at = time.monotonic()
                self._ring = {path.stem: _read(path) for path in self.folder.glob("*.pem")}
                self._seen = changed
        return self._ring


@cache
def _ring_of(folder: str) -> KeyRing:
    return KeyRing(Path(folder).resolve())


def ring() -> KeyRing:
    """The key ring of JWT_KEYS_DIR, one for the process."""
    return _ring_of(settings.JWT_KEYS_DIR)


class OwnKeys(KeySet):
    """Hands the chassis whatever ring the settings name now."""

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


def _born(kid: str) -> datetime:
    """By its name; a file with another name counts as just born, and so is never idle."""
    try:
        return datetime.strptime(kid.partition("-")[0], _TIME).replace(tzinfo=timezone.get_current_timezone())
    except ValueError:
        return timezone.now()
