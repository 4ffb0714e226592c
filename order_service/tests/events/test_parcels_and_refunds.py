"""Ends of parcels, refunds and returns over inbox, outbox, database and admin."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from orders import commands
from orders.domain.order import restock_id
from orders.models import Order, Return, TimelineEntry
from testkit.plugin import Outbox
from tests.api.test_admin import ORDERS, RETURNS, act
from tests.api.test_returns import a_delivered_order, ask
from tests.factories import MUG, SHIRT, place

pytestmark = pytest.mark.django_db

NOW = "2024-11-22T12:00:00Z"
TRACKING = {"carrier": "Atlas", "tracking_number": "A1", "tracking_url": ""}


def euro(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def stranded(customer_id: UUID, deliver) -> Order:
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    for type_, data in (
        ("stock.allocated.v1", {}),
        ("payment.captured.v1", {"amount": euro(7738)}),
        ("shipment.created.v1", TRACKING),
        ("shipment.dispatched.v1", {**TRACKING, "dispatched_at": NOW}),
        ("shipment.returned.v1", {"shipment_id": str(uuid4()), "reason": "Nobody was there", "returned_at": NOW}),
    ):
        deliver(type_, {**about, **data}, times=2)
        deliver(type_, {**about, **data})
    return Order.objects.get()


def test_a_parcel_that_came_back_is_ended_by_staff_with_a_reason(
    stranded: Order, staff, deliver, outbox: Outbox
) -> None:
    told = outbox.one("order.parcel_returned.v1")
    assert (told["carrier"], told["tracking_number"], told["reason"]) == ("Atlas", "A1", "Nobody was there")
    browser = staff(superuser=False, groups=["support"])
    assert "A reason is required" in act(browser, ORDERS, "refund_and_restock", stranded, reason="").content.decode()
    act(browser, ORDERS, "refund_and_restock", stranded)
    about = {"order_id": str(stranded.id)}
    refunded = {"refund_id": str(stranded.id), "amount": euro(7738), "refunded_total": euro(7738)}
    deliver("payment.refunded.v1", {**about, **refunded}, times=2)
    restock = outbox.one("stock.restock.v1")
    assert restock["return_id"] == str(restock_id(stranded.id))
    for _ in range(2):
        deliver("stock.restocked.v1", {**about, "return_id": restock["return_id"]})
    canceled = outbox.one("order.canceled.v1")
    assert (canceled["reason"], [line["sku"] for line in canceled["lines"]]) == ("undeliverable", [MUG, SHIRT])
    row = Order.objects.get()
    assert (row.status, row.waiting_step, row.attention) == ("canceled", "", "")
    assert "Called the customer" in LogEntry.objects.get().change_message


def test_a_parcel_that_came_back_is_sent_again_by_staff(stranded: Order, staff, deliver, outbox: Outbox) -> None:
    act(staff(), ORDERS, "send_again", stranded)
    assert [data["attempt"] for data in outbox.data("shipment.create.v1")] == [1, 2]
    about = {"order_id": str(stranded.id), "attempt": 2}
    deliver("shipment.dispatched.v1", {**about, **TRACKING, "tracking_number": "A2", "dispatched_at": NOW})
    deliver("shipment.delivered.v1", {**about, "delivered_at": NOW})
    row = Order.objects.get()
    assert (row.fulfillment, row.tracking["number"], row.attention) == ("delivered", "A2", "")


def test_staff_give_up_and_clear_what_needed_attention(stranded: Order, staff, deliver) -> None:
    browser = staff()
    act(browser, ORDERS, "dismiss", stranded)
    assert Order.objects.get().attention == ""
    act(browser, ORDERS, "refund_and_write_off", stranded)
    failed = {"refund_id": str(stranded.id), "code": "x", "message": "Bank away"}
    deliver("payment.refund_failed.v1", {"order_id": str(stranded.id), **failed})
    assert "Bank away" in Order.objects.get().attention
    act(browser, ORDERS, "give_up", stranded, reason="Paid by transfer")
    assert Order.objects.get().status == "canceled"
    assert "Paid by transfer" in TimelineEntry.objects.get(name="given_up").detail


def test_a_refund_by_hand_is_told_once_with_its_reason(customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = a_delivered_order(customer_id, deliver)
    refund = {"refund_id": str(uuid4()), "amount": euro(500), "refunded_total": euro(500), "reason": "Scratched"}
    deliver("payment.refunded.v1", {"order_id": str(order.id), **refund}, times=2)
    deliver("payment.refunded.v1", {"order_id": str(order.id), **refund})
    told = outbox.one("order.refunded.v1")
    assert (told["amount"], told["refunded_total"], told["reason"]) == (euro(500), euro(500), "Scratched")


def test_a_refund_of_a_return_is_no_refund_by_hand(api, customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = a_delivered_order(customer_id, deliver)
    back = ask(api(), order).json()
    about = {"order_id": str(order.id)}
    deliver("return_shipment.received.v1", {**about, "return_id": back["id"]})
    refund = {"refund_id": back["id"], "amount": back["refund"], "refunded_total": back["refund"]}
    deliver("payment.refunded.v1", {**about, **refund})
    assert "order.refunded.v1" not in outbox.types()
    assert outbox.one("return.refunded.v1")["lines"][0]["line_total"] == euro(2999)


def test_a_refund_by_hand_settles_the_return_whose_refund_was_refused(
    api, customer_id: UUID, deliver, outbox: Outbox
) -> None:
    order = a_delivered_order(customer_id, deliver)
    back = ask(api(), order).json()
    about = {"order_id": str(order.id)}
    deliver("return_shipment.received.v1", {**about, "return_id": back["id"]})
    refused = {"refund_id": back["id"], "code": "x", "message": "Bank away"}
    deliver("payment.refund_failed.v1", {**about, **refused}, times=2)
    assert "Bank away" in Order.objects.get().attention
    by_hand = {"refund_id": str(uuid4()), "amount": back["refund"], "refunded_total": back["refund"]}
    deliver("payment.refunded.v1", {**about, **by_hand}, times=2)
    assert (Return.objects.get().status, Order.objects.get().attention) == ("refunded", "")
    assert outbox.types().count("return.refunded.v1") == 1


def test_a_whole_order_that_comes_back_in_two_parcels_is_refunded_with_its_shipping_once(
    api, customer_id: UUID, deliver, outbox: Outbox
) -> None:
    order = a_delivered_order(customer_id, deliver)
    first, second = ask(api(), order, 2).json(), ask(api(), order, 1, MUG).json()
    for back in (second, first):
        deliver("return_shipment.received.v1", {"order_id": str(order.id), "return_id": back["id"]})
    amounts = [data["amount"]["amount"] for data in outbox.data("payment.refund.v1")]
    assert amounts == [1250, 2 * 2999 + 490]
    assert sum(amounts) == order.total.amount


def test_a_return_expires_and_its_units_may_be_returned_again(
    api, customer_id: UUID, deliver, settings, outbox: Outbox
) -> None:
    settings.RETURN_EXPIRY_SECONDS = 3600
    order = a_delivered_order(customer_id, deliver)
    ask(api(), order, 2)
    commands.wake_due_returns(now=timezone.now() + timedelta(seconds=3601))
    assert Return.objects.get().status == "expired"
    assert "has expired" in outbox.one("return.expired.v1")["message"]
    assert ask(api(), order, 2).status_code == 202


def test_staff_book_in_write_off_and_settle_returns(staff, api, customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = a_delivered_order(customer_id, deliver)
    first, second = (Return.objects.get(id=ask(api(), order).json()["id"]) for _ in range(2))
    browser = staff(superuser=False, groups=["support"])
    act(browser, RETURNS, "receive", first)
    act(browser, RETURNS, "write_off", second)
    assert [data["return_id"] for data in outbox.data("stock.restock.v1")] == [str(first.id)]
    assert len(outbox.data("payment.refund.v1")) == 2
    act(browser, RETURNS, "settle", first, reason="By transfer")
    assert {row.status for row in Return.objects.all()} == {"refunded", "received"}
    refused = {"return_id": str(second.id), "code": "x", "message": "No label", "attempt": 1}
    deliver("return_shipment.failed.v1", {"order_id": str(order.id), **refused})
    assert Return.objects.get(id=second.id).status == "received"
