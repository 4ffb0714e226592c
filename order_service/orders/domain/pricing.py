"""The prices of an order, from the local copy of the catalog, never from the client; all include VAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money, total
from orders.events_out import Item, Line

VAT_PERCENT = 20
MAX_QUANTITY = 99
MAX_LINES = 50


class NothingToOrder(DomainError):
    """The cart is empty; put something into it first."""

    code = "nothing_to_order"


class TooMuch(DomainError):
    """A cart takes up to 50 different items, and 99 of each."""

    code = "too_much"


class ProductUnavailable(DomainError):
    """Some of these items are not sold any more; take them out of the cart."""

    code, kind = "product_unavailable", Kind.CONFLICT


class PriceChanged(DomainError):
    """Prices have changed since you saw them; please look again and confirm the new subtotal."""

    code, kind = "price_changed", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A variant as the catalog has it now."""

    sku: str
    product_id: UUID
    name: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money


def merged(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return one item for each SKU, sorted by SKU. Raises NothingToOrder, TooMuch."""
    quantities: dict[str, int] = {}
    for item in items:
        quantities[item.sku] = quantities.get(item.sku, 0) + item.quantity
    if not quantities:
        raise NothingToOrder
    if len(quantities) > MAX_LINES or max(quantities.values()) > MAX_QUANTITY:
        raise TooMuch
    return tuple(Item(sku=sku, quantity=quantities[sku]) for sku in sorted(quantities))


def priced_lines(items: Sequence[Item], offers: Mapping[str, Offer]) -> tuple[Line, ...]:
    """Return the order lines. Raises ProductUnavailable, which names the SKUs."""
    missing = [item.sku for item in items if item.sku not in offers]
    if missing:
        raise ProductUnavailable(skus=missing)
    return tuple(_line(offers[item.sku], item.quantity) for item in items)


def _line(offer: Offer, quantity: int) -> Line:
    return Line(
        product_id=offer.product_id,
        sku=offer.sku,
        name=offer.name,
        quantity=quantity,
        unit_price=offer.price,
        line_total=offer.price * quantity,
    )


def prices_of(lines: Sequence[Line], *, shipping: Money) -> Prices:
    """Return the totals; tax is the VAT that the total contains, rounded once. Raises CurrencyMismatch."""
    subtotal = total((line.line_total for line in lines), currency=shipping.currency)
    everything = subtotal + shipping
    return Prices(
        subtotal=subtotal,
        shipping=shipping,
        tax=everything.share(VAT_PERCENT, 100 + VAT_PERCENT),
        total=everything,
    )


def check_expected(lines: Sequence[Line], subtotal: Money, *, expected: Money, seen: Mapping[str, Money]) -> None:
    """Check the subtotal that the customer agreed to. Raises PriceChanged with the new and the known old prices."""
    if expected == subtotal:
        return
    changed = [
        {
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "old_price": seen[line.sku].as_dict() if line.sku in seen else None,
            "new_price": line.unit_price.as_dict(),
        }
        for line in lines
        if seen.get(line.sku) != line.unit_price
    ]
    raise PriceChanged(subtotal=subtotal.as_dict(), lines=changed)
