"""The comparison afterwards: customers, the services' databases, the providers' records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from run.system import System

from tests.chaos.customers import Told

Rows = list[list[Any]]
Books = Callable[[str], dict[str, Any]]

#: Queries of each database, through the service's own models, on any engine.
_QUERIES = {
    "orders": "Order.objects.values_list('id', 'status', 'payment', 'total_amount', 'refunded_amount')",
    "payments": "Payment.objects.values_list('order_id', 'status', 'captured_amount', 'refunded_amount')",
    "products": "StockItem.objects.values_list('sku', 'on_hand', 'reserved', 'allocated')",
    "shipping": "Shipment.objects.filter(direction='outbound').values_list('order_id', 'status')",
    "notifications": "Delivery.objects.filter(medium='email').values_list('notification__source', 'state')",
}
_READ = """
import json
from chassis.inbox.models import FailedMessage
from chassis.outbox.models import OutboxMessage
from {service}.models import *
print(json.dumps({{
    "rows": list({query}),
    "unsent": OutboxMessage.objects.filter(sent_at=None).count(),
    "dispatched": list(OutboxMessage.objects.filter(type="order.dispatched.v1").values_list("subject", flat=True)),
    "failed": list(FailedMessage.objects.values_list("type", "error")),
}}, default=str))
"""


class Databases:
    """What each service has stored, read from its database."""

    def __init__(self, system: System) -> None:
        self.found = {name: _read(system, name) for name in system.settings.services}

    def rows(self, service: str) -> Rows:
        return list(self.found[service]["rows"])


def _read(system: System, service: str) -> dict[str, Any]:
    code = _READ.format(service=service, query=_QUERIES.get(service, "[]"))
    return dict(json.loads(system.manage(service, "shell", "--no-imports", "-c", code)))


def stock(system: System) -> dict[str, int]:
    return {sku: on_hand for sku, on_hand, *_ in _read(system, "products")["rows"]}


def open_mails(system: System) -> Rows:
    """Return the deliveries that are not sent yet: after a kill the next sender waits until the lease has expired."""
    return [row for row in _read(system, "notifications")["rows"] if row[1] != "sent"]


#: One line of the final table: the check, the number of cases, and each wrong case.
Finding = tuple[str, int, list[str]]


def findings(orders: list[Told], before: dict[str, int], now: Databases, books: Books) -> Iterator[Finding]:
    yield _nothing_waits(now)
    yield _each_order_once(orders, now)
    yield _money(orders, now, books)
    yield _stock(orders, before, now)
    yield _parcels(orders, now, books)
    yield _mails(orders, now, books)


def _nothing_waits(now: Databases) -> Finding:
    wrong = [f"{name}: {kept['unsent']} unsent" for name, kept in now.found.items() if kept["unsent"]]
    wrong += [
        f"{name}: {type_} failed: {error[-300:]}" for name, kept in now.found.items() for type_, error in kept["failed"]
    ]
    return "no message unsent, failed or dead", len(now.found), wrong


def _each_order_once(orders: list[Told], now: Databases) -> Finding:
    """Check that each order exists once, under its key, in the state that its customer saw."""
    stored = {row[0]: row for row in now.rows("orders")}
    wrong = [f"{len(stored)} orders are stored, {len(orders)} were placed"] if len(stored) != len(orders) else []
    wrong += [f"{order.number} is not stored" for order in orders if order.id not in stored]
    good = {"delivered": {"confirmed", "completed"}, "canceled": {"canceled"}}
    wrong += [
        f"{order.number}: the customer sees {order.status}, the database says {stored[order.id][1]}"
        for order in orders
        if order.id in stored and stored[order.id][1] not in good.get(order.status, ())
    ]
    # The customer's decision is the only reason for an order to end here.
    wrong += [
        f"{order.number} ({order.story}) was canceled"
        for order in orders
        if order.status == "canceled" and order.story != "canceled by the customer"
    ]
    return "every order placed is there once, and ended rightly", len(orders), wrong


def _money(orders: list[Told], now: Databases, books: Books) -> Finding:
    """Check that the processor, the payment service and the order service agree."""
    done = books("payments")
    captured, refunded = _sums(done["captures"]), _sums(done["refunds"])
    captures = Counter(effect["order_id"] for effect in done["captures"])
    ended = captures + Counter(effect["order_id"] for effect in done["voids"])
    held = Counter(effect["order_id"] for effect in done["authorizations"]) - ended
    believed = {order_id: (paid, back) for order_id, status, paid, back in now.rows("payments") if paid or back}
    ordered = {row[0]: row for row in now.rows("orders")}
    wrong = []
    for order in orders:
        paid, back = captured[order.id], refunded[order.id]
        wanted = order.total if order.status == "delivered" else 0
        if paid - back != wanted:
            wrong.append(f"{order.number}: {paid} charged, {back} given back, {wanted} is right")
        if captures[order.id] > 1:
            wrong.append(f"{order.number}: charged {captures[order.id]} times")
        if held[order.id]:
            wrong.append(f"{order.number}: money is still held")
        if believed.get(order.id, (0, 0)) != (paid, back):
            wrong.append(f"{order.number}: payments believes {believed.get(order.id)}, done was {paid}, {back}")
        if order.id in ordered and ordered[order.id][4] != back:
            wrong.append(f"{order.number}: orders believes {ordered[order.id][4]} given back, {back} was")
    return "charged once, or given back: books, payments, orders", len(orders), wrong


def _stock(orders: list[Told], before: dict[str, int], now: Databases) -> Finding:
    sold: Counter[str] = Counter()
    for order in orders:
        sold[order.sku] += order.quantity if order.status == "delivered" else 0
    wrong = []
    for sku, on_hand, reserved, allocated in now.rows("products"):
        if before[sku] - on_hand != sold[sku]:
            wrong.append(f"{sku}: {before[sku]} before, {on_hand} now, {sold[sku]} sold")
        if reserved:
            wrong.append(f"{sku}: {reserved} still reserved")
        if allocated:
            wrong.append(f"{sku}: {allocated} still to be sent")
    return "stock went down by what was sold, none is held", len(before), wrong


def _parcels(orders: list[Told], now: Databases, books: Books) -> Finding:
    labels = Counter(
        parcel["reference"].removeprefix("order-")
        for parcel in books("courier")["shipments"]
        if parcel["status"] != "canceled"
    )
    shipments = Counter(order_id for order_id, status in now.rows("shipping") if status == "delivered")
    wrong = []
    for order in orders:
        wanted = int(order.status == "delivered")
        if labels[order.id] != wanted:
            wrong.append(f"{order.number}, {order.status}: {labels[order.id]} labels at the courier")
        if shipments[order.id] != wanted:
            wrong.append(f"{order.number}, {order.status}: {shipments[order.id]} parcels delivered by shipping")
    return "one parcel for each order that was sent, none else", len(orders), wrong


MAILS = {"delivered": ("is confirmed", "on its way", "has arrived"), "canceled": ("canceled",)}


def mails_about(order: Told) -> tuple[str, ...]:
    """Return the expected words of the subjects; none for an order that has not ended."""
    return MAILS.get(order.status, ())


def _mails(orders: list[Told], now: Databases, books: Books) -> Finding:
    """Check that each mail arrived once. A repeated mail is recognized by its Message-ID, as at a real server."""
    subjects = Counter(mail["subject"].lower() for mail in books("mailbox")["mails"])
    wrong = [f"not sent: {source} is {state}" for source, state in now.rows("notifications") if state not in {"sent"}]
    # No mail about the dispatch if the delivery was reported first.
    dispatched = set(now.found["orders"]["dispatched"])
    for order in orders:
        about = {subject: count for subject, count in subjects.items() if order.number.lower() in subject}
        for words in mails_about(order):
            wanted = 0 if words == "on its way" and order.id not in dispatched else 1
            count = sum(count for subject, count in about.items() if words in subject)
            if count != wanted:
                wrong.append(f"{order.number}, {order.status}: {count} mails say “{words}”")
    return "each mail once", sum(len(mails_about(order)) for order in orders), wrong


def _sums(effects: list[dict[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for effect in effects:
        total[effect["order_id"]] += effect["amount"]
    return total
