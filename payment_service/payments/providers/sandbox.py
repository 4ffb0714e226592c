"""Adapter of the sandbox card processor, over HTTP. See sandbox/sandbox/payments."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from chassis.core.money import Money
from payments.domain.provider_payment import ProviderPayment, ProviderRefund, ProviderStatus, UnreadableObject
from payments.domain.webhooks import WebhookNotice
from payments.providers.port import (
    WEBHOOK_TOLERANCE,
    Charge,
    InvalidWebhook,
    NotThere,
    Provider,
    RequestNotProcessed,
    RequestOutcomeUnknown,
    RequestRejected,
)

_STATUS = {
    "requires_action": ProviderStatus.ACTION_REQUIRED,
    "authorized": ProviderStatus.AUTHORIZED,
    "captured": ProviderStatus.CAPTURED,
    "voided": ProviderStatus.VOIDED,
    "declined": ProviderStatus.DECLINED,
}
#: The refunded sum has become smaller: the snapshot of this event looks like an older one, so it is not used.
BOUNCED = "authorization.refund_bounced"


class Sandbox(Provider):
    name = "sandbox"
    key_lifetime = timedelta(hours=23)

    def __init__(self, *, url: str, key: str, webhook_secret: str, timeout: float) -> None:
        self._secret = webhook_secret
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 2.0)),
            trust_env=False,
        )

    def authorize(self, charge: Charge, *, key: str) -> ProviderPayment:
        body = {
            "reference": str(charge.reference),
            "amount": charge.amount.amount,
            "currency": charge.amount.currency,
            "payment_method": charge.method,
            "metadata": {"order_id": str(charge.order_id), "number": charge.number},
        }
        return _payment(self._post("/authorizations/", body, key))

    def capture(self, provider_id: str, amount: Money, *, key: str) -> ProviderPayment:
        return _payment(self._post(f"/authorizations/{provider_id}/capture/", {"amount": amount.amount}, key))

    def void(self, provider_id: str, *, key: str) -> ProviderPayment:
        return _payment(self._post(f"/authorizations/{provider_id}/void/", {}, key))

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> ProviderRefund:
        body = {"amount": amount.amount, "reference": str(reference)}
        return _refund(self._post(f"/authorizations/{provider_id}/refunds/", body, key))

    def fetch(self, provider_id: str) -> ProviderPayment:
        return _payment(self._get(f"/authorizations/{provider_id}/"))

    def find(self, reference: UUID, *, since: datetime) -> ProviderPayment | None:
        page = self._get("/authorizations/", reference=str(reference))["data"]
        return _payment(page[0]) if page else None

    def list_created(self, start: datetime, end: datetime) -> Iterable[ProviderPayment | UnreadableObject]:
        after = ""
        while True:
            page = self._get(
                "/authorizations/", created_from=str(start.timestamp()), created_to=str(end.timestamp()), after=after
            )
            yield from map(_readable, page["data"])
            if not page["has_more"]:
                return
            after = page["data"][-1]["id"]

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> WebhookNotice:
        self._verify(body, headers.get("Sandbox-Signature", ""), now)
        try:
            event = json.loads(body)
            found = event["data"]["object"]
            return WebhookNotice(
                event_id=str(event["id"]),
                type=str(event["type"]),
                provider_id=str(found["id"]),
                reference=str(found["reference"]),
                snapshot="" if event["type"] == BOUNCED else _snapshot(found),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidWebhook(f"not readable: {error!r}") from error

    def _verify(self, body: bytes, header: str, now: datetime) -> None:
        """Check the header `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`. Raises InvalidWebhook."""
        parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        at, given = parts.get("t", ""), parts.get("v1", "")
        if not self._secret or not (at.isascii() and at.isdigit() and len(at) <= 12):
            raise InvalidWebhook("no signature")
        expected = hmac.new(self._secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
            raise InvalidWebhook("wrong signature")
        if abs(now - datetime.fromtimestamp(int(at), UTC)) > WEBHOOK_TOLERANCE:
            raise InvalidWebhook("too old, or from the future")

    def _post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        try:
            answer = self._http.post(path, json=body, headers={"Idempotency-Key": key})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise RequestNotProcessed(repr(error)) from error
        except httpx.HTTPError as error:
            raise RequestOutcomeUnknown(repr(error)) from error
        code, message = _error(answer)
        if answer.status_code in {401, 403, 429} or code == "unavailable":
            raise RequestNotProcessed(f"{answer.status_code} {code}")
        if answer.status_code >= 500 or code == "idempotency_key_reused":
            raise RequestOutcomeUnknown(f"{answer.status_code} {code}")
        if answer.is_error:
            raise RequestRejected(code or str(answer.status_code), message)
        return _object(answer)

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        try:
            answer = self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise RequestNotProcessed(repr(error)) from error
        if answer.is_error:
            failure = NotThere if answer.status_code == httpx.codes.NOT_FOUND else RequestNotProcessed
            raise failure(f"{answer.status_code} {_error(answer)[0]}")
        return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise RequestOutcomeUnknown("the answer is not JSON") from error
    if not isinstance(found, dict):
        raise RequestOutcomeUnknown("the answer is not an object")
    return found


def _error(answer: httpx.Response) -> tuple[str, str]:
    if not answer.is_error:
        return "", ""
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", f"The provider answered {answer.status_code}."


def _payment(found: dict[str, Any]) -> ProviderPayment:
    return ProviderPayment(
        id=found["id"],
        reference=found["reference"],
        status=_STATUS[found["status"]],
        amount=found["amount"],
        currency=found["currency"],
        captured=found["captured"],
        refunded=found["refunded"],
        action_url=found.get("action_url") or "",
        code=found["code"],
        message=found["message"],
        refunds=tuple(map(_refund, found["refunds"])),
        created_at=datetime.fromtimestamp(found["created_at"], UTC),
    )


def _readable(found: dict[str, Any]) -> ProviderPayment | UnreadableObject:
    try:
        return _payment(found)
    except (KeyError, TypeError, ValueError) as error:
        return UnreadableObject(id=str(found.get("id")), reference=str(found.get("reference")), error=repr(error))


def _refund(found: dict[str, Any]) -> ProviderRefund:
    return ProviderRefund(id=found["id"], reference=found["reference"], amount=found["amount"], status=found["status"])


def _snapshot(found: dict[str, Any]) -> str:
    status = _STATUS.get(str(found.get("status")))
    return f"{status} {int(found.get('captured', 0))} {int(found.get('refunded', 0))}" if status else ""
