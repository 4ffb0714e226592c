"""Amounts in Stripe's units, which differ from ISO 4217 for some currencies. Nothing is ever rounded.

See https://docs.stripe.com/currencies#zero-decimal and #special-cases.
"""

from __future__ import annotations

from collections.abc import Mapping

from chassis.core.money import Money, exponent
from payments.providers.port import AmountNotRepresentable

#: Number of decimals at Stripe, for currencies that do not have two.
DECIMALS: Mapping[str, int] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
#: What a charge must be a multiple of, in Stripe's units: whole kronur and shillings, three decimals that end in 0.
STEPS: Mapping[str, int] = {
    **dict.fromkeys(("ISK", "UGX"), 100),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10),
}


def to_stripe(money: Money) -> int:
    """Return the amount in Stripe's units. Raises AmountNotRepresentable."""
    amount = _shifted(money.amount, DECIMALS.get(money.currency, 2) - exponent(money.currency))
    if amount % STEPS.get(money.currency, 1):
        raise AmountNotRepresentable
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Return the amount in minor units of the currency. Raises AmountNotRepresentable."""
    code = currency.upper()
    return _shifted(amount, exponent(code) - DECIMALS.get(code, 2))


def _shifted(amount: int, decimals: int) -> int:
    factor = int(10 ** abs(decimals))
    if decimals >= 0:
        return amount * factor
    whole, rest = divmod(amount, factor)
    if rest:
        raise AmountNotRepresentable
    return whole
