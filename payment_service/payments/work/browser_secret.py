"""The secret with which a customer's browser completes a payment. It is fetched when it is needed, and never stored."""

from __future__ import annotations

from uuid import UUID

from chassis.core.errors import DomainError, Kind
from payments.domain.payment import PaymentStatus
from payments.models import Payment
from payments.providers import required_provider
from payments.providers.port import RequestNotProcessed


class NothingToConfirm(DomainError):
    """This payment does not wait for its customer's browser."""

    code, kind = "nothing_to_confirm", Kind.CONFLICT


class ProviderNotReachable(DomainError):
    """The payment provider cannot be reached at the moment; please try again."""

    code, kind = "provider_not_reachable", Kind.UNAVAILABLE


def browser_secret(payment_id: UUID) -> str:
    """Return the secret. Raises NothingToConfirm, ProviderNotReachable."""
    payment = Payment.objects.get(id=payment_id)
    if payment.status != PaymentStatus.ACTION_REQUIRED or not payment.provider_id:
        raise NothingToConfirm
    try:
        secret = required_provider(payment.provider).client_secret(payment.provider_id)
    except RequestNotProcessed as error:
        raise ProviderNotReachable from error
    except LookupError as error:  # an offline payment
        raise NothingToConfirm from error
    if not secret:
        raise NothingToConfirm
    return secret
