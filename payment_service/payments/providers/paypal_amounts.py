"""Amounts as PayPal writes them: in major units, and in some currencies without decimals. Nothing is ever rounded.

See https://developer.paypal.com/api/rest/reference/currency-codes/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.core.money import Money
from payments.providers.port import AmountNotRepresentable

#: Currencies that PayPal takes in whole units only.
WHOLE = frozenset({"HUF", "JPY", "TWD"})


def to_paypal(money: Money) -> dict[str, str]:
    """Return PayPal's `money`. Raises AmountNotRepresentable."""
    major = money.major
    if money.currency in WHOLE and major != major.to_integral_value():
        raise AmountNotRepresentable
    return {"currency_code": money.currency, "value": f"{major:.0f}" if money.currency in WHOLE else f"{major:f}"}


def from_paypal(given: Mapping[str, Any]) -> Money:
    """Return PayPal's `money` as ours. Raises AmountNotReadable."""
    return Money.parse(str(given["value"]), str(given["currency_code"]))
