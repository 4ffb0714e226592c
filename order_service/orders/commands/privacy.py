"""The personal data in this service: erased when the orders have ended, and exported on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from chassis.privacy.messages import Erased, PersonalData
from chassis.transactions import transactional
from orders.domain.return_states import ReturnStatus
from orders.domain.states import FulfillmentStatus, OrderStatus
from orders.events_out import ErasureReport, ExportContribution
from orders.models import Cart, CartLine, Order, PaymentAttempt, Return, ReturnLine, TimelineEntry

#: Orders that no longer need the address. A deleted account requests no return.
_ENDED = Q(status__in=[OrderStatus.CANCELED, OrderStatus.COMPLETED]) | Q(
    status=OrderStatus.CONFIRMED, fulfillment__in=[FulfillmentStatus.DELIVERED, FulfillmentStatus.RETURNED]
)
_OPEN_RETURN = (ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.ARRIVED, ReturnStatus.RECEIVED)


@transactional
def erase(user_id: UUID, now: datetime) -> Erased:
    """Delete carts; keep items, amounts and country of orders that have ended, for accounting and tax."""
    CartLine.objects.filter(customer_id=user_id).delete()
    Cart.objects.filter(customer_id=user_id).delete()
    returning = Return.objects.filter(customer_id=user_id, status__in=_OPEN_RETURN).values_list("order_id", flat=True)
    mine = Order.objects.select_for_update().filter(customer_id=user_id).order_by("id")
    ended = mine.filter(_ENDED).exclude(id__in=list(returning))
    addresses = dict(ended.values_list("id", "address"))
    for order_id, address in addresses.items():
        _anonymize(order_id, address)
    still_open = mine.exclude(id__in=addresses.keys()).count()
    return Erased(
        erased="carts, attempts to pay, labels of returns",
        anonymized="orders that have ended: no name, street, town, telephone number, tracking number, or remark",
        kept="items, amounts, country and number of each order: the books and the tax office need them",
        waits_for=f"{still_open} open orders or returns: the parcel and the money still need the address"
        if still_open
        else "",
    )


def _anonymize(order_id: UUID, address: Mapping[str, str]) -> None:
    anonymous = {**dict.fromkeys(address, ""), "country": address.get("country", "")}
    Order.objects.filter(id=order_id).update(
        address=anonymous, tracking=None, payment_method="", action_url="", message="", attention=""
    )
    TimelineEntry.objects.filter(order_id=order_id).update(detail="", told="")
    Return.objects.filter(order_id=order_id).update(reason="", label_url="", tracking_number="", message="")
    PaymentAttempt.objects.filter(order_id=order_id).delete()


def collect(user_id: UUID) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return the customer's cart, orders, timelines and returns."""
    orders = Order.objects.filter(customer_id=user_id).order_by("placed_at", "id")
    timeline = TimelineEntry.objects.filter(order__customer_id=user_id, sequence__gt=0).order_by("order_id", "sequence")
    returns = Return.objects.filter(customer_id=user_id).order_by("requested_at", "id")
    return {
        "cart": CartLine.objects.filter(customer_id=user_id).values("sku", "quantity", "added_at"),
        "orders": orders.values(
            "id",
            "number",
            "placed_at",
            "customer_status",
            "currency",
            "total_amount",
            "tax_amount",
            "shipping_amount",
            "refunded_amount",
            "lines",
            "address",
            "carrier",
            "tracking",
            "delivered_at",
        ),
        "timeline": timeline.values("order_id", "at", "name", "told"),
        "returns": returns.values("id", "number", "status", "reason", "currency", "refund_amount", "requested_at"),
        "return_lines": ReturnLine.objects.filter(belongs_to__customer_id=user_id).values(
            "belongs_to_id", "sku", "name", "quantity"
        ),
    }


def references(user_id: UUID) -> Iterable[UUID]:
    """Return the ids of the customer's orders and returns, whose messages often name no customer."""
    yield from Order.objects.filter(customer_id=user_id).values_list("id", flat=True)
    yield from Return.objects.filter(customer_id=user_id).values_list("id", flat=True)


PERSONAL_DATA = PersonalData(
    erase=erase, collect=collect, references=references, receipt=ErasureReport, contribution=ExportContribution
)
