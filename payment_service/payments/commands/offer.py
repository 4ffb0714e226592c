"""The ways to pay that the settings offer."""

from __future__ import annotations

from django.conf import settings

from payments.domain.methods import Offer


def offer() -> Offer:
    """Return what the shop offers for new payments."""
    return Offer(providers=tuple(settings.PAYMENT_PROVIDERS), countries=settings.PAYMENT_COUNTRIES)
