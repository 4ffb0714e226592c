"""Shipments: rows to domain objects and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from uuid_utils.compat import uuid7

from chassis.transactions import Conflict
from shipping import models
from shipping.domain.shipment import Shipment
from shipping.domain.shipment_data import Direction, ShipmentStatus

_FIELDS = [field.name for field in fields(Shipment)]


def new_id() -> UUID:
    return uuid7()


def reference_of(*, order_id: UUID, return_id: UUID | None = None, attempt: int = 1) -> str:
    """Return the unique name of a parcel, here and at the carrier."""
    name = f"return-{return_id}" if return_id else f"order-{order_id}"
    return name if attempt == 1 else f"{name}-{attempt}"


def latest(*, order_id: UUID, return_id: UUID | None = None) -> Shipment | None:
    """Return and lock the latest shipment of the order, or of the return."""
    found = models.Shipment.objects.select_for_update().filter(order_id=order_id, return_id=return_id)
    row = next(iter(found.order_by("-attempt").values(*_FIELDS)[:1]), None)
    return _shipment(row) if row else None


def locked(**lookup: Any) -> Shipment | None:
    """Return and lock the shipment with this unique column."""
    found = models.Shipment.objects.select_for_update().filter(**lookup).order_by()
    row = next(iter(found.values(*_FIELDS)[:1]), None)
    return _shipment(row) if row else None


def add(shipment: Shipment, *, now: datetime, **details: Any) -> None:
    """Insert the shipment. Raises Conflict when another transaction has just inserted it; a repeated run finds it."""
    reference = reference_of(order_id=shipment.order_id, return_id=shipment.return_id, attempt=shipment.attempt)
    try:
        models.Shipment.objects.create(
            **asdict(shipment), **details, reference=reference, created_at=now, updated_at=now
        )
    except IntegrityError as error:
        raise Conflict(f"{reference} has just been added") from error


def save(shipment: Shipment, *, before: Shipment, now: datetime) -> None:
    """Update the columns that differ from `before`."""
    known = asdict(before)
    changes = {name: value for name, value in asdict(shipment).items() if value != known[name]}
    models.Shipment.objects.filter(id=shipment.id).update(**changes, updated_at=now)


def _shipment(row: dict[str, Any]) -> Shipment:
    return Shipment(**{**row, "direction": Direction(row["direction"]), "status": ShipmentStatus(row["status"])})
