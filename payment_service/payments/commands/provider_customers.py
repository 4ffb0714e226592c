"""Commands about customers' accounts at a provider, which keeps their saved ways to pay."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from chassis.core.errors import DomainError, Kind
from chassis.privacy.erasures import reschedule_erasure
from chassis.transactions import Conflict, transactional
from payments.models import ProviderCustomer

DAY = timedelta(days=1)


class TooManySetUps(DomainError):
    """Too many ways to pay were added in a short time; please try again tomorrow."""

    code, kind = "too_many_set_ups", Kind.TOO_MANY


@transactional
def count_set_up(*, customer_id: UUID, provider: str, now: datetime) -> ProviderCustomer:
    """Return the customer's account at the provider, and count the attempt to save a way to pay.

    The limit is against card testing. Raises TooManySetUps.
    """
    rows = ProviderCustomer.objects.select_for_update()
    account = rows.filter(customer_id=customer_id, provider=provider, forget_at=None).first()
    if account is None:
        account = ProviderCustomer(customer_id=customer_id, provider=provider, counted_since=now, created_at=now)
        try:
            account.save(force_insert=True)
        except IntegrityError as error:  # another request of the same moment
            raise Conflict from error
    if now - account.counted_since >= DAY:
        account.counted_since, account.set_ups = now, 0
    if account.set_ups >= settings.SAVED_METHOD_SET_UPS_PER_DAY:
        wait = account.counted_since + DAY - now
        raise TooManySetUps(retry_after=max(1, int(wait.total_seconds())))
    account.set_ups += 1
    account.save(update_fields=["counted_since", "set_ups"])
    reschedule_erasure(user_id=customer_id, now=now)
    return account
