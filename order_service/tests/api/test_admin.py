"""Staff see the timeline and change orders with commands."""

from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from orders.models import Order, Return, TimelineEntry
from testkit.plugin import Outbox
from tests.api.test_returns import a_delivered_order, ask
from tests.factories import place

pytestmark = pytest.mark.django_db

ORDERS, RETURNS = "admin:orders_order_changelist", "admin:orders_return_changelist"


def act(browser, listing: str, action: str, row, reason: str = "Called the customer"):
    asked = {"action": action, "_selected_action": [str(row.pk)], "reason": reason}
    return browser.post(reverse(listing), asked, follow=True)


def test_the_order_page_shows_the_timeline(staff, customer_id: UUID, deliver) -> None:
    order = place(customer_id)
    deliver("stock.reserved.v1", {"order_id": str(order.id)})
    page = staff().get(reverse("admin:orders_order_change", args=[order.id])).content.decode()
    for name in ("placed", "stock.reserve", "stock.reserved", "payment.authorize", "attempt 1", "SHIRT-M"):
        assert name in page


def test_staff_ask_again_and_it_is_attributed(staff, customer_id: UUID, outbox: Outbox) -> None:
    order = place(customer_id)
    answer = act(staff(), ORDERS, "resume", order and Order.objects.get())
    assert answer.status_code == 200
    assert outbox.types().count("stock.reserve.v1") == 2
    assert TimelineEntry.objects.get(name="resumed").detail == "by staff@souk.test"
    assert LogEntry.objects.get().object_id == str(order.id)


def test_staff_cancel_and_put_back(staff, customer_id: UUID) -> None:
    place(customer_id)
    act(staff(superuser=False, groups=["support"]), ORDERS, "compensate", Order.objects.get())
    row = Order.objects.get()
    assert (row.status, row.cancel_reason, row.waiting_step) == ("canceling", "staff", "reserve")
    assert TimelineEntry.objects.get(name="undo").detail == "by staff@souk.test: Called the customer"
    assert "Called the customer" in LogEntry.objects.get().change_message


def test_an_impossible_action_is_reported(staff, customer_id: UUID, deliver) -> None:
    a_delivered_order(customer_id, deliver)
    answer = act(staff(), ORDERS, "compensate", Order.objects.get())
    assert "The parcel has left" in answer.content.decode()
    assert not LogEntry.objects.exists()


def test_finance_may_look_and_not_steer(staff, customer_id: UUID) -> None:
    place(customer_id)
    browser = staff(superuser=False, groups=["finance"])
    assert browser.get(reverse(ORDERS)).status_code == 200
    act(browser, ORDERS, "compensate", Order.objects.get())
    assert Order.objects.get().status == "pending"


def test_staff_decide_returns(staff, api, customer_id: UUID, deliver, settings, outbox: Outbox) -> None:
    settings.RETURNS_AUTO_APPROVE = False
    order = a_delivered_order(customer_id, deliver)
    ask(api(), order)
    ask(api(), order)
    first, second = Return.objects.order_by("requested_at")
    browser = staff(superuser=False, groups=["support"])
    act(browser, RETURNS, "approve", first)
    assert "A reason is required" in act(browser, RETURNS, "reject", second, reason=" ").content.decode()
    act(browser, RETURNS, "reject", second, reason="It was worn")
    assert outbox.one("return.rejected.v1")["message"] == "We cannot take this return: It was worn."
    assert [row.status for row in Return.objects.order_by("requested_at")] == ["approved", "rejected"]
    assert {"return_shipment.create.v1", "return.rejected.v1"} <= set(outbox.types())
    assert browser.get(reverse("admin:orders_return_change", args=[first.pk])).status_code == 200


def test_finance_sends_a_parcel_that_a_dispute_had_stopped(staff, customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = place(customer_id)
    about, total = {"order_id": str(order.id)}, order.total.as_dict()
    deliver("stock.reserved.v1", about)
    deliver("payment.captured.v1", {**about, "amount": total})
    deliver("stock.allocated.v1", about)
    deliver("payment.disputed.v1", {**about, "dispute_id": str(order.id), "amount": total, "reason": "fraudulent"})
    deliver("shipment.canceled.v1", about)
    assert Order.objects.get().attention.startswith("The parcel is stopped.")
    act(staff(superuser=False, groups=["support"]), ORDERS, "release", Order.objects.get())
    assert outbox.types().count("shipment.create.v1") == 1
    act(staff(superuser=False, groups=["finance"]), ORDERS, "release", Order.objects.get())
    assert outbox.data("shipment.create.v1")[-1]["attempt"] == 2
    assert TimelineEntry.objects.get(name="released", sequence=None).detail.startswith("by staff@souk.test")
