"""Pages for people, JSON for programs, gateways for SMS and push, and the fault switches."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.mailbox import faults, keeping, pages, smtp

LONGEST = {"to": 400, "title": 400, "text": 4000, "link": 4000, "reference": 200}


async def page(request: Request) -> Response:
    to = request.query_params.get("to", "").strip()
    rows = keeping.mails(to=to)
    opened = keeping.mail(_number(request.query_params.get("id"))) or (rows[0] if rows else None)
    view = request.query_params.get("view", "html")
    return HTMLResponse(pages.mail_page(rows, opened, to=to, view=view))


async def mail_list(request: Request) -> Response:
    """The list alone, for the page's refresh."""
    to = request.query_params.get("to", "").strip()
    opened = _number(request.query_params.get("id"))
    return HTMLResponse(pages.mail_list(keeping.mails(to=to), opened=opened, to=to))


async def messages(request: Request) -> Response:
    to = request.query_params.get("to", "").strip()
    newest = min(_number(request.query_params.get("newest")) or 200, 1000)
    return JSONResponse({"messages": [keeping.as_json(row, body=True) for row in keeping.mails_to(to, newest=newest)]})


async def message(request: Request) -> Response:
    row = keeping.mail(request.path_params["mail_id"])
    return JSONResponse(keeping.as_json(row, body=True)) if row else JSONResponse({}, 404)


async def source(request: Request) -> Response:
    """Return the mail as it was received."""
    row = keeping.mail(request.path_params["mail_id"])
    return PlainTextResponse(keeping.content(row)["source"]) if row else PlainTextResponse("", 404)


async def gateway(medium: str, request: Request) -> Response:
    """GET: the page, or JSON for programs. POST {to, title?, text, link?, reference}: take a message."""
    if request.method == "GET":
        to = request.query_params.get("to", "").strip()
        rows = keeping.notes(medium, to=to)
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(pages.note_page(medium, rows, to=to))
        return JSONResponse({"messages": rows[::-1]})
    note = await _note(request)
    if note is None:
        return JSONResponse({"error": "to, text and reference are needed"}, 400)
    fault = faults.strike(medium, note["recipient"])
    if fault.mode in {"down", "temporary"}:
        return JSONResponse({"error": "not now (sandbox fault)"}, 503)
    if fault.mode == "permanent":
        return JSONResponse({"error": "unknown number or token (sandbox fault)"}, 410)
    if fault.mode == "slow":
        await asyncio.sleep(fault.seconds)
    keeping.keep_note(medium, **note)
    if fault.mode == "timeout_after":
        await asyncio.sleep(fault.seconds)
    if fault.mode == "fail_after":
        return JSONResponse({"error": "kept, but not admitted (sandbox fault)"}, 500)
    return JSONResponse({"status": "accepted", "reference": note["reference"]}, 202)


async def all_books(request: Request) -> Response:
    """Return every message without its body, for tests that compare it with the shop's records."""
    mails = [keeping.as_json(row, body=False) for row in keeping.mails_to("", newest=100_000)]
    sms, push = (keeping.notes(medium, newest=100_000)[::-1] for medium in ("sms", "push"))
    totals = {
        "mails": len(mails),
        "mail_copies": sum(row["copies"] for row in mails),
        "sms": len(sms),
        "push": len(push),
    }
    return JSONResponse({"totals": totals, "mails": mails, "sms": sms, "push": push})


async def switch_faults(request: Request) -> Response:
    """{"mode", "of": "mail" | "sms" | "push" (default: all), "to", "seconds", "count"}."""
    if request.method == "POST":
        asked: Any = await request.json()
        if not isinstance(asked, dict) or asked.get("mode") not in faults.MODES:
            return JSONResponse({"error": f"mode is one of {sorted(faults.MODES)}"}, 400)
        fault = faults.Fault(
            mode=asked["mode"],
            seconds=float(asked.get("seconds", faults.SECONDS)),
            count=int(asked["count"]) if asked.get("count") is not None else None,
            to=str(asked.get("to", "")),
        )
        media = (str(asked["of"]),) if asked.get("of") in faults.MEDIA else faults.MEDIA
        faults.switch(fault, media)
        await (smtp.close() if faults.present("mail").mode == "down" else smtp.listen())
    return JSONResponse({medium: faults.present(medium).mode for medium in faults.MEDIA})


async def _note(request: Request) -> dict[str, str] | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    note = {name: str(body.get(name) or "")[:longest] for name, longest in LONGEST.items()}
    if not (note["to"] and note["text"] and note["reference"]):
        return None
    note["recipient"] = note.pop("to")
    return note


def _number(given: str | None) -> int:
    return int(given) if given and given.isascii() and given.isdigit() and len(given) < 16 else 0


routes: list[BaseRoute] = [
    Route("/mailbox/", page),
    Route("/mailbox/list/", mail_list),
    Route("/mailbox/messages/", messages),
    Route("/mailbox/messages/{mail_id:int}/", message),
    Route("/mailbox/messages/{mail_id:int}/source/", source),
    Route("/mailbox/books/", all_books),
    Route("/mailbox/faults/", switch_faults, methods=["GET", "POST"]),
    Route("/mailbox/sms/", partial(gateway, "sms"), methods=["GET", "POST"], name="sms"),
    Route("/mailbox/push/", partial(gateway, "push"), methods=["GET", "POST"], name="push"),
]
