"""The page on which the customer pays: in a shop, Stripe's form inside the page of the order, and then the bank's."""

from __future__ import annotations

from html import escape
from typing import Any

from chassis.core.money import Money
from sandbox.payments.pages import STYLE

#: What the customer can pay with: the payment method and the text of its button.
CHOICES = {
    "pm_card_visa": "Pay by card",
    "pm_card_authenticationRequired": "Pay by a card whose bank asks",
    "pm_card_chargeDeclined": "Pay by a card that is declined",
}
_DECIDED = {
    "requires_capture": ("Thank you", "The payment is confirmed."),
    "succeeded": ("Thank you", "The payment is confirmed."),
    "canceled": ("Too late", "The shop has withdrawn this payment. Nothing has been charged."),
}


def payment_page(intent: dict[str, Any]) -> str:
    """Return the form, the bank's question, or what has become of the payment."""
    if intent["status"] == "requires_payment_method":
        buttons = "".join(_button("", name, text) for name, text in CHOICES.items())
    elif intent["status"] == "requires_action":
        buttons = _button("confirm/", "", "Yes, it is me") + _button("refuse/", "", "No, refuse")
    else:
        title, text = _DECIDED[intent["status"]]
        return _page(f"<h1>{title}</h1><p>{text}</p>")
    sum_ = escape(str(Money(intent["amount"], intent["currency"].upper())))
    error = (intent["last_payment_error"] or {}).get("message", "")
    return _page(f"<h1>Pay the shop</h1><p class=sum>{sum_}</p><p>{escape(error)}</p>{buttons}")


def _button(action: str, method: str, text: str) -> str:
    return (
        f"<form method=post action='{action}'><input type=hidden name=payment_method value='{method}'>"
        f"<button class=yes>{text}</button></form>"
    )


def _page(inside: str) -> str:
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Sandbox Stripe</title><style>{STYLE}</style><main><small>Sandbox Stripe</small>{inside}</main></html>"
    )
