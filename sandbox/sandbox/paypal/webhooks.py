"""The stand-in's webhooks: signed with a certificate, and on request sent twice, late or in reverse order."""

from __future__ import annotations

import json
import os
import secrets
import time
from typing import Any

from sandbox import webhooks
from sandbox.paypal import certificates, documents
from sandbox.paypal.account import books


def record(event_type: str, resource_type: str, resource: dict[str, Any]) -> None:
    """Record the webhook of an effect, in the same transaction."""
    event_id = f"WH-{secrets.token_hex(12).upper()}"
    event = {
        "id": event_id,
        "create_time": documents.at(time.time()),
        "resource_type": resource_type,
        "event_version": "1.0",
        "event_type": event_type,
        "summary": event_type.replace(".", " ").lower(),
        "resource_version": "2.0",
        "resource": resource,
        "links": [],
    }
    events.record(event_id, json.dumps(event))


def headers(body: bytes, *, base: str, at: float | None = None) -> dict[str, str]:
    """Return the headers with which PayPal sends this body."""
    sent, transmission = documents.at(time.time() if at is None else at), secrets.token_hex(16)
    signer = certificates.signer()
    signature = signer.signature(body, transmission_id=transmission, at=sent, webhook_id=webhook_id())
    return {
        "Content-Type": "application/json",
        "PayPal-Transmission-Id": transmission,
        "PayPal-Transmission-Time": sent,
        "PayPal-Transmission-Sig": signature,
        "PayPal-Auth-Algo": "SHA256withRSA",
        "PayPal-Cert-Url": f"{base}/v1/notifications/certs/CERT-{signer.certificate.serial_number:x}",
    }


def webhook_id() -> str:
    return os.environ.get("PAYPAL_WEBHOOK_ID", "SANDBOXWEBHOOK")


def internal_base() -> str:
    """Return the address under which the shop reaches this stand-in, for links in webhooks."""
    return os.environ.get("PAYPAL_API_BASE", "http://127.0.0.1:8190/paypal")


events = webhooks.Events(books, "SANDBOX_PAYPAL_WEBHOOK_URL", lambda body: headers(body, base=internal_base()))
