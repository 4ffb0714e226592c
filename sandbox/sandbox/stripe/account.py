"""The merchant's account at the stand-in for Stripe: payments, refunds, idempotency keys, and what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

#: Payment methods that a bank declines, with Stripe's codes.
DECLINED = {"pm_card_chargeDeclined": "generic_decline", "pm_card_insufficientFunds": "insufficient_funds"}


MOST_REQUESTS = 1000


class StripeRefuses(Exception):
    def __init__(self, status: int, type_: str, code: str, **more: Any) -> None:
        self.status = status
        self.body = {"error": {"type": type_, "code": code, "message": f"{code} for pm_secret_token", **more}}


class Account:
    """`timeout_after`, `fail_after`: how many of the next POSTs do the work and then hang, or answer 500.

    `fail_before`: how many answer 500 without any work, and forget it. `get_fails`: nothing can be looked at.
    """

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.setups: dict[str, dict[str, Any]] = {}
        self.methods: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[str, int, dict[str, Any]]] = {}
        #: The latest, so that a stand-in that runs for weeks does not grow.
        self.requests: deque[tuple[str, str, dict[str, str]]] = deque(maxlen=MOST_REQUESTS)
        self.timeout_after = self.fail_after = self.fail_before = 0
        self.get_fails = False
        self.clock = time.time
        #: Called with the type of the event and the changed object.
        self.on_change: Callable[[str, dict[str, Any]], None] = lambda type_, shown: None
        #: Called with an object that changes without an event.
        self.on_keep: Callable[[dict[str, Any]], None] = lambda shown: None
        #: The customer's page; `{secret}` is filled in.
        self.page = "https://hooks.stripe.com/{secret}/"
        #: Objects on a page of a list: so few that a test walks several pages.
        self.page_size = 2
        self.refund_status = "succeeded"
        self.released = threading.Event()
        self._lock = threading.Lock()

    def post(self, path: str, asked: dict[str, str], key: str) -> tuple[int, dict[str, Any], bool]:
        with self._lock:
            self.requests.append(("POST", path, asked))
            if self.fail_before:
                self.fail_before -= 1
                return 500, {"error": {"type": "api_error", "message": "Something went wrong."}}, False
            fingerprint = f"{path} {sorted(asked.items())}"
            if key in self.keys:
                known, status, body = self.keys[key]
                if known != fingerprint:
                    refusal = StripeRefuses(400, "idempotency_error", "idempotency_key_reused")
                    return refusal.status, refusal.body, False
                return status, body, False
            try:
                status, body = 200, self._work(path, asked)
            except StripeRefuses as refusal:
                status, body = refusal.status, refusal.body
            hang = False
            if self.fail_after:
                self.fail_after -= 1
                status, body = 500, {"error": {"type": "api_error", "message": "Something went wrong."}}
            elif self.timeout_after:
                self.timeout_after -= 1
                hang = True
            answer = json.loads(json.dumps(body))
            if key:
                self.keys[key] = (fingerprint, status, answer)
            return status, answer, hang

    def get(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.requests.append(("GET", path, asked))
            if self.get_fails:
                return 503, {"error": {"type": "api_error", "message": "Try again later."}}
            if path == "/v1/payment_intents":
                start, end = int(asked["created[gte]"]), int(asked["created[lt]"])
                found = [intent for intent in self.intents.values() if start <= intent["created"] < end]
                page = self._page(path, found, asked)
                if asked.get("expand[0]") == "data.latest_charge.refunds":
                    page["data"] = [self._with_charge(intent) for intent in page["data"]]
                return 200, page
            if path == "/v1/disputes":
                return 200, self._page(path, list(self.disputes.values()), asked)
            if path.startswith("/v1/customers/") and path.endswith("/payment_methods"):
                owner = path.split("/")[3]
                if self.customers.get(owner, {"deleted": True}).get("deleted"):
                    return 404, StripeRefuses(404, "invalid_request_error", "resource_missing").body
                found = [method for method in self.methods.values() if method["customer"] == owner]
                return 200, {**self._page(path, found, asked), "data": found, "has_more": False}
            if path == "/v1/refunds":
                found = [r for r in self.refunds.values() if r["payment_intent"] == asked["payment_intent"]]
                return 200, self._page(path, found, asked)
            table = self.disputes if path.startswith("/v1/disputes/") else self.intents
            found_one = table.get(path.rpartition("/")[2])
            if found_one is None:
                return 404, StripeRefuses(404, "invalid_request_error", "resource_missing").body
            return 200, found_one

    def _with_charge(self, intent: dict[str, Any]) -> dict[str, Any]:
        """Return a captured payment with its charge and the charge's latest ten refunds."""
        if intent["status"] != "succeeded":
            return intent
        made = [refund for refund in reversed(self.refunds.values()) if refund["payment_intent"] == intent["id"]]
        refunds = {"object": "list", "data": made[:10], "has_more": len(made) > 10}
        return {**intent, "latest_charge": {"id": f"ch_{intent['id']}", "object": "charge", "refunds": refunds}}

    def _page(self, url: str, found: list[dict[str, Any]], asked: dict[str, str]) -> dict[str, Any]:
        """Return a page of the list, newest first."""
        newest = list(reversed(found))
        ids = [one["id"] for one in newest]
        start = ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
        end = start + self.page_size
        return {"object": "list", "url": url, "data": newest[start:end], "has_more": len(newest) > end}

    def delete(self, path: str) -> tuple[int, dict[str, Any]]:
        """Delete a customer with all that is saved."""
        with self._lock:
            self.requests.append(("DELETE", path, {}))
            gone = self.customers.get(path.rpartition("/")[2], {"deleted": True})
            if gone.get("deleted"):
                return 404, StripeRefuses(404, "invalid_request_error", "resource_missing").body
            gone["deleted"] = True
            self.on_keep(gone)
            for method in [one for one in self.methods.values() if one["customer"] == gone["id"]]:
                self._detach(method)
            answer = {"id": gone["id"], "object": "customer", "deleted": True}
            return 200, answer

    def save_in_browser(self, client_secret: str, last4: str = "4242") -> None:
        """Save a card, as Stripe's form does in the customer's browser. Raises StripeRefuses."""
        with self._lock:
            setup = next((one for one in self.setups.values() if one["client_secret"] == client_secret), None)
            if setup is None or setup["status"] == "succeeded":
                raise StripeRefuses(404, "invalid_request_error", "resource_missing")
            setup["status"] = "succeeded"
            self.on_keep(setup)
            card = {"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2034}
            method = {
                "id": f"pm_saved_{len(self.methods) + 1}", "object": "payment_method", "type": "card", "card": card,
                "customer": setup["customer"],
            }  # fmt: skip
            self.methods[str(method["id"])] = method
            self.on_keep(method)

    def _detach(self, method: dict[str, Any]) -> dict[str, Any]:
        method["customer"] = None
        self.on_keep(method)
        return method

    def _open_customer(self, asked: dict[str, str]) -> dict[str, Any]:
        customer = {
            "id": f"cus_{len(self.customers) + 1}", "object": "customer", "created": int(self.clock()),
            "metadata": {"reference": asked["metadata[reference]"]},
        }  # fmt: skip
        self.customers[str(customer["id"])] = customer
        self.on_keep(customer)
        return customer

    def _set_up(self, asked: dict[str, str]) -> dict[str, Any]:
        if self.customers.get(asked["customer"], {"deleted": True}).get("deleted"):
            raise StripeRefuses(400, "invalid_request_error", "resource_missing")
        setup = {
            "id": f"seti_{len(self.setups) + 1}", "object": "setup_intent", "customer": asked["customer"],
            "usage": asked["usage"], "status": "requires_payment_method",
        }  # fmt: skip
        setup["client_secret"] = f"{setup['id']}_secret_1"
        self.setups[setup["id"]] = setup
        self.on_keep(setup)
        return setup

    def _work(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        if path == "/v1/customers":
            return self._open_customer(asked)
        if path == "/v1/setup_intents":
            return self._set_up(asked)
        if path.startswith("/v1/payment_methods/"):
            method = self.methods.get(path.split("/")[3])
            if method is None or method["customer"] is None:
                raise StripeRefuses(400, "invalid_request_error", "resource_missing")
            return self._detach(method)
        if path == "/v1/payment_intents":
            return self._create(asked)
        if path == "/v1/refunds":
            return self._refund(asked)
        _, _, _, intent_id, what = path.split("/")
        intent = self._intent(intent_id)
        if what == "capture":
            if intent["status"] != "requires_capture":
                raise StripeRefuses(400, "invalid_request_error", "payment_intent_unexpected_state")
            intent.update(status="succeeded", amount_received=int(asked["amount_to_capture"]), amount_capturable=0)
            self.on_change("payment_intent.succeeded", intent)
        else:
            if intent["status"] in {"succeeded", "canceled"}:
                raise StripeRefuses(400, "invalid_request_error", "payment_intent_unexpected_state")
            intent.update(status="canceled", next_action=None)
            self.on_change("payment_intent.canceled", intent)
        return intent

    def _intent(self, intent_id: str) -> dict[str, Any]:
        if intent_id not in self.intents:
            raise StripeRefuses(404, "invalid_request_error", "resource_missing")
        return self.intents[intent_id]

    def _create(self, asked: dict[str, str]) -> dict[str, Any]:
        assert asked["capture_method"] == "manual"
        assert asked["automatic_payment_methods[enabled]"] == "true"
        method = asked.get("payment_method", "")
        if (asked.get("confirm") == "true") is not bool(method) or ("return_url" in asked) is not bool(method):
            raise StripeRefuses(400, "invalid_request_error", "parameter_missing")
        if method and not (method.startswith("pm_card") or self._may_use(method, asked.get("customer"))):
            raise StripeRefuses(400, "invalid_request_error", "resource_missing")
        intent: dict[str, Any] = {
            "id": f"pi_{len(self.intents) + 1}", "object": "payment_intent", "amount": int(asked["amount"]),
            "currency": asked["currency"], "amount_received": 0, "created": int(self.clock()), "next_action": None,
            "latest_charge": None, "last_payment_error": None, "status": "requires_payment_method",
            "return_url": asked.get("return_url", ""),
            "metadata": {name[9:-1]: value for name, value in asked.items() if name.startswith("metadata[")},
        }  # fmt: skip
        intent["client_secret"] = f"{intent['id']}_secret_1"
        self.intents[intent["id"]] = intent
        if method:
            self._use(intent, method)
        else:
            self.on_change("payment_intent.created", intent)
        if intent["last_payment_error"]:
            raise StripeRefuses(
                402, "card_error", "card_declined", **{**intent["last_payment_error"], "payment_intent": intent}
            )
        return intent

    def _may_use(self, method: str, customer: str | None) -> bool:
        """A saved way to pay is used with its customer only."""
        return method in self.methods and customer is not None and self.methods[method]["customer"] == customer

    def _use(self, intent: dict[str, Any], method: str) -> None:
        """Confirm the payment with a card: held, declined, or a question of the bank."""
        intent.update(status="requires_capture", last_payment_error=None, next_action=None)
        if method in DECLINED:
            self._decline(intent, DECLINED[method])
        elif method == "pm_card_authenticationRequired":
            url = {"url": self.page.format(secret=intent["client_secret"]), "return_url": intent["return_url"]}
            intent.update(status="requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": url})
            self.on_change("payment_intent.requires_action", intent)
        else:
            self.on_change("payment_intent.amount_capturable_updated", intent)

    def _decline(self, intent: dict[str, Any], code: str) -> None:
        error = {"code": "card_declined", "decline_code": code, "message": "Your card was declined."}
        intent.update(status="requires_payment_method", last_payment_error=error, next_action=None)
        self.on_change("payment_intent.payment_failed", intent)

    def by_secret(self, client_secret: str) -> dict[str, Any]:
        found = [one for one in self.intents.values() if one["client_secret"] == client_secret]
        if not found:
            raise StripeRefuses(404, "invalid_request_error", "resource_missing")
        return found[0]

    def choose_in_browser(self, client_secret: str, method: str) -> None:
        """Use a card, as Stripe's form does in the customer's browser; later decisions change nothing."""
        with self._lock:
            intent = self.by_secret(client_secret)
            if intent["status"] == "requires_payment_method":
                self._use(intent, method)

    def answer_bank(self, client_secret: str, *, confirmed: bool) -> None:
        """Answer the bank's question; later answers change nothing."""
        with self._lock:
            intent = self.by_secret(client_secret)
            if intent["status"] == "requires_action" and confirmed:
                self._use(intent, "pm_card_visa")
            elif intent["status"] == "requires_action":
                self._decline(intent, "authentication_required")

    def end_refund(self, refund_id: str, status: str) -> None:
        """End a refund that is pending, or fail one that had succeeded, as happens days later. Raises KeyError."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        self.on_change("refund.failed" if status == "failed" else "refund.updated", refund)

    def open_dispute(self, intent_id: str) -> None:
        """Open a dispute about the whole payment. Raises KeyError."""
        intent = self.intents[intent_id]
        dispute = {
            "id": f"dp_{len(self.disputes) + 1}", "object": "dispute", "payment_intent": intent_id,
            "amount": intent["amount_received"], "currency": intent["currency"], "reason": "fraudulent",
            "status": "needs_response", "created": int(self.clock()),
            "evidence_details": {"due_by": int(self.clock()) + 7 * 24 * 3600},
        }  # fmt: skip
        self.disputes[str(dispute["id"])] = dispute
        self.on_change("charge.dispute.created", dispute)

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """Close a dispute as `won` or `lost` by the shop. Raises KeyError."""
        dispute = self.disputes[dispute_id]
        dispute["status"] = status
        self.on_change("charge.dispute.closed", dispute)

    def table(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the objects of this kind, by id."""
        tables = {
            "payment_intent": self.intents, "refund": self.refunds, "dispute": self.disputes,
            "customer": self.customers, "setup_intent": self.setups, "payment_method": self.methods,
        }  # fmt: skip
        return tables[kind]

    def books(self) -> dict[str, Any]:
        """Return every object, for tests that compare them with the shop's records."""
        return {kind: list(self.table(kind).values()) for kind in ("payment_intent", "refund", "dispute")}

    def _refund(self, asked: dict[str, str]) -> dict[str, Any]:
        intent, amount = self._intent(asked["payment_intent"]), int(asked["amount"])
        if any(d["payment_intent"] == intent["id"] and d["status"] != "won" for d in self.disputes.values()):
            raise StripeRefuses(400, "invalid_request_error", "charge_disputed")
        gone = sum(r["amount"] for r in self.refunds.values() if r["payment_intent"] == intent["id"])
        if gone + amount > intent["amount_received"]:
            raise StripeRefuses(400, "invalid_request_error", "charge_already_refunded")
        refund = {
            "id": f"re_{len(self.refunds) + 1}", "object": "refund", "amount": amount, "status": self.refund_status,
            "payment_intent": intent["id"], "currency": intent["currency"],
            "metadata": {"reference": asked["metadata[reference]"]},
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        self.on_change("refund.created", refund)
        return refund
