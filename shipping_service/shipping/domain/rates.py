"""The bands of the rate table that fit a parcel. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chassis.core.errors import DomainError
from chassis.core.money import Money

#: Assumed for a variant of unknown weight when the order is already paid.
UNKNOWN_WEIGHT_GRAMS = 500


class DestinationNotServed(DomainError):
    """We do not send to this country."""

    code = "destination_not_served"


class ParcelTooHeavy(DomainError):
    """No carrier takes a parcel of this weight to this country; order it in parts."""

    code = "parcel_too_heavy"


class ProductNotKnown(DomainError):
    """There is no such product to send."""

    code = "product_not_known"


class WeightMissing(DomainError):
    """The shop has not said what these products weigh, so they cannot be sent yet."""

    code = "weight_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One row of a rate table: the price of a service up to a weight."""

    carrier: str
    service: str
    name: str
    max_weight_grams: int
    price: Money
    delivery_days: int


def parcel_weight(quantities: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """Return the weight in grams. Raises ProductNotKnown, WeightMissing, with the SKUs."""
    unknown = sorted(set(quantities) - set(weights))
    if unknown:
        raise ProductNotKnown(f"There is no such product to send: {', '.join(unknown)}.", skus=unknown)
    weight = sum(weights[sku] * quantity for sku, quantity in quantities.items())
    if weight <= 0:  # no carrier takes it
        raise WeightMissing(skus=sorted(quantities))
    return weight


def shipped_weight(quantities: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """Return the weight in grams of a paid order, with UNKNOWN_WEIGHT_GRAMS for each unknown variant."""
    return sum((weights.get(sku) or UNKNOWN_WEIGHT_GRAMS) * quantity for sku, quantity in quantities.items())


def offers(bands: Iterable[Band], *, weight_grams: int) -> list[Band]:
    """Return the narrowest band of each service that fits the weight, cheapest first within a currency."""
    narrowest: dict[tuple[str, str], Band] = {}
    for band in bands:
        key = (band.carrier, band.service)
        fits = band.max_weight_grams >= weight_grams
        if fits and (key not in narrowest or band.max_weight_grams < narrowest[key].max_weight_grams):
            narrowest[key] = band
    return sorted(narrowest.values(), key=_price_and_speed)


def _price_and_speed(band: Band) -> tuple[str, int, int, str]:
    return band.price.currency, band.price.amount, band.delivery_days, band.carrier
