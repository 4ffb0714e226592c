"""Encryption of secrets in messages: only services with the same key can read them."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from chassis.core.env import BadEnvironment


def derived_key(secret: str, purpose: str) -> str:
    """Return a key for one purpose, derived from a secret of sufficient length."""
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), purpose.encode(), "sha256")).decode()


class CannotUnseal(Exception):
    """None of the keys decrypts the text."""


class Seal:
    """Fernet (AES-128-CBC with HMAC-SHA256). The first key encrypts and every key decrypts, so that keys can rotate."""

    def __init__(self, keys: Sequence[str], *, name: str) -> None:
        """`name`: the variable that the keys come from, for BadEnvironment."""
        try:
            self._keys = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            made = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            raise BadEnvironment(f"{name} must be keys, separated by commas, each made by: {made}") from None

    def sealed(self, secret: str) -> str:
        return self._keys.encrypt(secret.encode()).decode()

    def opened(self, sealed: str) -> str:
        """Raises CannotUnseal."""
        try:
            return self._keys.decrypt(sealed).decode()
        except (InvalidToken, ValueError):
            raise CannotUnseal from None
