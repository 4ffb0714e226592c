"""Placing an order: one transaction, the shop's own prices, a quote for this order."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from chassis.jwt import ACCESS
from chassis.outbox.models import OutboxMessage
from orders import commands
from orders.domain.pricing import NothingToOrder, PriceChanged, ProductUnavailable
from orders.domain.quotes import QuoteDoesNotFit, QuoteInvalid
from orders.models import CartLine, Order, TimelineEntry
from testkit.plugin import Outbox
from testkit.project import queries_of
from tests.factories import MUG, a_catalog, a_quote, an_address, euros, items, place

pytestmark = pytest.mark.django_db


def test_an_order_is_stored_with_its_lines_its_timeline_and_its_messages(customer_id: UUID, outbox: Outbox) -> None:
    order = place(customer_id)
    row = Order.objects.get()
    assert (row.id, row.number, row.total_amount, row.tax_amount, row.units) == (order.id, order.number, 7738, 1290, 3)
    assert [(line["sku"], line["quantity"]) for line in row.lines] == [("MUG", 1), ("SHIRT-M", 2)]
    assert outbox.types() == ["order.placed.v1", "stock.reserve.v1"]
    assert outbox.one("order.placed.v1")["update"]["sequence"] == 1
    assert outbox.one("stock.reserve.v1")["lines"] == [
        {"sku": "MUG", "quantity": 1},
        {"sku": "SHIRT-M", "quantity": 2},
    ]
    assert {envelope.correlationid for envelope in outbox.envelopes()} == {row.correlation_id}
    assert TimelineEntry.objects.get(name="placed").sequence == 1


def test_placing_costs_few_statements(customer_id: UUID) -> None:
    place(customer_id)  # the first one makes the row that is the lock on the cart
    given = {
        "customer_id": customer_id,
        "items": items(),
        "shipping_quote": a_quote(customer_id),
        "address": an_address(),
        "payment_method": "card_ok",
        "expected_subtotal": euros(7248),
        "now": timezone.now(),
    }
    statements = queries_of(connection, lambda: commands.place_order(**given))
    assert statements <= 4 + 3 + 2 + 2  # ours, the limits, the outbox, savepoints of the test


def test_the_cart_is_ordered_and_emptied(customer_id: UUID) -> None:
    a_catalog()
    commands.replace_cart(customer_id=customer_id, items=items(), now=timezone.now())
    place(customer_id, items=None)
    assert Order.objects.get().units == 3
    assert not CartLine.objects.exists()


def nothing_happened() -> bool:
    return not (Order.objects.exists() or TimelineEntry.objects.exists() or OutboxMessage.objects.exists())


def test_an_empty_cart_cannot_be_ordered(customer_id: UUID) -> None:
    with pytest.raises(NothingToOrder):
        place(customer_id, items=None)
    assert nothing_happened()


def test_a_price_that_has_changed_since_the_cart_was_filled_is_told(customer_id: UUID) -> None:
    a_catalog()
    commands.replace_cart(customer_id=customer_id, items=items(), now=timezone.now())
    a_catalog({MUG: 1350, "SHIRT-M": 2999}, version=2)
    with pytest.raises(PriceChanged) as refusal:
        place(customer_id, items=None)
    assert refusal.value.facts == {
        "subtotal": {"amount": 7348, "currency": "EUR"},
        "lines": [
            {
                "sku": MUG,
                "name": "Souk, Mug",
                "quantity": 1,
                "old_price": {"amount": 1250, "currency": "EUR"},
                "new_price": {"amount": 1350, "currency": "EUR"},
            }
        ],
    }
    assert nothing_happened()
    assert CartLine.objects.count() == 2


def test_an_unsold_product_cannot_be_ordered(customer_id: UUID) -> None:
    with pytest.raises(ProductUnavailable):
        place(customer_id, items=items(GONE=1))
    assert nothing_happened()


SPOILED = {
    "another customer": {"sub": str(uuid4())},
    "other lines": {"lines": [["MUG", 1]]},
    "another country": {"country": "DE"},
    "another postal code": {"postal_code": "99999"},
    "a negative price": {"price": {"amount": -1, "currency": "EUR"}},
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_quote_for_something_else_is_refused(customer_id: UUID, spoiled: str) -> None:
    with pytest.raises(QuoteDoesNotFit):
        place(customer_id, shipping_quote=a_quote(customer_id, **SPOILED[spoiled]))
    assert nothing_happened()


FORGED = {
    "expired": {"exp": datetime.now(UTC) - timedelta(minutes=1)},
    "of another issuer": {"iss": "https://souk.example"},
    "for another audience": {"aud": "souk"},
    "of another type": {"typ": ACCESS},
    "without a price": {"price": None},
    "with odd lines": {"lines": [["MUG"]]},
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_quote_that_is_not_good_is_refused(customer_id: UUID, forged: str) -> None:
    with pytest.raises(QuoteInvalid):
        place(customer_id, shipping_quote=a_quote(customer_id, **FORGED[forged]))
    assert nothing_happened()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 50])
def test_a_quote_that_is_none_is_refused(customer_id: UUID, token: str) -> None:
    with pytest.raises(QuoteInvalid):
        place(customer_id, shipping_quote=token)


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_and_a_payment_at_once_both_count(customer_id: UUID, deliver, outbox: Outbox) -> None:
    """A cancellation races each reply of the saga: nothing is overwritten, and the money is returned."""
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    deliver("stock.reserved.v1", about)
    total = {"amount": order.total.amount, "currency": "EUR"}
    work = [
        lambda: commands.cancel_order(order_id=order.id, customer_id=customer_id, detail="", now=timezone.now()),
        lambda: deliver("payment.authorized.v1", {**about, "payment_id": str(uuid4()), "attempt": 1, "amount": total}),
    ]

    def run(job) -> None:
        job()
        close_old_connections()

    threads = [threading.Thread(target=run, args=[job]) for job in work]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    row = Order.objects.get()
    assert row.status == "canceling"
    assert "payment.authorized" in row.known
    assert "payment.void.v1" in outbox.types()
