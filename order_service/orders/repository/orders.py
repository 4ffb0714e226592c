"""The repository of orders: rows to domain objects and back. A save is one conditional update on the version read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from chassis import codec
from chassis.core.context import journey
from chassis.core.money import Money
from chassis.outbox.recorder import record
from chassis.transactions import Conflict
from orders import models
from orders.domain.facts import Shortage
from orders.domain.order import Order, OrderNotFound, Tracking, Waiting
from orders.domain.outcome import Outcome
from orders.domain.states import FulfillmentStatus, OrderStatus, PaymentStatus
from orders.events_out import Address, Line

_MONEY = ("subtotal", "shipping", "tax", "total", "refunded")
_CONVERTED = {
    *_MONEY,
    "lines",
    "address",
    "status",
    "payment",
    "fulfillment",
    "known",
    "waiting",
    "shortages",
    "tracking",
    "attention",
    "version",
}
#: The fields that are stored as they are, in a column of the same name.
_PLAIN = [field.name for field in fields(Order) if field.name not in _CONVERTED]
_plain_values = attrgetter(*_PLAIN)


def add_order(outcome: Outcome) -> None:
    """Insert a new order with its timeline and messages."""
    order = outcome.order
    try:
        models.Order(**columns_of(order)).save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("two orders with one number") from error  # the retry makes another id, and so another number
    _send_and_record(outcome)


def locked_order(order_id: UUID, *, customer_id: UUID | None = None) -> Order:
    """Return the order, locked until the transaction ends. Raises OrderNotFound, also for another customer's order."""
    rows = models.Order.objects.select_for_update().filter(id=order_id)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    try:
        return order_of(vars(rows.get()))
    except models.Order.DoesNotExist as error:
        raise OrderNotFound from error


def save_order(before: Order, outcome: Outcome) -> Order:
    """Write the columns that differ from `before`; without messages and entries, write nothing."""
    if not outcome.messages and not outcome.entries:
        return before
    old, new = columns_of(before), columns_of(outcome.order)
    changed = {name: value for name, value in new.items() if value != old[name]}
    same = models.Order.objects.filter(id=before.id, version=before.version)
    if not same.update(**changed, version=before.version + 1):
        raise Conflict(f"order {before.id} was changed by another transaction")
    _send_and_record(outcome)
    return replace(outcome.order, version=before.version + 1)


def due_orders(now: datetime, *, limit: int, without: Collection[str] = ()) -> list[UUID]:
    """Return the ids of orders whose deadline has passed, or whose command has to be sent again."""
    due = models.Order.objects.filter(due_at__lte=now).exclude(id__in=without).order_by("due_at")
    impatient = models.Order.objects.filter(ask_again_at__lte=now).exclude(id__in=without).order_by("ask_again_at")
    found = [*due.values_list("id", flat=True)[:limit], *impatient.values_list("id", flat=True)[:limit]]
    return list(dict.fromkeys(found))


def _send_and_record(outcome: Outcome) -> None:
    order = outcome.order
    with journey(order.correlation_id):
        recorded = record(outcome.messages)
    ids = {id(message): message_id for message, message_id in zip(outcome.messages, recorded, strict=True)}
    models.TimelineEntry.objects.bulk_create(
        models.TimelineEntry(
            order_id=order.id,
            at=order.updated_at,
            kind=entry.kind.value,
            name=entry.name,
            detail=entry.detail[:1000],
            told=entry.customer_text,
            sequence=entry.sequence,
            message_id=ids.get(id(entry.about)),
        )
        for entry in outcome.entries
    )


def columns_of(order: Order) -> dict[str, Any]:
    """Return all columns except `version`, which counts saves."""
    waiting = order.waiting
    return {
        **dict(zip(_PLAIN, _plain_values(order), strict=True)),
        **{f"{name}_amount": getattr(order, name).amount for name in _MONEY},
        "currency": order.total.currency,
        "units": order.units,
        "lines": [codec.data_of(line) for line in order.lines],
        "address": asdict(order.address),
        "status": order.status.value,
        "payment": order.payment.value,
        "fulfillment": order.fulfillment.value,
        "customer_status": order.customer_status.value,
        "known": sorted(order.known),
        "waiting_step": waiting.step if waiting else "",
        "waiting_undo": waiting.undo if waiting else False,
        "waiting_since": waiting.since if waiting else None,
        "asks": waiting.asks if waiting else 0,
        "ask_again_at": waiting.ask_again_at if waiting else None,
        "shortages": [asdict(shortage) for shortage in order.shortages],
        "tracking": asdict(order.tracking) if order.tracking else None,
        "attention": order.attention[:500],
    }


def order_of(row: dict[str, Any]) -> Order:
    """Return the order of a row."""
    money: dict[str, Any] = {name: Money(row[f"{name}_amount"], row["currency"]) for name in _MONEY}
    return Order(
        **{name: row[name] for name in _PLAIN},
        **money,
        lines=tuple(_line_of(line) for line in row["lines"]),
        address=Address(**row["address"]),
        status=OrderStatus(row["status"]),
        payment=PaymentStatus(row["payment"]),
        fulfillment=FulfillmentStatus(row["fulfillment"]),
        known=frozenset(row["known"]),
        waiting=_waiting_of(row),
        shortages=tuple(Shortage(**shortage) for shortage in row["shortages"]),
        tracking=Tracking(**row["tracking"]) if row["tracking"] else None,
        attention=row["attention"],
        version=row["version"],
    )


def _line_of(line: dict[str, Any]) -> Line:
    return Line(
        product_id=UUID(line["product_id"]),
        sku=line["sku"],
        name=line["name"],
        quantity=line["quantity"],
        unit_price=Money(**line["unit_price"]),
        line_total=Money(**line["line_total"]),
    )


def _waiting_of(row: dict[str, Any]) -> Waiting | None:
    since: datetime | None = row["waiting_since"]
    if since is None:
        return None
    return Waiting(
        step=row["waiting_step"],
        undo=row["waiting_undo"],
        since=since,
        asks=row["asks"],
        ask_again_at=row["ask_again_at"],
    )
