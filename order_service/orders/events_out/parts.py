"""The parts of messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A quantity of one variant, at the price when it was ordered."""

    product_id: UUID
    sku: str
    name: str
    quantity: int
    unit_price: Money
    line_total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`country`: ISO 3166 alpha-2."""

    name: str
    line1: str
    line2: str
    city: str
    postal_code: str
    region: str
    country: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A quantity of one SKU."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedItem:
    """An item with its name."""

    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerStep:
    """A step that the customer sees; `sequence` counts an order's steps from 1 without a gap."""

    sequence: int
    status: str
    step: str
    message: str
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class CustomerEvent:
    """An event with the step that it is on the customer's timeline; then no `order.progressed` is sent for it."""

    customer_id: UUID
    order_id: UUID
    number: str
    update: CustomerStep | None = None
