"""The courier's HTTP API, as its customers (shops) see it."""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.courier import depot, faults, journey, label, offers, page
from sandbox.courier.offers import Refused

Work = Callable[[Request], Awaitable[Response]]


def for_shops(*, works: bool = False) -> Callable[[Work], Work]:
    """Wrap a view that requires the API key and is subject to the present fault."""

    def decorate(work: Work) -> Work:
        async def answer(request: Request) -> Response:
            fault = faults.strike(works=works)
            if fault.mode == "down":
                return _no(503, "unavailable", "The courier is closed for the moment.")
            if fault.mode == "slow":
                await faults.hang(request, fault.seconds)
            if not _has_key(request):
                return _no(401, "api_key_wrong", "The API key is missing or wrong.")
            try:
                response = await work(request)
            except Refused as refusal:
                response = _no(refusal.status, refusal.code, refusal.message)
            except (ValueError, TypeError, AttributeError):
                response = _no(400, "invalid", "The request could not be read.")
            journey.wake()
            if fault.mode == "timeout_after":
                await faults.hang(request, fault.seconds)
            if fault.mode == "fail_after":
                return _no(500, "broken", "Something broke on our side.")
            return response

        return answer

    return decorate


@for_shops()
async def rates(request: Request) -> Response:
    """Return the price of each service for {country, weight_grams}."""
    asked = await request.json()
    return JSONResponse({"rates": offers.rates(str(asked["country"]).upper(), int(asked["weight_grams"]))})


@for_shops(works=True)
async def create(request: Request) -> Response:
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return _no(400, "key_missing", "Send an Idempotency-Key.")
    order = await request.json()
    return JSONResponse(_shipment(depot.create(order, key=key)), status_code=201)


@for_shops()
async def search(request: Request) -> Response:
    """Return all parcels of `?reference=`, oldest first."""
    found = depot.search(request.query_params.get("reference", ""))
    return JSONResponse({"shipments": [_shipment(row) for row in found]})


@for_shops()
async def retrieve(request: Request) -> Response:
    return JSONResponse(_shipment(depot.shipment(request.path_params["number"])))


@for_shops(works=True)
async def cancel(request: Request) -> Response:
    return JSONResponse(_shipment(depot.cancel(request.path_params["number"])))


@for_shops()
async def tracking(request: Request) -> Response:
    number = depot.shipment(request.path_params["number"])["tracking_number"]
    return JSONResponse({"tracking_number": number, "events": depot.timeline(number)})


@for_shops()
async def label_document(request: Request) -> Response:
    drawn = label.draw(depot.shipment(request.path_params["number"]))
    return Response(drawn, media_type="image/svg+xml")


async def track(request: Request) -> Response:
    """The public page of a parcel, without name and street, because the number is its only protection."""
    try:
        found = depot.shipment(request.path_params["number"])
    except Refused:
        return HTMLResponse(page.unknown(request.path_params["number"]), status_code=404)
    return HTMLResponse(page.tracking(found, depot.timeline(found["tracking_number"])))


async def books(request: Request) -> Response:
    """Return every effect, for tests that compare it with the shop's records."""
    return JSONResponse(depot.everything())


async def switch(request: Request) -> Response:
    try:
        asked: dict[str, Any] = await request.json() if request.method == "POST" else {}
        mode, count = asked.get("mode", "none"), asked.get("count")
        fault = faults.Fault(mode, float(asked.get("seconds", 60)), None if count is None else int(count))
    except (ValueError, TypeError, AttributeError):
        return _no(400, "invalid", "The request could not be read.")
    if mode not in faults.MODES:
        return _no(400, "mode_unknown", f"There are the modes {', '.join(sorted(faults.MODES))}.")
    if request.method == "POST":
        faults.switch(fault)
        journey.wake()
    return JSONResponse(vars(faults.switch.present))


def _shipment(row: dict[str, Any]) -> dict[str, Any]:
    number = row["tracking_number"]
    return {
        "tracking_number": number,
        "tracking_url": f"{_public_url()}/courier/track/{number}",
        "reference": row["reference"],
        "kind": row["kind"],
        "carrier": row["carrier"],
        "service": row["service"],
        "status": row["status"],
        "label": {"media_type": "image/svg+xml", "content": base64.b64encode(label.draw(row).encode()).decode()},
        "created_at": row["created_at"],
    }


def _public_url() -> str:
    return os.environ.get("SANDBOX_PUBLIC_URL") or f"http://127.0.0.1:{os.environ.get('SANDBOX_PORT') or 8190}"


def _has_key(request: Request) -> bool:
    right = os.environ.get("COURIER_API_KEY") or "sandbox-courier-key"
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {right}".encode())


def _no(status: int, code: str, message: str) -> Response:
    return Response(json.dumps({"code": code, "message": message}), status, media_type="application/json")


routes: list[BaseRoute] = [
    Route("/courier/rates/", rates, methods=["POST"]),
    Route("/courier/shipments/", create, methods=["POST"]),
    Route("/courier/shipments/", search, methods=["GET"]),
    Route("/courier/shipments/{number}/", retrieve),
    Route("/courier/shipments/{number}/cancel/", cancel, methods=["POST"]),
    Route("/courier/shipments/{number}/tracking/", tracking),
    Route("/courier/shipments/{number}/label.svg", label_document),
    Route("/courier/track/{number}", track),
    Route("/courier/books/", books),
    Route("/courier/faults/", switch, methods=["GET", "POST"]),
]
