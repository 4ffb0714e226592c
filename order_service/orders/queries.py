"""Reads for the API: rows by `values()`, documents as plain dicts, a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from prometheus_client.core import GaugeMetricFamily

from chassis.values.text import spelled
from orders.domain.order import Order
from orders.domain.states import OrderStatus, PaymentStatus
from orders.models import CartLine, CatalogVariant, Return, ReturnLine, TimelineEntry
from orders.models import Order as OrderRow
from orders.repository.orders import columns_of

Document = dict[str, Any]

_SOLD = {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}

_ORDER_FIELDS = (
    "id",
    "number",
    "currency",
    "subtotal_amount",
    "shipping_amount",
    "tax_amount",
    "total_amount",
    "refunded_amount",
    "lines",
    "address",
    "status",
    "payment",
    "fulfillment",
    "customer_status",
    "action_url",
    "pay_until",
    "shortages",
    "tracking",
    "message",
    "cancel_reason",
    "placed_at",
    "updated_at",
)
_RETURN_FIELDS = (
    "id",
    "order_id",
    "number",
    "status",
    "currency",
    "refund_amount",
    "reason",
    "label_url",
    "tracking_number",
    "message",
    "requested_at",
    "updated_at",
)


def cart(customer_id: UUID) -> Document:
    """Return the cart at the present prices; items that are no longer sold are shown, but not counted."""
    rows = list(CartLine.objects.filter(customer_id=customer_id).order_by("added_at", "id").values())
    variants = {
        row["sku"]: row
        for row in CatalogVariant.objects.filter(sku__in=[row["sku"] for row in rows]).values()
        if row["active"]
    }
    lines = [_cart_line(row, variants.get(row["sku"])) for row in rows]
    currency = next((row["currency"] for row in variants.values()), "EUR")
    subtotal = sum(line["line_total"]["amount"] for line in lines if line["line_total"])
    return {
        "lines": lines,
        "units": sum(line["quantity"] for line in lines if line["available"]),
        "subtotal": _money(subtotal, currency),
        "price_changed": any(line["price_changed"] for line in lines),
    }


def _cart_line(row: Mapping[str, Any], variant: Mapping[str, Any] | None) -> Document:
    added = _money(row["price_amount"], row["currency"])
    price = _money(variant["price_amount"], variant["currency"]) if variant else None
    return {
        "sku": row["sku"],
        "product_id": variant["product_id"] if variant else None,
        "name": variant["name"] if variant else row["sku"],
        "slug": variant["slug"] if variant else "",
        "image_url": variant["image_url"] if variant else "",
        "quantity": row["quantity"],
        "available": variant is not None,
        "unit_price": price,
        "price_when_added": added,
        "price_changed": price is not None and price != added,
        "line_total": _money(variant["price_amount"] * row["quantity"], variant["currency"]) if variant else None,
    }


def orders_of(customer_id: UUID) -> QuerySet[OrderRow, Document]:
    """Return rows for `order_documents`, newest first."""
    own = OrderRow.objects.filter(customer_id=customer_id).order_by("-placed_at", "-id")
    rows: QuerySet[OrderRow, Document] = own.values(*_ORDER_FIELDS)
    return rows


def order_documents(rows: Iterable[Document]) -> list[Document]:
    """Return the API documents of these rows."""
    return [_order_document(row) for row in rows]


def order_document(order: Order) -> Document:
    """Return the API document of an order that a command returned."""
    return _order_document(columns_of(order))


def _order_document(row: Document) -> Document:
    currency = row["currency"]
    return {
        "id": row["id"],
        "number": row["number"],
        "status": row["customer_status"],
        "order_status": row["status"],
        "payment_status": row["payment"],
        "fulfillment_status": row["fulfillment"],
        "lines": row["lines"],
        "subtotal": _money(row["subtotal_amount"], currency),
        "shipping": _money(row["shipping_amount"], currency),
        "tax": _money(row["tax_amount"], currency),
        "total": _money(row["total_amount"], currency),
        "refunded": _money(row["refunded_amount"], currency),
        "address": row["address"],
        "payment": _payment(row),
        "tracking": _tracking(row["tracking"]),
        "shortages": row["shortages"],
        "cancel_reason": row["cancel_reason"],
        "message": row["message"],
        "placed_at": row["placed_at"],
        "updated_at": row["updated_at"],
    }


def _tracking(tracking: dict[str, str] | None) -> dict[str, str] | None:
    return {**tracking, "carrier_name": spelled(tracking["carrier"])} if tracking else None


def _payment(row: Document) -> Document:
    """Return the payment, with the possible action of the customer while it is unpaid."""
    document: Document = {"status": row["payment"]}
    if row["status"] == OrderStatus.PENDING and row["payment"] in {
        PaymentStatus.ACTION_REQUIRED,
        PaymentStatus.DECLINED,
    }:
        document |= {"pay_until": row["pay_until"], "message": row["message"]}
        if row["payment"] == PaymentStatus.ACTION_REQUIRED:
            document["action_url"] = row["action_url"]
    return document


def timeline(*, order_id: UUID, customer_id: UUID) -> list[Document] | None:
    """Return the customer updates of an order, in sequence; None if the order is not the customer's."""
    seen = TimelineEntry.objects.filter(order_id=order_id, order__customer_id=customer_id, sequence__gt=0)
    rows = seen.order_by("sequence").values("sequence", "at", "name", "told")
    return [
        {"sequence": row["sequence"], "at": row["at"], "step": row["name"], "message": row["told"]} for row in rows
    ] or None


def returns_of(customer_id: UUID) -> QuerySet[Return, Document]:
    """Return rows for `return_documents`, newest first."""
    own = Return.objects.filter(customer_id=customer_id).order_by("-requested_at", "-id")
    rows: QuerySet[Return, Document] = own.values(*_RETURN_FIELDS)
    return rows


def return_documents(rows: Sequence[Document]) -> list[Document]:
    lines: defaultdict[UUID, list[Document]] = defaultdict(list)
    found = ReturnLine.objects.filter(belongs_to_id__in=[row["id"] for row in rows]).order_by("id")
    for line in found.values("belongs_to_id", "sku", "name", "quantity"):
        document = {"sku": line["sku"], "name": line["name"], "quantity": line["quantity"]}
        lines[line["belongs_to_id"]].append(document)
    return [_return_document(row, lines[row["id"]]) for row in rows]


def _return_document(row: Document, lines: list[Document]) -> Document:
    document = {name: value for name, value in row.items() if name not in {"currency", "refund_amount"}}
    return {**document, "refund": _money(row["refund_amount"], row["currency"]), "lines": lines}


def order_figures() -> Iterator[GaugeMetricFamily]:
    """Yield `souk_orders`, `souk_units_sold`, `souk_revenue_minor_units`, `souk_orders_needing_attention`."""
    orders = GaugeMetricFamily("souk_orders", "Orders by state.", labels=["status", "currency"])
    units = GaugeMetricFamily("souk_units_sold", "Units in paid orders.", labels=["currency"])
    revenue = GaugeMetricFamily("souk_revenue_minor_units", "Total of paid orders.", labels=["currency"])
    groups = OrderRow.objects.order_by().values("status", "currency")  # answered from one index
    rows = list(groups.annotate(orders=Count("*"), units=Sum("units"), revenue=Sum("total_amount")))
    for row in rows:
        orders.add_metric([row["status"], row["currency"]], row["orders"])
    for currency in sorted({row["currency"] for row in rows}):
        sold = [row for row in rows if row["currency"] == currency and row["status"] in _SOLD]
        units.add_metric([currency], sum(row["units"] for row in sold))
        revenue.add_metric([currency], sum(row["revenue"] for row in sold))
    yield from (orders, units, revenue)
    attention = OrderRow.objects.filter(attention__gt="").count()
    yield GaugeMetricFamily("souk_orders_needing_attention", "Orders that staff must look at.", value=attention)


def _money(amount: int, currency: str) -> Document:
    return {"amount": amount, "currency": currency}
