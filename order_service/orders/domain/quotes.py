"""The signed shipping quote, and the check that it was issued for the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from orders.events_out import Address, Item


class QuoteInvalid(DomainError):
    """This shipping quote is not valid or has expired; please ask for a new one."""

    code = "shipping_quote_invalid"


class QuoteDoesNotFit(DomainError):
    """This shipping quote was made for something else; please ask for a new one."""

    code = "shipping_quote_mismatch"


class QuotesCannotBeChecked(DomainError):
    """Shipping quotes cannot be checked at the moment; please try again in a minute."""

    code, kind = "shipping_keys_unavailable", Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An offer of shipping whose signature and expiry were verified."""

    id: UUID
    customer_id: UUID
    country: str
    postal_code: str
    items: tuple[Item, ...]
    carrier: str
    service: str
    price: Money


def quote_of_claims(claims: Mapping[str, Any]) -> Quote:
    """Return the quote of verified claims. Raises QuoteInvalid if a claim is missing or malformed."""
    try:
        return Quote(
            id=UUID(claims["jti"]),
            customer_id=UUID(claims["sub"]),
            country=str(claims["country"]),
            postal_code=str(claims["postal_code"]),
            items=tuple(Item(sku=str(sku), quantity=int(quantity)) for sku, quantity in claims["lines"]),
            carrier=str(claims["carrier"]),
            service=str(claims["service"]),
            price=Money(int(claims["price"]["amount"]), str(claims["price"]["currency"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QuoteInvalid from error


def check_quote(quote: Quote, *, customer_id: UUID, items: Sequence[Item], address: Address) -> None:
    """Check that the quote was issued for this order. Raises QuoteDoesNotFit, which names what differs."""
    differs = [
        name
        for name, same in (
            ("customer", quote.customer_id == customer_id),
            ("lines", sorted(_pairs(quote.items)) == sorted(_pairs(items))),
            ("country", _plain(quote.country) == _plain(address.country)),
            ("postal_code", _plain(quote.postal_code) == _plain(address.postal_code)),
            ("price", quote.price.amount >= 0),
        )
        if not same
    ]
    if differs:
        raise QuoteDoesNotFit(differs=differs)


def _pairs(items: Sequence[Item]) -> list[tuple[str, int]]:
    return [(item.sku, item.quantity) for item in items]


def _plain(text: str) -> str:
    return "".join(text.split()).upper()
