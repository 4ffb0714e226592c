"""The repository of orders: rows to domain objects and back. A save is one conditional update on the version read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from chassis import codec, statements
from chassis.core.context import journey
from chassis.core.money import Money
from chassis.outbox.recorder import record
from chassis.transactions import Conflict, unit_of_work
from orders import models
from orders.domain.facts import Shortage
from orders.domain.order import Order, OrderNotFound, Tracking, Waiting
from orders.domain.outcome import Outcome, steps_apart
from orders.domain.states import FulfillmentStatus, OrderStatus, PaymentStatus
from orders.events_out import Address, Line

Columns = Callable[[Any], dict[str, Any]]

_MONEY = ("subtotal", "shipping", "tax", "total", "refunded")


def add_order(outcome: Outcome) -> None:
    """Insert a new order with its timeline and messages."""
    order = outcome.order
    try:
        statements.insert([models.Order(**columns_of(order))])
    except IntegrityError as error:
        raise Conflict("two orders with one number") from error  # the retry makes another id, and so another number
    _send_and_record(outcome)


def load_orders(order_ids: Collection[UUID]) -> None:
    """Lock the orders until the transaction ends, and keep them for `locked_order`."""
    unit = unit_of_work()
    for row in statements.rows_by(models.Order, "id", unit.missing(models.Order, order_ids), lock=True):
        unit.loaded[models.Order, row["id"]] = order_of(row)


def locked_order(order_id: UUID, *, customer_id: UUID | None = None) -> Order:
    """Return the order, locked until the transaction ends. Raises OrderNotFound, also for another customer's order."""
    load_orders([order_id])
    order: Order | None = unit_of_work().loaded.get((models.Order, order_id))
    if order is None or customer_id not in (None, order.customer_id):
        raise OrderNotFound
    return order


def save_order(before: Order, outcome: Outcome) -> Order:
    """Write the columns that differ from `before`; without messages and entries, write nothing."""
    if not outcome.messages and not outcome.entries:
        return before
    after = replace(outcome.order, version=before.version + 1)
    key = {"id": before.id, "version": before.version}
    if not statements.update(models.Order, key, {**_changes(before, after), "version": after.version}):
        raise Conflict(f"order {before.id} was changed by another transaction")
    unit_of_work().loaded[models.Order, after.id] = after
    _send_and_record(outcome)
    return after


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
        if settings.TELL_OLDER_NOTIFICATIONS:
            record(steps_apart(outcome))
    ids = {id(message): message_id for message, message_id in zip(outcome.messages, recorded, strict=True)}
    unit_of_work().insert(
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
    columns = {"currency": order.total.currency, "units": order.units, "customer_status": order.customer_status.value}
    for name in _FIELDS:
        columns |= _columns_of_field(name, getattr(order, name))
    return columns


def _changes(before: Order, after: Order) -> dict[str, Any]:
    """Return the columns of the fields that differ. Currency and units never do."""
    columns: dict[str, Any] = {}
    for name, old, new in zip(_FIELDS, _values(before), _values(after), strict=True):
        if old is not new and old != new:
            columns |= _columns_of_field(name, new)
    if before.customer_status is not after.customer_status:
        columns["customer_status"] = after.customer_status.value
    return columns


def _columns_of_field(name: str, value: Any) -> dict[str, Any]:
    convert = _CONVERTED.get(name)
    return convert(value) if convert else {name: value}


def _waiting_columns(waiting: Waiting | None) -> dict[str, Any]:
    return {
        "waiting_step": waiting.step if waiting else "",
        "waiting_undo": waiting.undo if waiting else False,
        "waiting_since": waiting.since if waiting else None,
        "asks": waiting.asks if waiting else 0,
        "ask_again_at": waiting.ask_again_at if waiting else None,
    }


def _money_column(name: str) -> Columns:
    return lambda money: {f"{name}_amount": money.amount}


#: The columns of the fields that are not stored as they are.
_CONVERTED: Mapping[str, Columns] = {
    **{name: _money_column(name) for name in _MONEY},
    "lines": lambda lines: {"lines": [codec.data_of(line) for line in lines]},
    "address": lambda address: {"address": asdict(address)},
    "status": lambda status: {"status": status.value},
    "payment": lambda payment: {"payment": payment.value},
    "fulfillment": lambda fulfillment: {"fulfillment": fulfillment.value},
    "known": lambda known: {"known": sorted(known)},
    "waiting": _waiting_columns,
    "shortages": lambda shortages: {"shortages": [asdict(shortage) for shortage in shortages]},
    "tracking": lambda tracking: {"tracking": asdict(tracking) if tracking else None},
    "attention": lambda attention: {"attention": attention[:500]},
}
_FIELDS = [field.name for field in fields(Order) if field.name != "version"]
_PLAIN = [name for name in _FIELDS if name not in _CONVERTED]
_values = attrgetter(*_FIELDS)


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
