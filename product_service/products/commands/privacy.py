"""Erasure and export of the personal data of this service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.privacy.messages import Erased, PersonalData
from products.commands.purchases import forget_customer
from products.events_out import ErasureReport, ExportContribution
from products.models import Purchase


def erase(user_id: UUID, now: datetime) -> Erased:
    """Delete the purchases of the person."""
    forget_customer(customer_id=user_id)
    return Erased(erased="purchases behind recommendations", kept="the id, so that late messages add nothing")


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return the purchases, which recommendations are based on."""
    rows = Purchase.objects.filter(customer_id=user_id).order_by("bought_at", "id")
    return {"purchases": rows.values("product_id", "units", "bought_at")}


PERSONAL_DATA = PersonalData(erase=erase, collect=collect, receipt=ErasureReport, contribution=ExportContribution)
