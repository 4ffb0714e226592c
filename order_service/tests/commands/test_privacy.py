"""A deleted account: its carts are deleted at once, its orders are anonymized when they have ended."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.outbox.models import OutboxMessage
from chassis.privacy.erasures import erase_due
from orders import commands
from orders.events_out import Item
from orders.models import CartLine, Order, PaymentAttempt, Return, TimelineEntry
from testkit.traces import traces_of
from tests.factories import MUG, an_address, place

pytestmark = pytest.mark.django_db
PERSON = ("Amina Idrissi", "Rue de la Paix", "75002", "+33612345678", "broken zip of Amina")


@pytest.fixture
def order(customer_id):
    made = place(customer_id, address=an_address(phone="+33612345678"))
    return Order.objects.get(id=made.id)


@pytest.fixture
def deleted(deliver, customer_id):
    return lambda: deliver("user.deleted.v1", {"user_id": customer_id})


def ended(order, **state):
    given = {"status": "confirmed", "payment": "captured", "fulfillment": "delivered", **state}
    Order.objects.filter(id=order.id).update(**given, tracking={"carrier": "x", "tracking_number": "SP-1", "url": "u"})
    OutboxMessage.objects.update(sent_at=timezone.now())


def a_return(order, status):
    now = timezone.now()
    return Return.objects.create(
        order=order,
        number=order.number,
        customer_id=order.customer_id,
        status=status,
        currency="EUR",
        refund_amount=100,
        reason="broken zip of Amina",
        label_url="https://label",
        requested_at=now,
        updated_at=now,
    )


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"status": "completed"},
        {"status": "canceled", "fulfillment": "unfulfilled"},
        {"fulfillment": "returned"},
    ],
)
def test_an_order_that_has_ended_keeps_amounts_and_the_country_and_nobodys_name(order, deleted, outbox, state):
    TimelineEntry.objects.create(order=order, at=timezone.now(), kind="note", name="note", detail="Amina Idrissi rang")
    a_return(order, "refunded")
    ended(order, **state)
    assert traces_of(PERSON)
    deleted()
    erase_due(now=timezone.now())
    assert traces_of(PERSON) == set()
    row = Order.objects.get()
    assert (row.total_amount, row.address["country"], row.number) == (order.total_amount, "FR", order.number)
    assert row.lines == order.lines
    assert (row.tracking, Return.objects.get().label_url) == (None, "")
    assert not PaymentAttempt.objects.exists()
    assert outbox.one("erasure.report.v1")["erased_at"]


@pytest.mark.parametrize("status", ["pending", "canceling", "confirmed"])
def test_an_open_order_keeps_its_address_until_it_has_ended(order, deleted, outbox, status):
    ended(order, status=status, fulfillment="preparing")
    deleted()
    erase_due(now=timezone.now())
    assert Order.objects.get().address["line1"] == "12 Rue de la Paix"
    assert "1 open orders" in outbox.one("erasure.report.v1")["waits_for"]
    ended(order)
    erase_due(now=timezone.now() + timedelta(minutes=3))
    assert traces_of(PERSON) == set()
    assert outbox.data("erasure.report.v1")[-1]["erased_at"]


@pytest.mark.parametrize("status", ["requested", "approved", "arrived", "received"])
def test_a_return_that_is_open_keeps_the_address_of_its_order(order, deleted, status):
    ended(order)
    a_return(order, status)
    deleted()
    assert Order.objects.get().address["name"] == "Amina Idrissi"


def test_the_cart_goes_at_once_and_that_of_others_stays(order, deleted, customer_id):
    for owner in (customer_id, uuid4()):
        commands.replace_cart(customer_id=owner, items=[Item(sku=MUG, quantity=1)], now=timezone.now())
    deleted()
    assert CartLine.objects.count() == 1
    assert not CartLine.objects.filter(customer_id=customer_id).exists()


def test_orders_of_others_stay_as_they_are(order, deliver):
    ended(order)
    deliver("user.deleted.v1", {"user_id": uuid4()})
    erase_due(now=timezone.now())
    assert Order.objects.get().address["name"] == "Amina Idrissi"


def test_an_anonymous_order_can_still_be_read_by_staff_and_by_the_saga(order, deleted, staff, deliver):
    ended(order)
    deleted()
    assert staff().get(f"/admin/orders/orders/order/{order.id}/change/").status_code == 200
    deliver(
        "payment.refunded.v1", {"order_id": order.id, "refund_id": uuid4(), "amount": {"amount": 1, "currency": "EUR"}}
    )
    assert staff().get("/admin/orders/orders/order/").status_code == 200


def test_the_copy_of_the_data_holds_orders_and_returns_of_this_customer_only(order, deliver, outbox, customer_id):
    a_return(order, "requested")
    place(uuid4())
    deliver("personal_data.export_requested.v1", {"export_id": uuid4(), "user_id": customer_id})
    document = json.loads(outbox.one("export.contribute.v1")["document"])
    assert [one["number"] for one in document["orders"]] == [order.number]
    assert document["orders"][0]["address"]["line1"] == "12 Rue de la Paix"
    assert document["returns"][0]["reason"] == "broken zip of Amina"
    assert "payment_method" not in document["orders"][0]
