"""PayPal's webhooks: the signature, the certificate that it was made with, and what an event is about."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import certifi
import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from payments.domain.webhooks import WebhookNotice
from payments.providers.port import WEBHOOK_TOLERANCE, InvalidWebhook, RequestNotProcessed

#: The name in the certificates with which PayPal signs.
SIGNER = "messageverificationcerts.paypal.com"
CERTIFICATES = "/v1/notifications/certs/"
#: PayPal's own addresses of certificates; the header that names one is the sender's word.
HOSTS = ("https://api.paypal.com", "https://api.sandbox.paypal.com")
#: PayPal sends a webhook again for three days.
OLDEST = timedelta(days=4)
_MOST_KEPT = 16
_LARGEST = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


class WebhookVerifier:
    """`authorities`: a file of root certificates, empty for those of all the world."""

    def __init__(self, *, webhook_id: str, base: str, authorities: str, timeout: float) -> None:
        self._webhook_id, self._authorities = webhook_id, authorities
        self._prefixes = tuple(f"{host.rstrip('/')}{CERTIFICATES}" for host in (*HOSTS, base))
        self._http = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 2.0)), trust_env=False, follow_redirects=False
        )
        self._kept: dict[str, x509.Certificate] = {}

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
        """Check the signature over `<transmission>|<time>|<webhook>|<CRC-32 of the body>`.

        Raises InvalidWebhook; RequestNotProcessed if the certificate cannot be read now.
        """
        transmission, at = headers.get("PayPal-Transmission-Id", ""), headers.get("PayPal-Transmission-Time", "")
        _check_time(at, now)
        if headers.get("PayPal-Auth-Algo", "") != "SHA256withRSA":
            raise InvalidWebhook("another algorithm")
        try:
            signature = base64.b64decode(headers.get("PayPal-Transmission-Sig", ""), validate=True)
            text = f"{transmission}|{at}|{self._webhook_id}|{zlib.crc32(body)}".encode()
        except (binascii.Error, ValueError) as error:
            raise InvalidWebhook("no signature") from error
        key = self._certificate(headers.get("PayPal-Cert-Url", ""), now).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise InvalidWebhook("not an RSA key")
        try:
            key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise InvalidWebhook("wrong signature") from error

    def _certificate(self, url: str, now: datetime) -> x509.Certificate:
        """Return the certificate at one of PayPal's addresses, read once while it is valid."""
        prefix = next((prefix for prefix in self._prefixes if url.startswith(prefix)), None)
        if prefix is None or not _NAME.fullmatch(url.removeprefix(prefix)):
            raise InvalidWebhook("not an address of PayPal's certificates")
        known = self._kept.get(url)
        if known is not None and known.not_valid_after_utc > now:
            return known
        found = self._checked(self._read(url), now)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[url] = found
        return found

    def _read(self, url: str) -> bytes:
        try:
            with self._http.stream("GET", url) as answer:
                if answer.status_code >= 500 or answer.status_code == 429:
                    raise RequestNotProcessed(f"{answer.status_code} for the certificate")
                if answer.status_code != 200:
                    raise InvalidWebhook(f"{answer.status_code} for the certificate")
                found = b""
                for part in answer.iter_bytes():
                    found += part
                    if len(found) > _LARGEST:
                        raise InvalidWebhook("no certificate is so large")
                return found
        except httpx.HTTPError as error:
            raise RequestNotProcessed(f"certificate: {error!r}") from error

    def _checked(self, text: bytes, now: datetime) -> x509.Certificate:
        """Check the chain of certificates up to an authority, the name and the time."""
        authorities = Path(self._authorities or certifi.where())
        try:
            first, *others = x509.load_pem_x509_certificates(text)
            store = Store(x509.load_pem_x509_certificates(authorities.read_bytes()))
            verifier = PolicyBuilder().store(store).time(now).build_server_verifier(x509.DNSName(SIGNER))
            verifier.verify(first, others)
        except (ValueError, VerificationError) as error:
            raise InvalidWebhook(f"certificate: {error}") from error
        return first


def notice_of(body: bytes) -> WebhookNotice:
    """Read a verified event. Raises KeyError, TypeError, ValueError, AttributeError."""
    event = json.loads(body)
    found, kind = event["resource"], event["event_type"]
    dispute_id = str(found["dispute_id"]) if kind.startswith("CUSTOMER.DISPUTE.") else ""
    return WebhookNotice(
        event_id=str(event["id"]),
        type=str(kind),
        provider_id=_order_id(found, kind),
        reference=_reference(found),
        dispute_id=dispute_id,
    )


def _order_id(found: Mapping[str, Any], kind: str) -> str:
    if kind.startswith("CHECKOUT.ORDER."):
        return str(found["id"])
    related = (found.get("supplementary_data") or {}).get("related_ids") or {}
    return str(related.get("order_id", ""))


def _reference(found: Mapping[str, Any]) -> str:
    """Return our payment's id: that of an order is in its unit; that of a refund stands before the refund's own."""
    unit = (found.get("purchase_units") or [found])[0]
    return str(unit.get("custom_id", "")).partition(".")[0]


def _check_time(text: str, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
        late = now - at
    except (ValueError, TypeError) as error:
        raise InvalidWebhook("no time") from error
    if late > OLDEST or -late > WEBHOOK_TOLERANCE:
        raise InvalidWebhook("too old, or from the future")
