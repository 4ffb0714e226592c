"""Adapter of PayPal: orders with the intent AUTHORIZE. The customer approves an order on PayPal's page.

An order that the customer has not approved, or that we have not authorized since, holds no money. So a second order,
made after a lost answer, does no harm, and PayPal's lack of a search for our reference neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from chassis.core.money import Money
from payments.domain.provider_payment import (
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    UnreadableObject,
)
from payments.domain.webhooks import WebhookNotice
from payments.providers import paypal_objects
from payments.providers.paypal_amounts import to_paypal
from payments.providers.paypal_client import Document, PayPalClient
from payments.providers.paypal_webhooks import WebhookVerifier, notice_of
from payments.providers.port import AmountNotRepresentable, Charge, InvalidWebhook, NotThere, Provider, RequestRejected

#: After this the money of an authorization is certain only if it is authorized again.
HONOR_PERIOD = timedelta(days=3)
#: The answer has the whole object.
_WHOLE = "return=representation"
_REFUSED = {"DECLINED", "FAILED"}


class PayPal(Provider):
    name = "paypal"
    #: PayPal keeps the ids of requests about orders for six hours.
    key_lifetime = timedelta(hours=5)

    def __init__(self, client: PayPalClient, verifier: WebhookVerifier, *, return_url: str) -> None:
        self._paypal, self._verifier, self._return_url = client, verifier, return_url

    def authorize(self, charge: Charge, *, key: str) -> ProviderPayment:
        """Create the order that the customer has to approve."""
        url = self._return_url.format(order_id=charge.order_id)
        unit = {
            "amount": _amount(charge.amount),
            "custom_id": str(charge.reference),
            "invoice_id": f"{charge.number}-{charge.reference.hex[:12]}",
            "description": f"Order {charge.number}",
        }
        context = {
            "return_url": url,
            "cancel_url": url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        body = {
            "intent": "AUTHORIZE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }
        given = {"body": body, "paypal_request_id": key, "prefer": _WHOLE}
        return paypal_objects.payment_of(self._paypal.change(lambda sdk: sdk.orders.create_order(given)))

    def confirm(self, provider_id: str, *, key: str) -> ProviderPayment:
        given = {"id": provider_id, "paypal_request_id": key, "prefer": _WHOLE}
        return paypal_objects.payment_of(self._paypal.change(lambda sdk: sdk.orders.authorize_order(given)))

    def capture(self, provider_id: str, amount: Money, *, key: str) -> ProviderPayment:
        order = self._order(provider_id)
        held = paypal_objects.authorization_of(order)
        if held is None:
            raise RequestRejected("not_authorized", "No money is held for this payment.")
        given = {
            "authorization_id": self._fresh(held, amount, key),
            "paypal_request_id": key,
            "prefer": _WHOLE,
            "body": {"amount": _amount(amount), "final_capture": True},
        }
        made = self._paypal.change(lambda sdk: sdk.payments.capture_authorized_payment(given))
        if made["status"] in _REFUSED:
            raise RequestRejected("capture_declined", "PayPal could not collect the money.")
        return paypal_objects.payment_of(_with_capture(order, made))

    def void(self, provider_id: str, *, key: str) -> ProviderPayment:
        """Release what is held; an order that was never authorized, or that PayPal has dropped since, holds nothing."""
        try:
            order = self._order(provider_id)
        except NotThere:
            return ProviderPayment(id=provider_id, reference="", status=ProviderStatus.VOIDED, amount=0, currency="")
        payment = paypal_objects.payment_of(order)
        if payment.status in {ProviderStatus.ACTION_REQUIRED, ProviderStatus.APPROVED}:
            return replace(payment, status=ProviderStatus.VOIDED, action_url="")
        held = paypal_objects.authorization_of(order)
        if held is None or held["status"] == "VOIDED":
            return payment
        given = {"authorization_id": held["id"], "prefer": _WHOLE}
        self._paypal.change(lambda sdk: sdk.payments.void_payment(given))
        return replace(payment, status=ProviderStatus.VOIDED)

    def refund(self, provider_id: str, amount: Money, *, reference: UUID, key: str) -> ProviderRefund:
        order = self._order(provider_id)
        captures = paypal_objects.captures_of(order)
        if not captures:
            raise RequestRejected("not_captured", "Only captured money can be refunded.")
        body = {"amount": _amount(amount), "custom_id": f"{captures[0]['custom_id']}.{reference}"}
        given = {"capture_id": captures[0]["id"], "paypal_request_id": key, "prefer": _WHOLE, "body": body}
        return paypal_objects.refund_of(self._paypal.change(lambda sdk: sdk.payments.refund_captured_payment(given)))

    def fetch(self, provider_id: str) -> ProviderPayment:
        return paypal_objects.payment_of(self._order(provider_id))

    def find(self, reference: UUID, *, since: datetime) -> ProviderPayment | None:
        """Return None: PayPal has no such search. An order whose id we never got is approved by nobody."""
        return None

    def list_created(self, start: datetime, end: datetime) -> Iterable[ProviderPayment | UnreadableObject]:
        """Return nothing: PayPal lists no orders. Reconciliation fetches ours one by one."""
        return ()

    def fetch_dispute(self, dispute_id: str) -> ProviderDispute:
        return paypal_objects.dispute_of(self._paypal.get(f"/v1/customer/disputes/{dispute_id}"))

    def disputes(self, *, since: datetime) -> Iterable[ProviderDispute]:
        query = {"update_time_after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}", "page_size": "50"}
        while True:
            page = self._paypal.get("/v1/customer/disputes", **query)
            for item in page.get("items", []):
                yield self.fetch_dispute(item["dispute_id"])
            following = _next_page(page)
            if not following:
                return
            query["next_page_token"] = following

    def read_webhook(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> WebhookNotice:
        self._verifier.verify(body, headers, now=now)
        try:
            return notice_of(body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidWebhook(f"not readable: {error!r}") from error

    def _order(self, provider_id: str) -> Document:
        return self._paypal.read(lambda sdk: sdk.orders.get_order({"id": provider_id}))

    def _fresh(self, held: Mapping[str, Any], amount: Money, key: str) -> str:
        """Return the id of an authorization within its honor period: this one, or a new one in its place."""
        made = datetime.fromisoformat(held["create_time"].replace("Z", "+00:00"))
        if datetime.now(UTC) - made <= HONOR_PERIOD:
            return str(held["id"])
        given = {
            "authorization_id": held["id"],
            "paypal_request_id": f"{key}-again",
            "prefer": _WHOLE,
            "body": {"amount": _amount(amount)},
        }
        try:
            return str(self._paypal.change(lambda sdk: sdk.payments.reauthorize_payment(given))["id"])
        except RequestRejected:
            return str(held["id"])  # it can be done once only; the capture tells whether the money is still there


def _amount(money: Money) -> dict[str, str]:
    """Return PayPal's `money`. Raises RequestRejected for what PayPal would round."""
    try:
        return to_paypal(money)
    except AmountNotRepresentable as error:
        raise RequestRejected(error.code, error.message) from None


def _with_capture(order: Document, capture: Document) -> Document:
    """Return the order as it is after this capture, without reading it again."""
    (unit,) = order["purchase_units"]
    payments = {**unit.get("payments", {}), "captures": [*unit.get("payments", {}).get("captures", []), capture]}
    return {**order, "purchase_units": [{**unit, "payments": payments}]}


def _next_page(page: Document) -> str:
    """Return the token of the next page of a list, empty on the last one."""
    link = next((link["href"] for link in page.get("links", []) if link["rel"] == "next"), "")
    return parse_qs(urlsplit(link).query).get("next_page_token", [""])[0]
