"""The stand-in's HTTP API: PayPal's own paths, and those that make things happen."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import faults_route
from sandbox.paypal import account, certificates, documents, faults, webhooks
from sandbox.paypal.account import books
from sandbox.paypal.page import approval_page
from sandbox.paypal.refusals import Refusal, unprocessable
from sandbox.webhooks import settings_route

View = Callable[[Request], Awaitable[Response]]
#: An operation inside the account's transaction; returns status and body.
Work = Callable[[Request, dict[str, Any]], tuple[int, dict[str, Any]]]


def _create(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, _order(request, account.create_order(asked))


def _authorize(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    order_id = request.path_params["id"]
    made = account.authorize(order_id)
    _tell(request, "PAYMENT.AUTHORIZATION.CREATED", "authorization", made)
    return 201, _order(request, order_id)


def _capture(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    made = account.capture(request.path_params["id"], asked)
    _tell(request, "PAYMENT.CAPTURE.COMPLETED", "capture", made)
    return 201, _shown(request, "capture", made)


def _reauthorize(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 201, _shown(request, "authorization", account.reauthorize(request.path_params["id"]))


def _void(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    authorization_id = request.path_params["id"]
    account.void(authorization_id)
    _tell(request, "PAYMENT.AUTHORIZATION.VOIDED", "authorization", authorization_id)
    return 200, _shown(request, "authorization", authorization_id)


def _refund(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    pending = faults.switch.present.mode == "pending"
    made = account.refund(request.path_params["id"], asked, pending=pending)
    _tell(request, "PAYMENT.REFUND.PENDING" if pending else "PAYMENT.CAPTURE.REFUNDED", "refund", made)
    return 201, _shown(request, "refund", made)


def _refused(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    of_payments = "PayPal's internal controls prevent authorization from being captured."
    raise unprocessable("TRANSACTION_REFUSED", "" if "/checkout/" in request.url.path else of_payments)


def _changing(operation: str, work: Work) -> View:
    """Wrap an operation with token, fault and request id. It and its stored answer are one transaction."""

    async def view(request: Request) -> Response:
        if not _signed_in(request):
            return _problem(Refusal(401, "AUTHENTICATION_FAILURE"))
        try:
            asked = json.loads(await request.body() or b"{}")
        except ValueError:
            return _problem(Refusal(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON"))
        fault = faults.strike(operation)
        if fault.mode == "down":
            return _problem(Refusal(503, "SERVICE_UNAVAILABLE"))
        if fault.mode == "slow":
            await faults.hang(request, fault.seconds)
        status, body = _once(request, asked, _refused if fault.mode == "refuse" else work)
        webhooks.events.wake()
        if fault.mode == "timeout_after":
            await faults.hang(request, fault.seconds)
        if fault.mode == "fail_after":
            return _problem(Refusal(500, "INTERNAL_SERVER_ERROR"))
        return JSONResponse(body, status)

    return view


def _once(request: Request, asked: dict[str, Any], work: Work) -> tuple[int, dict[str, Any]]:
    """Do the work, or repeat what was answered to the same request id."""
    request_id, path = request.headers.get("PayPal-Request-Id", ""), request.url.path
    with books.transaction():
        known = books.row("SELECT * FROM request_ids WHERE id = ?", request_id) if request_id else None
        if known and known["path"] == path:
            status, body = known["status"], json.loads(known["body"])
        else:
            try:
                status, body = work(request, asked)
            except Refusal as refusal:  # raised before anything was written
                status, body = refusal.status, refusal.body()
            if request_id and status < 300:
                books.execute(
                    "INSERT OR REPLACE INTO request_ids VALUES (?, ?, ?, ?)", request_id, path, status, json.dumps(body)
                )
        account.record_request(request.method, path, request_id, asked, status)
        return status, body


def _reading(read: Callable[[Request], dict[str, Any]]) -> View:
    async def view(request: Request) -> Response:
        if not _signed_in(request):
            return _problem(Refusal(401, "AUTHENTICATION_FAILURE"))
        fault = faults.strike("read")
        if fault.mode in {"slow", "timeout_after"}:
            await faults.hang(request, fault.seconds)
        if fault.mode in {"down", "fail_after"}:
            return _problem(Refusal(503, "SERVICE_UNAVAILABLE"))
        try:
            answer = JSONResponse(read(request))
        except Refusal as refusal:
            answer = _problem(refusal)
        account.record_request(request.method, request.url.path, "", {}, answer.status_code)
        return answer

    return view


def _one(kind: str) -> Callable[[Request], dict[str, Any]]:
    return lambda request: _shown(request, kind, request.path_params["id"])


def _disputes(request: Request) -> dict[str, Any]:
    """The disputes of the account, without their transactions, as in PayPal's list."""
    rows = books.rows("SELECT * FROM disputes ORDER BY created_at, id")
    details = {"disputed_transactions", "dispute_outcome"}
    shown = [_shown(request, "dispute", row["id"]) for row in rows]
    items = [{name: value for name, value in dispute.items() if name not in details} for dispute in shown]
    return (
        {"items": items, "links": [documents.link(_base(request) + "/v1/customer/disputes", "self")]} if items else {}
    )


async def _token(request: Request) -> Response:
    fault = faults.strike("token")
    if fault.mode in {"slow", "timeout_after"}:
        await faults.hang(request, fault.seconds)
    if fault.mode == "down":
        return _problem(Refusal(503, "SERVICE_UNAVAILABLE"))
    client = os.environ.get("PAYPAL_CLIENT_ID", "sandbox-client")
    secret = os.environ.get("PAYPAL_CLIENT_SECRET", "sandbox-client-secret")
    expected = f"Basic {base64.b64encode(f'{client}:{secret}'.encode()).decode()}"
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
        return JSONResponse({"error": "invalid_client", "error_description": "Client Authentication failed"}, 401)
    token = secrets.token_urlsafe(24)
    account.tokens.add(token)
    return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 32400, "scope": ""})


async def _certificate(request: Request) -> Response:
    fault = faults.strike("certificate")
    if fault.mode == "down":
        return PlainTextResponse("", 503)
    return PlainTextResponse(certificates.signer().chain(), media_type="application/x-pem-file")


async def _approval(request: Request) -> Response:
    """The page (GET) and its buttons: POST approve/, approve-without-funds/, cancel/; then back to the shop."""
    decision, order_id = request.path_params.get("decision"), request.path_params["id"]
    try:
        row = account.found("orders", order_id)
        if request.method == "GET":
            return HTMLResponse(approval_page(row))
        if decision == "cancel":
            return RedirectResponse(row["cancel_url"], 303)
        if decision not in {"approve", "approve-without-funds"}:
            raise Refusal(404, "RESOURCE_NOT_FOUND")
        with books.transaction():
            row = account.approve(order_id, declines=decision == "approve-without-funds")
            webhooks.record("CHECKOUT.ORDER.APPROVED", "checkout-order", _order(request, order_id))
    except Refusal as refusal:
        return _problem(refusal)
    webhooks.events.wake()
    mark = "&" if "?" in row["return_url"] else "?"
    return RedirectResponse(f"{row['return_url']}{mark}token={order_id}", 303)


async def _happens(request: Request) -> Response:
    """What happens outside of a shop's requests: `POST /paypal/happens/<what>/<id>/`, with a JSON object."""
    what, id_ = request.path_params["what"], request.path_params["id"]
    given = json.loads(await request.body() or b"{}")
    try:
        with books.transaction():
            _HAPPENINGS[what](request, id_, given)
    except KeyError:
        return _problem(Refusal(404, "RESOURCE_NOT_FOUND"))
    except Refusal as refusal:
        return _problem(refusal)
    webhooks.events.wake()
    return JSONResponse(account.whole_books()["totals"])


def _refund_ends(request: Request, refund_id: str, given: dict[str, Any]) -> None:
    status = given["status"]
    account.end_refund(refund_id, status)
    event = "PAYMENT.CAPTURE.REFUNDED" if status == "COMPLETED" else "PAYMENT.REFUND.FAILED"
    _tell(request, event, "refund", refund_id)


def _dispute_opens(request: Request, capture_id: str, given: dict[str, Any]) -> None:
    _tell(request, "CUSTOMER.DISPUTE.CREATED", "dispute", account.dispute(capture_id)["id"])


def _dispute_ends(request: Request, dispute_id: str, given: dict[str, Any]) -> None:
    account.settle_dispute(dispute_id, given["outcome"])
    _tell(request, "CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute_id)


def _authorization_ages(request: Request, authorization_id: str, given: dict[str, Any]) -> None:
    account.grow_older(authorization_id, given["days"])


def _refund_by_hand(request: Request, capture_id: str, given: dict[str, Any]) -> None:
    _tell(request, "PAYMENT.CAPTURE.REFUNDED", "refund", account.refund(capture_id, given))


_HAPPENINGS: dict[str, Callable[[Request, str, dict[str, Any]], None]] = {
    "refund-ends": _refund_ends,
    "refund-by-hand": _refund_by_hand,
    "dispute-opens": _dispute_opens,
    "dispute-ends": _dispute_ends,
    "authorization-ages": _authorization_ages,
}


async def _books(request: Request) -> Response:
    return JSONResponse(account.whole_books())


def _order(request: Request, order_id: str) -> dict[str, Any]:
    public = os.environ.get("SANDBOX_PUBLIC_URL") or str(request.base_url).rstrip("/")
    return documents.order(account.found("orders", order_id), base=_base(request), public=public.rstrip("/"))


_SHAPES = {
    "authorization": ("authorizations", documents.authorization),
    "capture": ("captures", documents.capture),
    "refund": ("refunds", documents.refund),
    "dispute": ("disputes", documents.dispute),
}


def _shown(request: Request, kind: str, id_: str) -> dict[str, Any]:
    if kind == "order":
        return _order(request, id_)
    table, shape = _SHAPES[kind]
    row = account.found(table, id_)
    return shape(row, account.found("orders", row["order_id"]), _base(request))


def _tell(request: Request, event_type: str, kind: str, id_: str) -> None:
    """Record the webhook of an object; payments name their order there."""
    shown = _shown(request, kind, id_)
    if kind in {"authorization", "capture"}:
        order_id = account.found(_SHAPES[kind][0], id_)["order_id"]
        shown["supplementary_data"] = {"related_ids": {"order_id": order_id}}
    webhooks.record(event_type, kind, shown)


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/paypal"


def _signed_in(request: Request) -> bool:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") in account.tokens


def _problem(refusal: Refusal) -> JSONResponse:
    return JSONResponse(refusal.body(), refusal.status)


routes: list[BaseRoute] = [
    Route("/paypal/v1/oauth2/token", _token, methods=["POST"]),
    Route("/paypal/v2/checkout/orders", _changing("create", _create), methods=["POST"]),
    Route("/paypal/v2/checkout/orders/{id}", _reading(_one("order")), methods=["GET"]),
    Route("/paypal/v2/checkout/orders/{id}/authorize", _changing("authorize", _authorize), methods=["POST"]),
    Route("/paypal/v2/payments/authorizations/{id}", _reading(_one("authorization")), methods=["GET"]),
    Route("/paypal/v2/payments/authorizations/{id}/capture", _changing("capture", _capture), methods=["POST"]),
    Route(
        "/paypal/v2/payments/authorizations/{id}/reauthorize", _changing("reauthorize", _reauthorize), methods=["POST"]
    ),
    Route("/paypal/v2/payments/authorizations/{id}/void", _changing("void", _void), methods=["POST"]),
    Route("/paypal/v2/payments/captures/{id}", _reading(_one("capture")), methods=["GET"]),
    Route("/paypal/v2/payments/captures/{id}/refund", _changing("refund", _refund), methods=["POST"]),
    Route("/paypal/v2/payments/refunds/{id}", _reading(_one("refund")), methods=["GET"]),
    Route("/paypal/v1/customer/disputes", _reading(_disputes), methods=["GET"]),
    Route("/paypal/v1/customer/disputes/{id}", _reading(_one("dispute")), methods=["GET"]),
    Route("/paypal/v1/notifications/certs/{id}", _certificate, methods=["GET"]),
    Route("/paypal/checkoutnow/{id}/", _approval, methods=["GET"]),
    Route("/paypal/checkoutnow/{id}/{decision}/", _approval, methods=["POST"]),
    Route("/paypal/happens/{what}/{id}/", _happens, methods=["POST"]),
    Route("/paypal/books/", _books, methods=["GET"]),
    faults_route("/paypal/faults/", faults),
    settings_route("/paypal/webhook-settings/", webhooks.events),
]
