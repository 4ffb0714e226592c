"""Messages that wait together, and calls that are due together, have the effect that they have one by one."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from chassis import codec
from chassis.core.messages import Envelope
from chassis.inbox import receiver
from chassis.inbox.models import FailedMessage
from chassis.jobs.models import FailedRow
from shipping import models
from shipping.domain.shipment import Shipment
from shipping.domain.shipment_data import ShipmentStatus
from shipping.work import poll_carrier
from tests.factories import ADDRESS, create_message, make_calls, return_message, row, weigh

pytestmark = pytest.mark.django_db


def text_of(type_, data):
    return codec.encode_envelope(
        Envelope(
            id=uuid7(),
            source="test",
            type=type_,
            subject=data["order_id"],
            time=timezone.now(),
            data=codec.data_of(data),
            correlationid=f"journey-{data['order_id']}",
            aggregateversion=1,
        )
    )


def receive(*messages):
    receiver.receive_all([text_of(type_, data) for type_, data in messages])


def create(order):
    return ("shipment.create.v1", order)


def cancel(order):
    return ("shipment.cancel.v1", {"order_id": order["order_id"]})


def test_many_creates_are_many_shipments_and_calls(courier, outbox, django_assert_max_num_queries):
    weigh(**{"MUG-RED": 350})
    orders = [create_message() for _ in range(12)]
    with django_assert_max_num_queries(10 + 4 * len(orders)):  # weight, shipment, call, erasure
        receive(*map(create, orders))
    assert {row(order).weight_grams for order in orders} == {700}
    make_calls()
    make_calls()
    assert outbox.types() == ["shipment.created.v1"] * 12
    assert courier.books()["labels"] == 12
    assert {one.correlationid for one in outbox.envelopes()} == {f"journey-{order['order_id']}" for order in orders}


def test_a_create_that_is_twice_in_a_batch_is_one_shipment(courier, outbox):
    order = create_message()
    receive(create(order), create(order), create(create_message()))
    assert models.Shipment.objects.count() == models.CarrierCall.objects.count() == 2


@pytest.mark.parametrize("late", [False, True])
def test_a_create_and_its_cancel_in_one_batch_buy_no_label(courier, outbox, late):
    order = create_message()
    both = [create(order), cancel(order)]
    receive(*(reversed(both) if late else both), create(create_message()))
    assert row(order).status == ShipmentStatus.CANCELED
    make_calls()
    assert len(courier.labels_of(f"order-{order['order_id']}")) == 0
    assert len(outbox.data("shipment.canceled.v1")) == 1 + late


def test_a_message_that_fails_in_the_middle_of_a_batch_harms_no_other(outbox):
    first, last = create_message(), create_message()
    nothing_sent = {"order_id": str(uuid4()), "customer_id": str(uuid4()), "lines": []}
    receive(create(first), ("return_shipment.create.v1", return_message(nothing_sent)), cancel(first), create(last))
    assert (row(first).status, row(last).status) == (ShipmentStatus.CANCELED, ShipmentStatus.REQUESTED)
    assert FailedMessage.objects.get().type == "return_shipment.create.v1"
    assert models.Shipment.objects.count() == 2


def test_a_later_attempt_in_the_batch_of_the_first_is_the_same_parcel(courier):
    order = create_message()
    receive(create(order), create({**order, "attempt": 2}))
    shipment = models.Shipment.objects.get()
    assert (shipment.attempt, shipment.status) == (2, ShipmentStatus.REQUESTED)


def test_what_an_erasure_has_emptied_is_not_known_any_more(courier, deliver, outbox):
    """The account is deleted in the batch in which its order is asked about again."""
    order = create_message()
    deliver(*create(order))
    make_calls()
    models.Shipment.objects.update(status=ShipmentStatus.DELIVERED, delivered_at=timezone.now())
    outbox.clear()
    account = {"user_id": order["customer_id"], "order_id": order["order_id"]}
    receive(create(order), ("user.deleted.v1", account), create({**order, "attempt": 1}))
    assert [one["tracking_number"] != "" for one in outbox.data("shipment.created.v1")] == [True]


def test_an_answer_that_cannot_be_recorded_holds_up_no_other(courier, outbox, monkeypatch):
    orders = [create_message() for _ in range(3)]
    receive(*map(create, orders))
    bought = Shipment.label_bought

    def breaks(shipment, **given):
        if shipment.order_id == UUID(orders[1]["order_id"]):
            raise ValueError("broken")
        return bought(shipment, **given)

    monkeypatch.setattr(Shipment, "label_bought", breaks)
    make_calls()
    assert [row(order).status for order in orders] == ["created", "requested", "created"]
    call = models.CarrierCall.objects.get(shipment=row(orders[1]))
    assert FailedRow.objects.get().key == str(call.id)
    assert "broken" in call.error
    monkeypatch.undo()
    make_calls(minutes_later=10)
    assert outbox.types() == ["shipment.created.v1"] * 3
    assert courier.books()["labels"] == 3, "it was looked up"


def test_refusals_and_labels_are_recorded_together(courier, outbox):
    orders = [create_message(), create_message(address={**ADDRESS, "country": "AQ"}), create_message()]
    receive(*map(create, orders))
    make_calls()
    assert [row(order).status for order in orders] == ["created", "failed", "created"]


def test_calls_that_cannot_begin_in_time_are_given_back(courier, outbox, monkeypatch):
    monkeypatch.setattr("chassis.work.batches.BEGIN_WITHIN", -1.0)
    order = create_message()
    receive(create(order), create(create_message()))
    make_calls()
    assert courier.books()["labels"] == 2, "each by itself"
    assert set(models.CarrierCall.objects.values_list("attempts", "state")) == {(1, "succeeded")}


def test_polls_of_parcels_that_need_none_make_no_call(courier, django_assert_max_num_queries):
    orders = [create_message() for _ in range(6)]
    receive(*map(create, orders))
    make_calls()
    courier.fail("down", count=None)
    models.TrackingPoll.objects.update(due_at=timezone.now())
    models.Shipment.objects.filter(order_id__in=[order["order_id"] for order in orders[:3]]).update(status="delivered")
    with django_assert_max_num_queries(14):
        poll_carrier.run_due(now=timezone.now())
    assert models.TrackingPoll.objects.count() == 3
    assert not models.TrackingPoll.objects.exclude(error="").exists()
    assert set(models.TrackingPoll.objects.values_list("attempts", "quiet", "lease")) == {(0, 0, None)}
