"""The stand-in's HTTP API: Stripe's own paths, the customer's page, and what makes things happen."""

from __future__ import annotations

import hmac
import os
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import faults_route
from sandbox.stripe import faults, records, webhooks
from sandbox.stripe.account import Account, StripeRefuses
from sandbox.stripe.page import payment_page
from sandbox.webhooks import settings_route


@cache
def account() -> Account:
    """Return the account, restored once; each change is kept and told."""
    found = records.restored()
    found.on_change = _keep_and_tell
    found.on_keep = records.keep_object
    public = os.environ.get("SANDBOX_PUBLIC_URL", "").rstrip("/")
    found.page = f"{public}/stripe/pay/{{secret}}/"
    found.page_size = 100
    return found


def _keep_and_tell(type_: str, shown: dict[str, Any]) -> None:
    records.keep_object(shown)
    webhooks.record(type_, shown)


async def _api(request: Request) -> Response:
    if not _key_is_good(request):
        return _refused(StripeRefuses(401, "invalid_request_error", "api_key_invalid"))
    path = f"/v1/{request.path_params['path']}"
    operation = "read" if request.method == "GET" else _operation(path)
    fault = faults.strike(operation)
    if fault.mode == "down":
        return _refused(StripeRefuses(503, "api_error", "unavailable"))
    if fault.mode == "slow":
        await faults.hang(request, fault.seconds)
    if request.method == "GET":
        status, body = account().get(path, dict(request.query_params))
    elif request.method == "DELETE":
        with records.books.transaction():
            status, body = account().delete(path)
    else:
        status, body = _changed(request, path, (await request.body()).decode(), fault.mode)
    if fault.mode == "timeout_after":
        await faults.hang(request, fault.seconds)
    return JSONResponse(body, status)


def _changed(request: Request, path: str, form: str, mode: str) -> tuple[int, dict[str, Any]]:
    """Do what is asked, with its event and the answer to its key, in one transaction."""
    key, found = request.headers.get("Idempotency-Key", ""), account()
    found.fail_after = int(mode == "fail_after")
    found.refund_status = "pending" if mode == "pending" else "succeeded"
    with records.books.transaction():
        status, body, _ = found.post(path, dict(parse_qsl(form)), key)
        if key:
            records.keep_key(found, key)
    webhooks.events.wake()
    return status, body


def _operation(path: str) -> str:
    last = path.rpartition("/")[2]
    named = {"payment_intents": "create", "refunds": "refund", "capture": "capture", "cancel": "cancel"}
    return named.get(last, "other")


async def _pay(request: Request) -> Response:
    """The payment form (GET) and the customer's decision: POST with `payment_method`, or confirm/ and refuse/."""
    secret, decision = request.path_params["secret"], request.path_params.get("decision", "")
    try:
        intent = account().by_secret(secret)
        if request.method == "GET":
            return HTMLResponse(payment_page(intent))
        with records.books.transaction():
            if decision:
                account().answer_bank(secret, confirmed=decision == "confirm")
            else:
                form = dict(parse_qsl((await request.body()).decode()))
                account().choose_in_browser(secret, form.get("payment_method", "pm_card_visa"))
    except StripeRefuses as refusal:
        return _refused(refusal)
    webhooks.events.wake()
    return RedirectResponse(intent["return_url"] or ("../" if decision else "./"), 303)


async def _save(request: Request) -> Response:
    """The form that saves a card: POST with the secret of the set-up in the address."""
    try:
        with records.books.transaction():
            account().save_in_browser(request.path_params["secret"])
    except StripeRefuses as refusal:
        return _refused(refusal)
    webhooks.events.wake()
    return Response(status_code=204)


async def _happens(request: Request) -> Response:
    """What happens outside of a shop's requests: `POST /stripe/happens/<what>/<id>/`."""
    what, id_ = request.path_params["what"], request.path_params["id"]
    happenings = {
        "refund-fails": lambda: account().end_refund(id_, "failed"),
        "refund-succeeds": lambda: account().end_refund(id_, "succeeded"),
        "dispute-opens": lambda: account().open_dispute(id_),
        "dispute-won": lambda: account().close_dispute(id_, "won"),
        "dispute-lost": lambda: account().close_dispute(id_, "lost"),
    }
    try:
        with records.books.transaction():
            happenings[what]()
    except KeyError:
        return _refused(StripeRefuses(404, "invalid_request_error", "resource_missing"))
    webhooks.events.wake()
    return JSONResponse(account().books())


async def _books(request: Request) -> Response:
    return JSONResponse(account().books())


def _key_is_good(request: Request) -> bool:
    key = os.environ.get("STRIPE_API_KEY") or "sk_test_sandbox"
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {key}".encode())


def _refused(refusal: StripeRefuses) -> JSONResponse:
    return JSONResponse(refusal.body, refusal.status)


routes: list[BaseRoute] = [
    Route("/stripe/books/", _books),
    faults_route("/stripe/faults/", faults),
    settings_route("/stripe/webhook-settings/", webhooks.events),
    Route("/stripe/happens/{what}/{id}/", _happens, methods=["POST"]),
    Route("/stripe/pay/{secret}/", _pay, methods=["GET", "POST"]),
    Route("/stripe/pay/{secret}/{decision}/", _pay, methods=["POST"]),
    Route("/stripe/save/{secret}/", _save, methods=["POST"]),
    Route("/stripe/v1/{path:path}", _api, methods=["GET", "POST", "DELETE"]),
]
