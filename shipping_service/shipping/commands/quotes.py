"""Quotes: two statements, and nothing is stored; the signature makes them binding."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from uuid_utils.compat import uuid7

from shipping import queries
from shipping.domain import quote
from shipping.domain.rates import Band, DestinationNotServed, ParcelTooHeavy, offers, parcel_weight
from shipping.repository import signing_keys


def issue_quotes(*, request: quote.Request, now: datetime) -> list[quote.Option]:
    """Return the signed offers for the request, cheapest first.

    Raises ProductNotKnown, WeightMissing, DestinationNotServed, ParcelTooHeavy.
    """
    weight = parcel_weight(request.quantities, queries.weights_of(request.quantities))
    bands = queries.bands_to(request.country, now=now)
    if not bands:
        raise DestinationNotServed(f"We do not send to {request.country}.", country=request.country)
    found = offers(bands, weight_grams=weight)
    if not found:
        raise ParcelTooHeavy(weight_grams=weight, max_weight_grams=max(band.max_weight_grams for band in bands))
    expires_at = (now + timedelta(seconds=settings.QUOTE_SECONDS)).replace(microsecond=0)
    return [_option(request, band, weight=weight, now=now, expires_at=expires_at) for band in found]


def _option(request: quote.Request, band: Band, *, weight: int, now: datetime, expires_at: datetime) -> quote.Option:
    claims = quote.claims(request, band, quote_id=uuid7(), weight_grams=weight, now=now, expires_at=expires_at)
    return quote.Option(
        quote=signing_keys.sign(claims),
        carrier=band.carrier,
        service=band.service,
        name=band.name,
        price=band.price,
        delivery_days=band.delivery_days,
        expires_at=expires_at,
    )
