"""What products keeps of a person: erase it, and hand out a copy."""

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
    """What was bought is nobody's any more."""
    forget_customer(customer_id=user_id)
    return Erased(erased="purchases behind recommendations", kept="the id, so that nothing is learned late")


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """What recommendations are made from."""
    rows = Purchase.objects.filter(customer_id=user_id).order_by("bought_at", "id")
    return {"purchases": rows.values("product_id", "units", "bought_at")}


PERSONAL_DATA = PersonalData(erase=erase, collect=collect, receipt=ErasureReport, contribution=ExportContribution)
