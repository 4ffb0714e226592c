"""Amounts in mails have all decimals of their currency, in the reader's format."""

import pytest

from notifications.rendering.filters import money


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (123450, "EUR", "de-DE", "1.234,50 €"),
        (1999, "EUR", "", "€19.99"),
        (1500, "JPY", "ja-JP", "￥1,500"),
        (1234, "KWD", "en-US", "KWD1.234"),
        (1250, "RSD", "en-US", "RSD12.50"),
        (1234567, "IQD", "en-US", "IQD1,234.567"),
        (-5, "EUR", "en-US", "-€0.05"),
    ],
)
def test_an_amount_is_written_exactly(amount, currency, locale, text):
    assert money({"amount": amount, "currency": currency}, locale).replace("\xa0", " ") == text
