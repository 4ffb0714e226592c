"""Shipments: rows to domain objects and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from uuid_utils.compat import uuid7

from chassis import statements
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


def locked_by_reference(references: Iterable[str]) -> dict[str, Shipment]:
    """Return and lock the shipments with these references."""
    rows = statements.rows_by(models.Shipment, "reference", list(references), lock=True)
    return {row["reference"]: _shipment({name: row[name] for name in _FIELDS}) for row in rows}


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
    changed = [name for name in _FIELDS if getattr(shipment, name) != getattr(before, name)]
    changes = {name: getattr(shipment, name) for name in changed}
    statements.update(models.Shipment, {"id": shipment.id}, {**changes, "updated_at": now})


def _shipment(row: dict[str, Any]) -> Shipment:
    return Shipment(**{**row, "direction": Direction(row["direction"]), "status": ShipmentStatus(row["status"])})
