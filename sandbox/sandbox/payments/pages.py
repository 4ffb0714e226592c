"""The page on which the buyer confirms a payment, like a bank's."""

from __future__ import annotations

from html import escape
from typing import Any

from chassis.core.money import Money

STYLE = """body{font:17px/1.5 system-ui,sans-serif;background:#eef1f6;color:#1c2430;display:grid;place-items:center;
min-height:100vh;margin:0}main{background:#fff;border-radius:16px;padding:2.5rem;max-width:26rem;text-align:center;
box-shadow:0 12px 40px #1c243022}h1{font-size:1.3rem;margin:.2rem 0 1rem}
.sum{font-size:2.2rem;font-weight:700;margin:1rem 0}
form{display:inline}button{font:inherit;border:0;border-radius:10px;padding:.7rem 1.6rem;margin:.3rem;cursor:pointer}
.yes{background:#1f6f43;color:#fff}.no{background:#e4e7ee}small{color:#68748a}"""

_DECIDED = {
    "authorized": ("Thank you", "The payment is confirmed. You may close this page."),
    "captured": ("Thank you", "The payment is confirmed. You may close this page."),
    "declined": ("Not paid", "The payment was refused. Nothing has been charged."),
    "voided": ("Too late", "The shop has withdrawn this payment. Nothing has been charged."),
}


def challenge_page(row: dict[str, Any]) -> str:
    if row["status"] == "requires_action":
        sum_ = escape(str(Money(row["amount"], row["currency"])))
        inside = (
            f"<h1>Is it you who is paying?</h1><p class=sum>{sum_}</p>"
            f"<form method=post action='confirm/'><button class=yes>Yes, pay</button></form>"
            f"<form method=post action='refuse/'><button class=no>No, refuse</button></form>"
        )
    else:
        title, text = _DECIDED[row["status"]]
        inside = f"<h1>{title}</h1><p>{text}</p>"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Sandbox Bank</title><style>{STYLE}</style><main><small>Sandbox Bank</small>{inside}</main></html>"
    )
