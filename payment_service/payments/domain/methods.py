"""Ways to pay: which there are, what a `payment_method` names, and what each may be used for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.core.errors import DomainError, Kind


class Token(StrEnum):
    """Whether the customer's token of a card or an account belongs to the payment method."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to pay. `currencies`: all that it takes; empty: any."""

    name: str
    title: str
    token: Token
    currencies: frozenset[str] = frozenset()


#: https://developer.paypal.com/api/rest/reference/currency-codes/
PAYPAL_CURRENCIES = frozenset(
    {
        "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK",
        "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
    }
)  # fmt: skip

PREPAYMENT, INVOICE, CASH_ON_DELIVERY = "prepayment", "invoice", "cash_on_delivery"
#: The provider of a payment for an order that costs nothing. It cannot be chosen.
NOTHING = "none"
#: No provider takes part in these: staff, or the courier, say when the money has come.
OFFLINE = frozenset({PREPAYMENT, INVOICE, CASH_ON_DELIVERY, NOTHING})
#: The customer transfers the money to the shop's bank account.
BY_TRANSFER = frozenset({PREPAYMENT, INVOICE})

WAYS: Mapping[str, Way] = {
    way.name: way
    for way in (
        Way(name="stripe", title="Card or wallet", token=Token.OPTIONAL),
        Way(name="paypal", title="PayPal", token=Token.NONE, currencies=PAYPAL_CURRENCIES),
        Way(name=PREPAYMENT, title="Bank transfer in advance", token=Token.NONE),
        Way(name=INVOICE, title="Invoice, by bank transfer after delivery", token=Token.NONE),
        Way(name=CASH_ON_DELIVERY, title="Cash on delivery", token=Token.NONE),
        Way(name="sandbox", title="Sandbox card (no real money)", token=Token.REQUIRED),
    )
}
#: Ways whose provider is called over the network, by an adapter in `payments.providers`.
ONLINE = ("stripe", "paypal", "sandbox")

#: The provider that keeps ways to pay for later. Its token is `<account>/<token>` for a customer with an account there.
WALLET = "stripe"
ACCOUNT_END = "/"

LONGEST_TOKEN = 200


class InvalidMethod(DomainError):
    """The payment method is not valid."""

    code = "invalid_payment"


class MethodNotAvailable(DomainError):
    """This order cannot be paid in this way; please choose another one."""

    code, kind = "payment_method_unavailable", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay, as a `payment_method` names it: a provider, and its token of a card or an account."""

    provider: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The providers with which the shop takes new payments; a token without a name belongs to the first one.

    `countries`: where a provider may be used. One that is not named there may be used everywhere.
    """

    providers: tuple[str, ...]
    countries: Mapping[str, Collection[str]]

    def read(self, text: str) -> Method:
        """Return what a `payment_method` names: `<provider>`, `<provider>:<token>`, or `<token>`.

        What stands before the first colon is a provider's name. Raises InvalidMethod, and MethodNotAvailable if the
        provider is not offered.
        """
        name, colon, token = text.partition(":")
        method = Method(name, token) if colon or name in WAYS else Method(self.providers[0], text)
        if not text or len(method.token) > LONGEST_TOKEN or "\0" in method.token:
            raise InvalidMethod
        if method.provider not in self.providers:
            raise MethodNotAvailable
        return method

    def usable(self, *, currency: str, country: str) -> list[Way]:
        """Return the ways that can be used. `currency`, `country`: empty if not known, which excludes limited ones."""
        return [WAYS[name] for name in self.providers if self.takes(name, currency=currency, country=country)]

    def takes(self, provider: str, *, currency: str, country: str) -> bool:
        """Return whether the provider can be used for this currency in this country."""
        currencies, countries = WAYS[provider].currencies, self.countries.get(provider)
        return (not currencies or currency in currencies) and (countries is None or country in countries)

    def method(self, text: str, *, currency: str, country: str) -> Method:
        """Return what the `payment_method` names, if it can be used. Raises InvalidMethod, MethodNotAvailable."""
        method = self.read(text)
        if not self.takes(method.provider, currency=currency, country=country):
            raise MethodNotAvailable
        return method
