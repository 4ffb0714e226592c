"""The sandbox card processor, over HTTP. See sandbox/sandbox/payments."""

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
from payments.domain.seen import SeenPayment, SeenRefund, SeenStatus, Unreadable
from payments.providers.port import (
    WEBHOOK_TOLERANCE,
    Charge,
    InvalidWebhook,
    NotDone,
    Notice,
    Refused,
    Unknown,
)

_STATUS = {
    "requires_action": SeenStatus.ACTION_REQUIRED,
    "authorized": SeenStatus.AUTHORIZED,
    "captured": SeenStatus.CAPTURED,
    "voided": SeenStatus.VOIDED,
    "declined": SeenStatus.DECLINED,
}
#: The refunded sum has become less: only this event says so, an older sight looks the same.
BOUNCED = "authorization.refund_bounced"


class Sandbox:
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

    def authorize(self, charge: Charge, *, key: str) -> SeenPayment:
        body = {
            "reference": str(charge.reference),
            "amount": charge.amount.amount,
            "currency": charge.amount.currency,
            "payment_method": charge.method,
            "metadata": {"order_id": str(charge.order_id), "number": charge.number},
        }
        return _payment(self._post("/authorizations/", body, key))

    def capture(self, provider_id: str, amount: Money, *, key: str) -> SeenPayment:
        return _payment(self._post(f"/authorizations/{provider_id}/capture/", {"amount": amount.amount}, key))

    def void(self, provider_id: str, *, key: str) -> SeenPayment:
        return _payment(self._post(f"/authorizations/{provider_id}/void/", {}, key))

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> SeenRefund:
        body = {"amount": amount.amount, "reference": str(reference)}
        return _refund(self._post(f"/authorizations/{provider_id}/refunds/", body, key))

    def look_up(self, provider_id: str) -> SeenPayment:
        return _payment(self._get(f"/authorizations/{provider_id}/"))

    def find(self, reference: UUID, *, since: datetime) -> SeenPayment | None:
        found = self._get("/authorizations/", reference=str(reference))["data"]
        return _payment(found[0]) if found else None

    def created(self, start: datetime, end: datetime) -> Iterable[SeenPayment | Unreadable]:
        after = ""
        while True:
            page = self._get(
                "/authorizations/", created_from=str(start.timestamp()), created_to=str(end.timestamp()), after=after
            )
            yield from map(_readable, page["data"])
            if not page["has_more"]:
                return
            after = page["data"][-1]["id"]

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        self._verify(body, headers.get("Sandbox-Signature", ""), now)
        try:
            event = json.loads(body)
            shown = event["data"]["object"]
            return Notice(
                event_id=str(event["id"]),
                type=str(event["type"]),
                provider_id=str(shown["id"]),
                reference=str(shown["reference"]),
                hint="" if event["type"] == BOUNCED else _hint(shown),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidWebhook(f"not readable: {error!r}") from error

    def _verify(self, body: bytes, header: str, now: datetime) -> None:
        """`t=<seconds>,v1=<HMAC-SHA256 of "t.body">`."""
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
            raise NotDone(repr(error)) from error
        except httpx.HTTPError as error:
            raise Unknown(repr(error)) from error
        code, message = _error(answer)
        if answer.status_code in {401, 403, 429} or code == "unavailable":
            raise NotDone(f"{answer.status_code} {code}")
        if answer.status_code >= 500 or code == "idempotency_key_reused":
            raise Unknown(f"{answer.status_code} {code}")
        if answer.is_error:
            raise Refused(code or str(answer.status_code), message)
        return _object(answer)

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        try:
            answer = self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise NotDone(repr(error)) from error
        if answer.is_error:
            raise NotDone(f"{answer.status_code} {_error(answer)[0]}")
        return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise Unknown("the answer is not JSON") from error
    if not isinstance(found, dict):
        raise Unknown("the answer is not an object")
    return found


def _error(answer: httpx.Response) -> tuple[str, str]:
    if not answer.is_error:
        return "", ""
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", f"The provider answered {answer.status_code}."


def _payment(shown: dict[str, Any]) -> SeenPayment:
    return SeenPayment(
        id=shown["id"],
        reference=shown["reference"],
        status=_STATUS[shown["status"]],
        amount=shown["amount"],
        currency=shown["currency"],
        captured=shown["captured"],
        refunded=shown["refunded"],
        action_url=shown.get("action_url") or "",
        code=shown["code"],
        message=shown["message"],
        refunds=tuple(map(_refund, shown["refunds"])),
        created_at=datetime.fromtimestamp(shown["created_at"], UTC),
    )


def _readable(shown: dict[str, Any]) -> SeenPayment | Unreadable:
    try:
        return _payment(shown)
    except (KeyError, TypeError, ValueError) as error:
        return Unreadable(id=str(shown.get("id")), reference=str(shown.get("reference")), error=repr(error))


def _refund(shown: dict[str, Any]) -> SeenRefund:
    return SeenRefund(id=shown["id"], reference=shown["reference"], amount=shown["amount"], status=shown["status"])


def _hint(shown: dict[str, Any]) -> str:
    status = _STATUS.get(str(shown.get("status")))
    return f"{status} {int(shown.get('captured', 0))} {int(shown.get('refunded', 0))}" if status else ""
