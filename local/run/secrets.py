"""The secrets and keys of one system: created once, stored in its folder, readable only by its owner."""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from run.layout import SERVICES, Home

#: Secrets shared by services and sandbox providers, in addition to one SECRET_KEY for each service.
SHARED = (
    "SANDBOX_PAYMENT_KEY",
    "SANDBOX_PAYMENT_WEBHOOK_SECRET",
    "STRIPE_WEBHOOK_SECRET",
    "PAYPAL_CLIENT_SECRET",
    "COURIER_API_KEY",
    "COURIER_WEBHOOK_SECRET",
)


#: Secrets shared by these services only.
BETWEEN = {"MAIL_TOKEN_KEY": ("users", "notifications")}


def ensure(home: Home) -> dict[str, str]:
    """Return the secrets by name, and create missing ones. Existing ones are never changed."""
    kept = read(home)
    wanted = [*(f"SECRET_KEY_{service.upper()}" for service in SERVICES), *SHARED, *BETWEEN]
    missing = [name for name in wanted if name not in kept]
    if missing:
        kept |= {name: _new(name) for name in missing}
        _write_private(home.secrets, "".join(f"{name}={value}\n" for name, value in sorted(kept.items())))
    return kept


def _new(name: str) -> str:
    """Return a Fernet key where one is required, else random text."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode() if name in BETWEEN else secrets.token_urlsafe(48)


def read(home: Home) -> dict[str, str]:
    try:
        lines = home.secrets.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def ensure_signing_key(path: Path) -> Path:
    """Create an ES256 private key (PEM, PKCS 8) if it is missing."""
    if not path.exists():
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_private(path, pem.decode())
    return path


def _write_private(path: Path, text: str) -> None:
    """Write the file atomically; it is never readable by others."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
