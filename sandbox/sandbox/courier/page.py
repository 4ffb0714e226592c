"""The tracking page that a customer opens from a mail."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from sandbox.courier.offers import BRANDS

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#68748a;--line:#dde2ea;--card:#fff;--ground:#eef1f6}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf3;--soft:#97a3b8;--line:#333c4b;--card:#1b212b;--ground:#11151c}}
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
header{background:var(--brand);color:#fff;padding:1.6rem 0 5.5rem}header div,main{max-width:44rem;margin:0 auto}
header div{padding:0 2.6rem}
header b{font-size:1.3rem}header small{opacity:.85}main{padding:0 1rem 3rem;margin-top:-4rem}
section{background:var(--card);border-radius:16px;padding:1.6rem;margin-bottom:1.2rem;box-shadow:0 10px 30px #0c142214}
h1{font-size:1.7rem;line-height:1.2;margin:.1rem 0 .4rem}p{margin:.2rem 0;color:var(--soft)}
code{font-size:1rem;letter-spacing:.06em;color:var(--ink)}
.bar{display:flex;gap:.4rem;margin:1.4rem 0 .5rem}.bar i{flex:1;height:8px;border-radius:4px;background:var(--line)}
.bar i.done{background:var(--brand)}.names{display:flex;font-size:.78rem;color:var(--soft)}
.names span{flex:1;text-align:center}.names span:first-child{text-align:left}.names span:last-child{text-align:right}
.names .now{color:var(--ink);font-weight:600}
ol{list-style:none;margin:0;padding:0}li{position:relative;padding:0 0 1.3rem 1.8rem;border-left:2px solid var(--line);
margin-left:.45rem}li:last-child{border-color:transparent;padding-bottom:0}li::before{content:"";position:absolute;
left:-.5rem;top:.3rem;width:.85rem;height:.85rem;border-radius:50%;background:var(--line)}
li:first-child::before{background:var(--brand);box-shadow:0 0 0 5px color-mix(in srgb,var(--brand) 25%,transparent)}
li b{display:block;line-height:1.35}li small{color:var(--soft)}
"""
_THERE = (("label_created", "Announced"), ("picked_up", "Picked up"), ("in_transit", "On its way"))
_STAGES = {
    "outbound": (*_THERE, ("out_for_delivery", "In the van"), ("delivered", "Delivered")),
    "return": (*_THERE, ("received", "Received")),
}
_TITLES = {
    "label_created": "Your parcel is announced",
    "picked_up": "We have your parcel",
    "in_transit": "Your parcel is on its way",
    "out_for_delivery": "Your parcel comes today",
    "attempt_failed": "We have missed you",
    "delivered": "Your parcel is delivered",
    "received": "Your return has arrived",
    "returned_to_sender": "Your parcel goes back to its sender",
    "canceled": "This parcel was withdrawn",
}


def tracking(shipment: dict[str, Any], events: list[dict[str, Any]]) -> str:
    brand = BRANDS[shipment["carrier"]]
    address = shipment["address"]
    ends = (f"{address['city']}, {address['country']}", "Leipzig, DE")
    target, source = ends if shipment["kind"] == "outbound" else reversed(ends)
    service = brand.services[shipment["service"]][0]
    number = escape(shipment["tracking_number"])
    inside = f"""<section><p>{escape(brand.name)} {escape(service)}, <code>{number}</code></p>
<h1>{_TITLES[shipment["status"]]}</h1><p>From {escape(source)} to {escape(target)}</p>{_progress(shipment)}</section>
<section><ol>{"".join(_event(event) for event in reversed(events))}</ol></section>"""
    is_over = shipment["next_at"] is None
    return _page(brand.name, brand.color, _TITLES[shipment["status"]], inside, refresh=not is_over)


def unknown(number: str) -> str:
    text = f"""<section><h1>We do not know this number</h1><p>There is no parcel <code>{escape(number[:40])}</code>.
A new one can take a minute to appear.</p></section>"""
    return _page("Parcel tracking", "#475569", "Unknown parcel", text, refresh=False)


def _progress(shipment: dict[str, Any]) -> str:
    stages = _STAGES[shipment["kind"]]
    order = [status for status, _ in stages]
    status = "out_for_delivery" if shipment["status"] == "attempt_failed" else shipment["status"]
    if status not in order:
        return ""
    reached = order.index(status)
    bars = "".join(f'<i class="{"done" if place <= reached else ""}"></i>' for place in range(len(stages)))
    names = "".join(
        f'<span class="{"now" if place == reached else ""}">{name}</span>' for place, (_, name) in enumerate(stages)
    )
    return f'<div class="bar">{bars}</div><div class="names">{names}</div>'


def _event(event: dict[str, Any]) -> str:
    at = datetime.fromisoformat(event["occurred_at"])
    where = f" · {escape(event['location'])}" if event["location"] else ""
    return f"<li><b>{escape(event['description'])}</b><small>{at:%-d %B %Y, %H:%M:%S} UTC{where}</small></li>"


def _page(name: str, color: str, title: str, inside: str, *, refresh: bool) -> str:
    again = '<meta http-equiv="refresh" content="5">' if refresh else ""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{again}
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{{--brand:{color}}}{_STYLE}</style></head>
<body><header><div><b>{escape(name)}</b><br><small>Sandbox courier</small></div></header>
<main>{inside}</main></body></html>"""
