"""Amounts as Stripe counts them, and nothing in between."""

import pytest

from chassis.core.money import Money
from payments.providers.stripe_amounts import AmountNotRepresentable, from_stripe, to_stripe


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(1999, "EUR"), 1999), (Money(500, "JPY"), 500), (Money(500, "ISK"), 50_000), (Money(7, "UGX"), 700),
        (Money(1230, "KWD"), 1230), (Money(1230, "BHD"), 1230), (Money(1_500, "MGA"), 15), (Money(1_230, "IQD"), 123),
    ],
)  # fmt: skip
def test_an_amount_goes_there_and_back(money, amount):
    assert to_stripe(money) == amount
    assert from_stripe(amount, money.currency.lower()) == money.amount


@pytest.mark.parametrize("money", [Money(1234, "KWD"), Money(1235, "TND"), Money(150, "MGA"), Money(1231, "IQD")])
def test_an_amount_that_would_be_rounded_is_refused(money):
    with pytest.raises(AmountNotRepresentable):
        to_stripe(money)


def test_an_amount_that_the_currency_cannot_hold_is_not_read():
    with pytest.raises(AmountNotRepresentable):
        from_stripe(50_001, "isk")
