"""Erasure and export of the personal data of this service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.privacy.messages import Erased, PersonalData
from reviews.commands.customers import forget_customer
from reviews.events_out import ErasureReport, ExportContribution
from reviews.models import Customer, Purchase, Report, Review, Vote


def erase(user_id: UUID, now: datetime) -> Erased:
    """Erase the data of the person; published reviews stay without an author."""
    forget_customer(customer_id=user_id, now=now)
    return Erased(
        erased="the name, reviews that were not published, notes of reports",
        anonymized="published reviews, votes and reports",
        kept="the id, so that late messages store nothing",
    )


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return what the customer has written, and the public name."""
    reviews = Review.objects.filter(customer_id=user_id).order_by("created_at", "id")
    purchases = Purchase.objects.filter(customer_id=user_id).order_by("id")
    return {
        "public_name": Customer.objects.filter(id=user_id).values("public_name"),
        "purchases": purchases.values("product_id", "order_id", "delivered_at"),
        "reviews": reviews.values("id", "product_id", "stars", "title", "text", "status", "reply", "created_at"),
        "votes": Vote.objects.filter(voter_id=user_id).values("review_id", "helpful", "created_at"),
        "reports": Report.objects.filter(reporter_id=user_id).values("review_id", "reason", "note", "created_at"),
    }


PERSONAL_DATA = PersonalData(erase=erase, collect=collect, receipt=ErasureReport, contribution=ExportContribution)
