"""What a payment method names, and where it may be used."""

import pytest

from payments.domain.methods import InvalidMethod, Method, MethodNotAvailable, Offer

OFFER = Offer(providers=("stripe", "sandbox"), countries={"sandbox": frozenset({"DE", "AT"})})


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("pm_1", Method("stripe", "pm_1")),
        ("stripe", Method("stripe")),
        ("stripe:pm_1", Method("stripe", "pm_1")),
        ("sandbox:card_ok", Method("sandbox", "card_ok")),
        ("sandbox:a:b", Method("sandbox", "a:b")),
        ("sandbox:", Method("sandbox")),
    ],
)
def test_a_payment_method_names_a_provider_its_token_or_both(text, method):
    assert OFFER.read(text) == method


@pytest.mark.parametrize("text", ["", "stripe:\0", "x" * 256])
def test_a_method_that_cannot_be_read_is_refused(text):
    with pytest.raises(InvalidMethod):
        OFFER.read(text)


@pytest.mark.parametrize("text", ["strype:pm_1", ":pm_1", "a:b"])
def test_an_unknown_provider_is_refused(text):
    with pytest.raises(MethodNotAvailable):
        OFFER.read(text)


def test_a_provider_that_is_not_offered_is_refused_with_and_without_a_token():
    for text in ("stripe", "stripe:pm_1"):
        with pytest.raises(MethodNotAvailable):
            Offer(providers=("sandbox",), countries={}).read(text)


@pytest.mark.parametrize(("country", "names"), [("DE", ["stripe", "sandbox"]), ("FR", ["stripe"]), ("", ["stripe"])])
def test_a_method_is_offered_where_the_shop_allows_it(country, names):
    assert [way.name for way in OFFER.usable(currency="EUR", country=country)] == names


def test_a_method_that_is_not_for_this_country_is_refused():
    assert OFFER.method("sandbox:card_ok", currency="EUR", country="AT").token == "card_ok"
    with pytest.raises(MethodNotAvailable):
        OFFER.method("sandbox:card_ok", currency="EUR", country="FR")
