"""The courier's services, prices and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Brand:
    name: str
    prefix: str
    color: str
    #: Code: name, days at home, percent of the zone's price.
    services: Mapping[str, tuple[str, int, int]] = field(default_factory=dict)


BRANDS = {
    "souk-post": Brand(
        "Souk Post", "SP", "#c2410c", {"standard": ("Standard", 3, 100), "express": ("Express", 1, 220)}
    ),
    "swift": Brand("Swift", "SW", "#1d4ed8", {"economy": ("Economy", 4, 90), "next_day": ("Next Day", 1, 260)}),
}


class Refused(Exception):
    """The courier refuses. `status` is the HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


HOME = {"DE"}
NEAR = {
    "AT",
    "BE",
    "BG",
    "CH",
    "CZ",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GB",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
}
#: Countries that are not served.
NOT_SERVED = {"AQ", "BV", "HM", "KP", "TF"}
HEAVIEST_GRAMS = 31_500


def check(order: dict[str, Any]) -> None:
    """Raise Refused for a parcel that the courier does not carry."""
    brand = BRANDS.get(order.get("carrier", ""))
    if brand is None or order.get("service") not in brand.services:
        raise Refused(422, "service_unknown", "There is no such service.")
    if order.get("kind") not in {"outbound", "return"} or not order.get("reference"):
        raise Refused(400, "invalid", "Give a reference, and as kind outbound or return.")
    address = order.get("address")
    if not isinstance(address, dict) or not all(address.get(key) for key in ("name", "line1", "city", "country")):
        raise Refused(422, "address_incomplete", "The address needs a name, a street, a city and a country.")
    if address["country"] in NOT_SERVED:
        raise Refused(422, "destination_not_served", f"We do not deliver to {address['country']}.")
    if address.get("postal_code") == "00000":
        raise Refused(422, "address_unknown", "This postal code does not exist.")
    weight = order.get("weight_grams")
    if not isinstance(weight, int) or not 0 < weight <= HEAVIEST_GRAMS:
        raise Refused(422, "too_heavy", f"A parcel weighs from 1 to {HEAVIEST_GRAMS} grams.")


def rates(country: str, weight_grams: int) -> list[dict[str, Any]]:
    """Return the price of every service."""
    zone = "home" if country in HOME else "near" if country in NEAR else "far"
    price, more_days = {"home": (390, 0), "near": (890, 2), "far": (1690, 9)}[zone]
    by_weight = price + price * min(weight_grams, HEAVIEST_GRAMS) // 8_000
    return [
        {
            "carrier": code,
            "service": service,
            "name": f"{brand.name} {name}",
            "price": {"amount": by_weight * percent // 100, "currency": "EUR"},
            "delivery_days": days + more_days,
        }
        for code, brand in BRANDS.items()
        for service, (name, days, percent) in brand.services.items()
        if country not in NOT_SERVED and 0 < weight_grams <= HEAVIEST_GRAMS
    ]
