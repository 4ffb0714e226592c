"""Shipments: rows to domain objects and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from uuid_utils.compat import uuid7

from chassis import statements
from chassis.transactions import Conflict, unit_of_work
from shipping import models
from shipping.domain.shipment import Shipment
from shipping.domain.shipment_data import Direction, ShipmentStatus

_FIELDS = [field.name for field in fields(Shipment)]
#: What the unit of work has loaded: a shipment, and the ids of all shipments of an order.
_SHIPMENT, _OF_ORDER = "shipment", "shipments of order"


def new_id() -> UUID:
    return uuid7()


def reference_of(*, order_id: UUID, return_id: UUID | None = None, attempt: int = 1) -> str:
    """Return the unique name of a parcel, here and at the carrier."""
    name = f"return-{return_id}" if return_id else f"order-{order_id}"
    return name if attempt == 1 else f"{name}-{attempt}"


def latest(*, order_id: UUID, return_id: UUID | None = None) -> Shipment | None:
    """Return and lock the latest shipment of the order, or of the return."""
    load_orders([order_id])
    of_order: list[UUID] = _loaded()[_OF_ORDER, order_id]
    found = [shipment for id_ in of_order if (shipment := locked(id_)) and shipment.return_id == return_id]
    return max(found, key=lambda shipment: shipment.attempt, default=None)


def locked(shipment_id: UUID) -> Shipment | None:
    """Return and lock the shipment."""
    load([shipment_id])
    found: Shipment | None = _loaded()[_SHIPMENT, shipment_id]
    return found


def locked_by(**lookup: Any) -> Shipment | None:
    """Return and lock the shipment with this unique column."""
    rows = models.Shipment.objects.select_for_update().filter(**lookup).order_by()
    row = next(iter(rows.values(*_FIELDS)[:1]), None)
    return _shipment(row) if row else None


def load(ids: Iterable[UUID]) -> None:
    """Read and lock these shipments for the rest of the transaction, in one statement."""
    wanted = unit_of_work().missing(_SHIPMENT, ids)
    _loaded().update(((_SHIPMENT, id_), None) for id_ in wanted)
    for row in statements.rows_by(models.Shipment, "id", wanted, lock=True):
        _keep(_shipment(row))


def load_orders(order_ids: Iterable[UUID]) -> None:
    """Read and lock all shipments of these orders for the rest of the transaction, in one statement."""
    wanted = unit_of_work().missing(_OF_ORDER, order_ids)
    _loaded().update(((_OF_ORDER, order_id), []) for order_id in wanted)
    for row in statements.rows_by(models.Shipment, "order_id", wanted, lock=True):
        if (_SHIPMENT, row["id"]) not in _loaded():
            _keep(_shipment(row))
        _loaded()[_OF_ORDER, row["order_id"]].append(row["id"])


def forget_loaded(ids: Iterable[UUID]) -> None:
    """Read these shipments again when they are needed: their rows were changed by other means."""
    for id_ in ids:
        _loaded().pop((_SHIPMENT, id_), None)


def locked_by_reference(references: Iterable[str]) -> dict[str, Shipment]:
    """Return and lock the shipments with these references."""
    rows = statements.rows_by(models.Shipment, "reference", list(references), lock=True)
    return {row["reference"]: _keep(_shipment(row)) for row in rows}


def add(shipment: Shipment, *, now: datetime, **details: Any) -> None:
    """Insert the shipment. Raises Conflict when another transaction has just inserted it; a repeated run finds it."""
    reference = reference_of(order_id=shipment.order_id, return_id=shipment.return_id, attempt=shipment.attempt)
    values = {name: getattr(shipment, name) for name in _FIELDS}
    row = models.Shipment(**values, **details, reference=reference, created_at=now, updated_at=now)
    try:
        statements.insert([row])
    except IntegrityError as error:
        raise Conflict(f"{reference} has just been added") from error
    _keep(shipment)
    if (_OF_ORDER, shipment.order_id) in _loaded():
        _loaded()[_OF_ORDER, shipment.order_id].append(shipment.id)


def save(shipment: Shipment, *, before: Shipment, now: datetime) -> None:
    """Update the columns that differ from `before`."""
    changed = [name for name in _FIELDS if getattr(shipment, name) != getattr(before, name)]
    changes = {name: getattr(shipment, name) for name in changed}
    statements.update(models.Shipment, {"id": shipment.id}, {**changes, "updated_at": now})
    _keep(shipment)


def _keep(shipment: Shipment) -> Shipment:
    _loaded()[_SHIPMENT, shipment.id] = shipment
    return shipment


def _loaded() -> dict[Any, Any]:
    return unit_of_work().loaded


def _shipment(row: dict[str, Any]) -> Shipment:
    values = {name: row[name] for name in _FIELDS}
    return Shipment(**{**values, "direction": Direction(row["direction"]), "status": ShipmentStatus(row["status"])})
