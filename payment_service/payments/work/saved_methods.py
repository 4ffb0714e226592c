"""A customer's saved ways to pay, which the provider keeps: list, add and remove them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from chassis.core.errors import DomainError, Kind
from chassis.jobs.sweeps import sweep
from payments import commands, queries
from payments.models import ProviderCustomer
from payments.providers import provider_named, required_provider
from payments.providers.port import (
    Provider,
    RequestNotProcessed,
    RequestOutcomeUnknown,
    RequestRejected,
    SavedMethod,
    SetUp,
)
from payments.work.browser_secret import ProviderNotReachable

T = TypeVar("T")


class SavingNotOffered(DomainError):
    """Ways to pay cannot be saved with this shop."""

    code, kind = "saving_not_offered", Kind.CONFLICT


class TooManySavedMethods(DomainError):
    """Remove a saved way to pay that you no longer use first."""

    code, kind = "too_many_saved_methods", Kind.CONFLICT


class SavedMethodNotFound(DomainError):
    """Not found."""

    code, kind = "not_found", Kind.NOT_FOUND


def list_saved(customer_id: UUID) -> list[SavedMethod]:
    """Return what the provider keeps for the customer. Raises ProviderNotReachable."""
    account = queries.provider_customer(customer_id, _wallet().name) if provider_named("stripe") else None
    if account is None or not account.provider_id:
        return []
    return _asked(lambda: _wallet().saved_methods(account.provider_id))


def set_up(customer_id: UUID, *, now: datetime) -> SetUp:
    """Return the secret with which the customer's browser saves a way to pay.

    The account at the provider is made the first time; its key is stored before the request.
    Raises SavingNotOffered, TooManySavedMethods, TooManySetUps, ProviderNotReachable.
    """
    if provider_named("stripe") is None or "stripe" not in settings.PAYMENT_PROVIDERS:
        raise SavingNotOffered
    wallet = _wallet()
    account = commands.count_set_up(customer_id=customer_id, provider=wallet.name, now=now)
    provider_id = account.provider_id or _new_account(wallet, account)
    if len(_asked(lambda: wallet.saved_methods(provider_id))) >= settings.SAVED_METHODS_MOST:
        raise TooManySavedMethods
    return _asked(lambda: wallet.set_up(provider_id))


def remove(customer_id: UUID, method_id: str) -> None:
    """Remove a saved way to pay of this customer. Raises SavedMethodNotFound, ProviderNotReachable."""
    if method_id not in {method.id for method in list_saved(customer_id)}:
        raise SavedMethodNotFound
    _asked(lambda: _wallet().forget_method(method_id))


def forget_accounts(*, now: datetime) -> int:
    """Delete the accounts at providers of persons who were erased, and return their number."""

    def due(waiting: list[str]) -> list[UUID]:
        rows = ProviderCustomer.objects.exclude(forget_at=None).exclude(id__in=waiting)
        return list(rows.order_by("forget_at").values_list("id", flat=True)[:100])

    return sweep("job.forget_accounts_at_providers", due=due, work=_forget, now=now)


def _forget(account_id: UUID) -> None:
    account = ProviderCustomer.objects.get(id=account_id)
    wallet = required_provider(account.provider)
    # An account whose answer was lost is made known by the same key.
    wallet.forget_account(account.provider_id or _new_account(wallet, account))
    account.delete()


def _new_account(wallet: Provider, account: ProviderCustomer) -> str:
    """Return the account's id at the provider; the same key gets the same account."""
    provider_id = _asked(lambda: wallet.open_account(account.id))
    ProviderCustomer.objects.filter(id=account.id).update(provider_id=provider_id)
    return provider_id


def _wallet() -> Provider:
    """Return the one provider that keeps ways to pay."""
    return required_provider("stripe")


def _asked(request: Callable[[], T]) -> T:
    """Make a request for a person who waits. Raises ProviderNotReachable; the same request may be made again."""
    try:
        return request()
    except (RequestNotProcessed, RequestOutcomeUnknown, RequestRejected) as error:
        raise ProviderNotReachable from error
