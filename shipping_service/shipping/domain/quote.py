"""Shipping quotes: signed offers that the checkout verifies offline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.core.money import Money
from shipping.domain.rates import Band

ISSUER = "souk-shipping"
AUDIENCE = "souk-orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for quotes: the customer, the destination and the quantities by SKU."""

    customer_id: UUID
    country: str
    postal_code: str
    quantities: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One offer of a carrier's service. `quote` is the signed token."""

    quote: str
    carrier: str
    service: str
    name: str
    price: Money
    delivery_days: int
    expires_at: datetime


def claims(
    request: Request, band: Band, *, quote_id: UUID, weight_grams: int, now: datetime, expires_at: datetime
) -> dict[str, Any]:
    """Return the claims of the token. Lines are sorted by SKU, so that the checkout can compare them."""
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(request.customer_id),
        "jti": str(quote_id),
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "country": request.country,
        "postal_code": request.postal_code,
        "lines": [[sku, request.quantities[sku]] for sku in sorted(request.quantities)],
        "carrier": band.carrier,
        "service": band.service,
        "price": band.price.as_dict(),
        "weight_grams": weight_grams,
        "delivery_days": band.delivery_days,
    }
