"""Payment providers behind one interface (`port`). Each is off unless its settings are complete.

A provider that takes no new payments any more (PAYMENT_PROVIDERS) still serves those that were made with it.
"""

from __future__ import annotations

from functools import cache

from django.conf import settings

from payments.domain.methods import ONLINE
from payments.providers.port import Provider


@cache
def provider_named(name: str) -> Provider | None:
    """Return the adapter, created once; None for an unknown provider or one without settings."""
    if name == "sandbox" and settings.SANDBOX_PAYMENT_KEY:
        from payments.providers.sandbox import Sandbox

        return Sandbox(
            url=settings.SANDBOX_PAYMENT_URL,
            key=settings.SANDBOX_PAYMENT_KEY,
            webhook_secret=settings.SANDBOX_PAYMENT_WEBHOOK_SECRET,
            timeout=settings.PAYMENT_TIMEOUT,
        )
    if name == "stripe" and settings.STRIPE_API_KEY:
        from payments.providers.stripe import Stripe

        return Stripe(
            key=settings.STRIPE_API_KEY,
            webhook_secrets=settings.STRIPE_WEBHOOK_SECRET,
            api_base=settings.STRIPE_API_BASE,
            return_url=settings.PAYMENT_RETURN_URL,
            timeout=settings.PAYMENT_TIMEOUT,
        )
    if name == "paypal" and settings.PAYPAL_CLIENT_ID:
        from payments.providers.paypal import PayPal
        from payments.providers.paypal_client import PayPalClient
        from payments.providers.paypal_webhooks import WebhookVerifier

        return PayPal(
            PayPalClient(
                client_id=settings.PAYPAL_CLIENT_ID,
                secret=settings.PAYPAL_CLIENT_SECRET,
                base=settings.PAYPAL_API_BASE,
                timeout=settings.PAYMENT_TIMEOUT,
            ),
            WebhookVerifier(
                webhook_id=settings.PAYPAL_WEBHOOK_ID,
                base=settings.PAYPAL_API_BASE,
                authorities=settings.PAYPAL_AUTHORITY_FILE,
                timeout=settings.PAYMENT_TIMEOUT,
            ),
            return_url=settings.PAYMENT_RETURN_URL,
        )
    return None


def required_provider(name: str) -> Provider:
    """Return the adapter of a payment's provider. Raises LookupError if it has no settings."""
    found = provider_named(name)
    if found is None:
        raise LookupError(f"The payment provider {name} is not set up; see .env.example.")
    return found


def configured_providers() -> list[Provider]:
    """Return the adapters of all providers that have settings."""
    return [found for name in ONLINE if (found := provider_named(name))]
