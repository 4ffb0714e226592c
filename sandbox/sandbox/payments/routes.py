"""The processor's HTTP API."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import faults_route
from sandbox.payments import faults, pages, processor
from sandbox.payments.processor import Refusal
from sandbox.payments.records import books
from sandbox.payments.webhooks import events
from sandbox.webhooks import settings_route

View = Callable[[Request], Awaitable[Response]]
#: An operation inside the records' transaction; returns status and body.
Work = Callable[[Request, dict[str, Any]], tuple[int, dict[str, Any]]]


def _authorize(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 201, _shown(request, processor.authorize(asked))


def _capture(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    processor.capture(request.path_params["id"], asked.get("amount"))
    return 200, _shown(request, request.path_params["id"])


def _void(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    processor.void(request.path_params["id"])
    return 200, _shown(request, request.path_params["id"])


def _refund(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    made = processor.refund(request.path_params["id"], asked.get("amount"), str(asked.get("reference", "")))
    row = books.row("SELECT * FROM refunds WHERE id = ?", made)
    assert row is not None
    return 201, processor.shown_refund(row)


def _no(request: Request, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    raise Refusal(402, "refused", "The bank refused.")


def _effectful(operation: str, work: Work) -> View:
    """Wrap an operation with API key, fault and idempotency. It and its stored response are one transaction."""

    async def view(request: Request) -> Response:
        if not _key_is_good(request):
            return _refused(Refusal(401, "invalid_api_key", "The API key is missing or wrong."))
        try:
            asked = json.loads(await request.body() or b"{}")
            assert isinstance(asked, dict)
        except (ValueError, AssertionError):
            return _refused(Refusal(400, "invalid_request", "Send a JSON object."))
        fault = faults.strike(operation)
        if fault.mode == "down":
            return _refused(Refusal(503, "unavailable", "The processor is away."))
        if fault.mode == "slow":
            await faults.hang(request, fault.seconds)
        done = _no if fault.mode == "refuse" else work
        status, body, fresh = _once(request, asked, done, broken=fault.mode == "fail_after")
        events.wake()
        card = _card(request, body) if fresh else ""
        if fault.mode == "timeout_after" or (card, operation) in processor.HANGS:
            await faults.hang(request, fault.seconds)
        return JSONResponse(body, status)

    return view


def _once(request: Request, asked: dict[str, Any], work: Work, *, broken: bool) -> tuple[int, dict[str, Any], bool]:
    """Do the work, or repeat the response stored for its idempotency key; return whether it was done now.

    `broken`: do the work, but respond with an error and store it, as Stripe stores its 500s.
    """
    key = request.headers.get("Idempotency-Key", "")
    fingerprint = hashlib.sha256(f"{request.url.path}\n{json.dumps(asked, sort_keys=True)}".encode()).hexdigest()
    with books.transaction():
        known = books.row("SELECT * FROM idempotency_keys WHERE key = ?", key) if key else None
        if known and known["created_at"] < time.time() - processor.KEY_LIFETIME:
            books.execute("DELETE FROM idempotency_keys WHERE key = ?", key)
            known = None
        if known and known["fingerprint"] != fingerprint:
            refusal = Refusal(409, "idempotency_key_reused", "This key was used for another request.")
            return refusal.status, refusal.body(), False
        if known:
            return known["status"], json.loads(known["body"]), False
        try:
            status, body = work(request, asked)
        except Refusal as refusal:  # raised before anything was written
            status, body = refusal.status, refusal.body()
        if broken:
            status, body = 500, {"error": {"code": "internal_error", "message": "Something broke."}}
        if key:
            books.execute(
                "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?)",
                key, fingerprint, status, json.dumps(body), time.time(),
            )  # fmt: skip
        return status, body, True


def _reading(read: Callable[[Request], dict[str, Any]]) -> View:
    async def view(request: Request) -> Response:
        if not _key_is_good(request):
            return _refused(Refusal(401, "invalid_api_key", "The API key is missing or wrong."))
        fault = faults.strike("read")
        if fault.mode == "down":
            return _refused(Refusal(503, "unavailable", "The processor is away."))
        if fault.mode in {"slow", "timeout_after"}:
            await faults.hang(request, fault.seconds)
        try:
            return JSONResponse(read(request))
        except Refusal as refusal:
            return _refused(refusal)

    return view


def _one(request: Request) -> dict[str, Any]:
    return _shown(request, request.path_params["id"])


def _list(request: Request) -> dict[str, Any]:
    """`?reference=&order_id=&created_from=&created_to=&after=&limit=`, oldest first."""
    asked = request.query_params
    conditions, values = ["1"], []
    for name, condition in (
        ("reference", "reference = ?"),
        ("order_id", "order_id = ?"),
        ("created_from", "created_at >= CAST(? AS REAL)"),
        ("created_to", "created_at < CAST(? AS REAL)"),
        ("after", "(created_at, id) > (SELECT created_at, id FROM authorizations WHERE id = ?)"),
    ):
        if asked.get(name):
            conditions.append(condition)
            values.append(asked[name])
    limit = max(1, min(int(asked["limit"]), 100)) if asked.get("limit", "").isdecimal() else 100
    sql = f"SELECT * FROM authorizations WHERE {' AND '.join(conditions)} ORDER BY created_at, id LIMIT ?"
    rows = books.rows(sql, *values, limit + 1)
    return {"data": [_with_action(request, row) for row in rows[:limit]], "has_more": len(rows) > limit}


async def _challenge(request: Request) -> Response:
    """The page (GET), and its two buttons: POST .../confirm/ and .../refuse/."""
    decision = request.path_params.get("decision")
    try:
        if request.method == "GET":
            row = processor.challenged(request.path_params["challenge"])
        elif decision not in {"confirm", "refuse"}:
            raise Refusal(404, "not_found", "There is no such page.")
        else:
            with books.transaction():
                row = processor.answer_challenge(request.path_params["challenge"], confirmed=decision == "confirm")
            events.wake()
    except Refusal as refusal:
        return _refused(refusal)
    if request.method == "GET" or "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(pages.challenge_page(row))
    return JSONResponse({"status": row["status"]})


async def _bounce(request: Request) -> Response:
    """Return a refund, as the customer's bank does."""
    try:
        with books.transaction():
            authorization_id = processor.bounce(request.path_params["id"])
    except Refusal as refusal:
        return _refused(refusal)
    events.wake()
    return JSONResponse(_shown(request, authorization_id))


async def _books(request: Request) -> Response:
    return JSONResponse(processor.whole_books())


def _shown(request: Request, authorization_id: str) -> dict[str, Any]:
    return _with_action(request, processor.found(authorization_id))


def _with_action(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    body = processor.shown(row)
    challenge = body.pop("challenge")
    public = os.environ.get("SANDBOX_PUBLIC_URL") or str(request.base_url)
    body["action_url"] = f"{public.rstrip('/')}/payments/challenges/{challenge}/" if challenge else None
    return body


def _card(request: Request, body: dict[str, Any]) -> str:
    row = books.row("SELECT card FROM authorizations WHERE id = ?", request.path_params.get("id") or body.get("id"))
    return row["card"] if row else ""


def _key_is_good(request: Request) -> bool:
    key = os.environ.get("SANDBOX_PAYMENT_KEY", "sandbox-key")
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {key}".encode())


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.body(), refusal.status)


routes: list[BaseRoute] = [
    Route("/payments/authorizations/", _reading(_list), methods=["GET"]),
    Route("/payments/authorizations/", _effectful("authorize", _authorize), methods=["POST"]),
    Route("/payments/authorizations/{id}/", _reading(_one), methods=["GET"]),
    Route("/payments/authorizations/{id}/capture/", _effectful("capture", _capture), methods=["POST"]),
    Route("/payments/authorizations/{id}/void/", _effectful("void", _void), methods=["POST"]),
    Route("/payments/authorizations/{id}/refunds/", _effectful("refund", _refund), methods=["POST"]),
    Route("/payments/challenges/{challenge}/", _challenge, methods=["GET"]),
    Route("/payments/challenges/{challenge}/{decision}/", _challenge, methods=["POST"]),
    Route("/payments/refunds/{id}/bounce/", _bounce, methods=["POST"]),
    Route("/payments/books/", _books, methods=["GET"]),
    faults_route("/payments/faults/", faults),
    settings_route("/payments/webhook-settings/", events),
]
