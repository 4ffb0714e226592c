"""The page on which the buyer approves a payment."""

from __future__ import annotations

from html import escape
from typing import Any

from chassis.core.money import Money
from sandbox.payments.pages import STYLE

_DECIDED = {
    "APPROVED": ("Thank you", "You have agreed; the shop takes it from here."),
    "COMPLETED": ("Thank you", "This has been paid already."),
}


def approval_page(row: dict[str, Any]) -> str:
    """Return the page of an order, with three buttons while the buyer has not decided."""
    if row["status"] == "PAYER_ACTION_REQUIRED":
        sum_ = escape(str(Money(row["amount"], row["currency"])))
        inside = (
            f"<h1>Pay the shop?</h1><p class=sum>{sum_}</p>"
            "<form method=post action='approve/'><button class=yes>Agree and pay</button></form>"
            "<form method=post action='approve-without-funds/'>"
            "<button class=no>Agree, with an empty account</button></form>"
            "<form method=post action='cancel/'><button class=no>Back to the shop</button></form>"
        )
    else:
        title, text = _DECIDED[row["status"]]
        inside = (
            f"<h1>{title}</h1><p>{text}</p><p><a href='{escape(row['return_url'], quote=True)}'>Back to the shop</a>"
        )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Sandbox PayPal</title><style>{STYLE}</style><main><small>Sandbox PayPal</small>{inside}</main></html>"
    )
