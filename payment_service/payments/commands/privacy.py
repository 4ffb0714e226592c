"""Personal data of this service: erase it once no money is moving, and export a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from chassis.privacy.messages import Erased, PersonalData
from chassis.transactions import transactional
from payments.domain.payment import PaymentStatus
from payments.domain.refund import UNFINISHED
from payments.events_out import ErasureReport, ExportContribution
from payments.models import Payment, PaymentEvent, ProviderCall, ProviderCustomer, Refund

_SETTLED = (PaymentStatus.CAPTURED, PaymentStatus.VOIDED, PaymentStatus.DECLINED, PaymentStatus.FAILED)


@transactional
def erase(user_id: UUID, now: datetime) -> Erased:
    """Erase all texts of settled payments; the ledger keeps its amounts and ids."""
    mine = Payment.objects.select_for_update().filter(customer_id=user_id).order_by("id")
    moving = Q(refunds__status__in=UNFINISHED)
    open_ids = set(mine.exclude(status__in=_SETTLED).values_list("id", flat=True))
    open_ids |= set(Payment.objects.filter(moving, customer_id=user_id).values_list("id", flat=True))
    settled = list(mine.exclude(id__in=open_ids).values_list("id", flat=True))
    Payment.objects.filter(id__in=settled).update(method="", action_url="", message="")
    Refund.objects.filter(payment_id__in=settled).update(reason="", message="")
    PaymentEvent.objects.filter(payment_id__in=settled).update(message="")
    ProviderCall.objects.filter(payment_id__in=settled).update(error="")
    accounts = ProviderCustomer.objects.filter(customer_id=user_id)
    accounts.filter(forget_at=None).update(forget_at=now)
    return Erased(
        erased="tokens of cards, links to banks, saved ways to pay with the account at the provider",
        anonymized="payments and refunds: no text of a bank or a person",
        kept="amounts, times and the provider's ids: the books and the bank need them",
        waits_for=_waits_for(len(open_ids), accounts.count()),
    )


def _waits_for(payments: int, accounts: int) -> str:
    waits = []
    if payments:
        waits.append(f"{payments} payments or refunds that are under way")
    if accounts:
        waits.append("the deletion of the account at the payment provider")
    return ", ".join(waits)


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return the payments and refunds that the customer may read."""
    payments = Payment.objects.filter(customer_id=user_id).order_by("created_at", "id")
    refunds = Refund.objects.filter(payment__customer_id=user_id).order_by("created_at", "id")
    accounts = ProviderCustomer.objects.filter(customer_id=user_id).order_by("created_at", "id")
    return {
        "accounts_at_providers": accounts.values("provider", "provider_id", "created_at"),
        "payments": payments.values(
            "id",
            "order_id",
            "number",
            "status",
            "amount",
            "currency",
            "captured_amount",
            "refunded_amount",
            "provider",
            "created_at",
        ),
        "refunds": refunds.values("id", "payment_id", "status", "amount", "currency", "reason", "created_at"),
    }


def references(user_id: UUID) -> Iterable[UUID]:
    """Return the ids under which messages mention the person: those of their orders."""
    return Payment.objects.filter(customer_id=user_id).values_list("order_id", flat=True).distinct()


PERSONAL_DATA = PersonalData(
    erase=erase, collect=collect, references=references, receipt=ErasureReport, contribution=ExportContribution
)
