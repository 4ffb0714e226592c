"""The mailbox's pages: list, reader, SMS and push. A mail's HTML is shown in a sandboxed frame, without scripts."""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox.mailbox import keeping

_STYLE = (Path(__file__).parent / "mailbox.css").read_text()
_SCRIPT = (Path(__file__).parent / "mailbox.js").read_text()
_TABS = (("mail", "/mailbox/", "Mail"), ("sms", "/mailbox/sms/", "SMS"), ("push", "/mailbox/push/", "Push"))
_VIEWS = (("html", "HTML"), ("phone", "Phone"), ("text", "Text"), ("headers", "Headers"))
_NOTHING = "<div class=empty><b>Nothing here yet</b><p>What the shop sends arrives here within a second.</p></div>"


def mail_page(rows: list[dict[str, Any]], opened: dict[str, Any] | None, *, to: str, view: str) -> str:
    listed = mail_list(rows, opened=opened["id"] if opened else 0, to=to)
    reader = _reader(opened, to=to, view=view) if opened else _NOTHING
    inside = f"<nav id=list data-newest={rows[0]['id'] if rows else 0}>{listed}</nav><article>{reader}</article>"
    return _page("mail", inside, to=to, script=True)


def mail_list(rows: list[dict[str, Any]], *, opened: int, to: str) -> str:
    return "".join(_row(row, opened=row["id"] == opened, to=to) for row in rows) or "<p class=none>No mail.</p>"


def note_page(medium: str, rows: list[dict[str, Any]], *, to: str) -> str:
    cards = "".join(_note(row) for row in rows)
    return _page(medium, f"<section class=notes>{cards or _NOTHING}</section>", to=to)


def _row(row: dict[str, Any], *, opened: bool, to: str) -> str:
    query = urlencode({"id": row["id"], **({"to": to} if to else {})})
    copies = f"<em title='Came {row['copies']} times'>×{row['copies']}</em>" if row["copies"] > 1 else ""
    return (
        f"<a href='?{escape(query)}' {'class=open aria-current=true' if opened else ''}>{_badge(row['recipient'])}"
        f"<span><b>{escape(row['subject']) or '(no subject)'}</b>"
        f"<small>{escape(row['recipient'])}</small></span><time>{_clock(row['received_at'])}{copies}</time></a>"
    )


def _reader(row: dict[str, Any], *, to: str, view: str) -> str:
    found = keeping.content(row)
    kept = {"id": row["id"], **({"to": to} if to else {})}
    tabs = "".join(
        f"<a href='?{escape(urlencode({**kept, 'view': name}))}' {'class=on' if name == view else ''}>{label}</a>"
        for name, label in _VIEWS
    )
    return (
        f"<header><h1>{escape(row['subject'])}</h1><div class=who>{_badge(row['sender'])}<p>"
        f"<b>{escape(dict(found['headers']).get('From', row['sender']))}</b><small>to {escape(row['recipient'])} · "
        f"{_long(row['received_at'])} · {row['size'] / 1000:.1f} kB</small></p>"
        f"<div class=views>{tabs}<a href='/mailbox/messages/{row['id']}/source/'>Source</a></div></div></header>"
        f"{_body(found, view)}"
    )


def _body(found: dict[str, Any], view: str) -> str:
    if view == "headers":
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in found["headers"])
        return f"<div class=plain><table>{cells}</table></div>"
    if view == "text" or not found["html"]:
        return f"<div class=plain><pre>{escape(found['text'])}</pre></div>"
    document = escape(found["html"].replace("<head>", "<head><base target=_blank>", 1))
    return (
        f"<iframe class='{'phone' if view == 'phone' else ''}' title='The mail' referrerpolicy=no-referrer "
        f"sandbox='allow-popups allow-popups-to-escape-sandbox' srcdoc=\"{document}\"></iframe>"
    )


def _note(row: dict[str, Any]) -> str:
    link = row["link"] if row["link"].startswith(("http://", "https://")) else ""
    more = f"<a href='{escape(link)}' rel=noreferrer>{escape(link)}</a>" if link else ""
    title = f"<b>{escape(row['title'])}</b>" if row["medium"] == "push" else ""
    copies = f"<em>×{row['copies']}</em>" if row["copies"] > 1 else ""
    return (
        f"<figure><figcaption>{_badge(row['recipient'])}<span>{escape(row['recipient'])}</span>"
        f"<time>{_long(row['received_at'])}{copies}</time></figcaption>"
        f"<blockquote>{title}<p>{escape(row['text'])}</p>{more}</blockquote></figure>"
    )


def _page(tab: str, inside: str, *, to: str, script: bool = False) -> str:
    tabs = "".join(f"<a href='{url}' {'class=on' if name == tab else ''}>{label}</a>" for name, url, label in _TABS)
    behind = f"<script>{_SCRIPT}</script>" if script else ""
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Mailbox · Souk sandbox</title>"
        f"<meta name=viewport content='width=device-width, initial-scale=1'><style>{_STYLE}</style></head><body>"
        f"<div class=bar><a class=brand href='/mailbox/'>souk<i>.</i> <small>mailbox</small></a>"
        f"<div class=tabs>{tabs}</div><form role=search><input name=to type=search value='{escape(to)}' "
        f"placeholder='Find by recipient' aria-label='Find by recipient' autocomplete=off></form></div>"
        f"<main class={tab}>{inside}</main>{behind}</body></html>"
    )


def _badge(name: str) -> str:
    letter = next((c.upper() for c in name if c.isalnum()), "?")
    return f"<i class=badge style='--hue:{sum(map(ord, name)) * 47 % 360}'>{escape(letter)}</i>"


def _clock(iso: str) -> str:
    return datetime.fromisoformat(iso).strftime("%H:%M")


def _long(iso: str) -> str:
    return datetime.fromisoformat(iso).strftime("%d %b %Y, %H:%M:%S UTC")
