"""Shipment rows <-> the domain's shipment."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from uuid_utils.compat import uuid7

from chassis.transactions import Conflict
from shipping import models
from shipping.domain.shipment import Direction, Shipment, ShipmentStatus

_FIELDS = [field.name for field in fields(Shipment)]


def new_id() -> UUID:
    return uuid7()


def reference_of(*, order_id: UUID, return_id: UUID | None = None, attempt: int = 1) -> str:
    """One name for one parcel: what is unique in our table, and what the carrier knows it by."""
    name = f"return-{return_id}" if return_id else f"order-{order_id}"
    return name if attempt == 1 else f"{name}-{attempt}"


def latest(*, order_id: UUID, return_id: UUID | None = None) -> Shipment | None:
    """The order's last parcel to the customer, or the return's last label; locked as by `locked`."""
    found = models.Shipment.objects.select_for_update().filter(order_id=order_id, return_id=return_id)
    row = next(iter(found.order_by("-attempt").values(*_FIELDS)[:1]), None)
    return _shipment(row) if row else None


def locked(**lookup: Any) -> Shipment | None:
    """By any unique column; nobody else changes it until the transaction ends."""
    found = models.Shipment.objects.select_for_update().filter(**lookup).order_by()
    row = next(iter(found.values(*_FIELDS)[:1]), None)
    return _shipment(row) if row else None


def add(shipment: Shipment, *, now: datetime, **details: Any) -> None:
    """Raises Conflict when another transaction has just added the same one: then run again and find it."""
    reference = reference_of(order_id=shipment.order_id, return_id=shipment.return_id, attempt=shipment.attempt)
    try:
        models.Shipment.objects.create(
            **asdict(shipment), **details, reference=reference, created_at=now, updated_at=now
        )
    except IntegrityError as error:
        raise Conflict(f"{reference} has just been added") from error


def save(shipment: Shipment, *, before: Shipment, now: datetime) -> None:
    """Write what differs from `before`."""
    known = asdict(before)
    changes = {name: value for name, value in asdict(shipment).items() if value != known[name]}
    models.Shipment.objects.filter(id=shipment.id).update(**changes, updated_at=now)


def _shipment(row: dict[str, Any]) -> Shipment:
    return Shipment(**{**row, "direction": Direction(row["direction"]), "status": ShipmentStatus(row["status"])})
