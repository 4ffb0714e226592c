"""A deleted account: parcels that have ended lose personal data and labels."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.outbox.models import OutboxMessage
from chassis.privacy.erasures import erase_due
from shipping.models import CarrierWebhook, Label, Shipment, TrackingEvent
from testkit.traces import traces_of
from tests.factories import create_message, make_calls, row

pytestmark = pytest.mark.django_db
PERSON = ("Ada Lovelace", "Rue de la Paix", "75002")


@pytest.fixture
def asked(deliver, courier, customer_id, rates):
    """Return a parcel of the customer with its label."""
    message = create_message(customer_id=str(customer_id))
    deliver("shipment.create.v1", message)
    make_calls()
    return message


@pytest.fixture
def deleted(deliver, customer_id):
    return lambda: deliver("user.deleted.v1", {"user_id": customer_id})


def all_sent():
    OutboxMessage.objects.update(sent_at=timezone.now())


def test_a_delivered_parcel_keeps_ids_and_the_country_and_no_person(asked, courier, deleted, outbox):
    number = row(asked).tracking_number
    courier.move(number, steps=5)
    courier.tell_all()
    all_sent()
    assert row(asked).status == "delivered"
    assert traces_of((*PERSON, number))
    deleted()
    erase_due(now=timezone.now())
    assert traces_of((*PERSON, number)) == set()
    shipment = row(asked)
    assert (shipment.address["country"], shipment.lines[0]["sku"], shipment.number) == ("FR", "MUG-RED", "S-100042")
    assert not Label.objects.exists()
    assert set(TrackingEvent.objects.values_list("location", "description")) == {("", "")}
    assert set(CarrierWebhook.objects.values_list("body", flat=True)) == {""}
    assert outbox.one("erasure.report.v1")["erased_at"]


def test_a_parcel_under_way_keeps_its_address_until_it_has_arrived(asked, courier, deleted, outbox):
    number = row(asked).tracking_number
    deleted()
    erase_due(now=timezone.now())
    assert row(asked).address["name"] == "Ada Lovelace"
    assert "1 parcels" in outbox.one("erasure.report.v1")["waits_for"]
    courier.move(number, steps=5)
    courier.tell_all()
    all_sent()
    erase_due(now=timezone.now() + timedelta(minutes=3))
    assert traces_of((*PERSON, number)) == set()


def test_a_parcel_that_is_asked_for_after_the_erasure_is_sent_and_then_erased(deliver, customer_id, deleted, outbox):
    deleted()
    erase_due(now=timezone.now())
    message = create_message(customer_id=str(customer_id))
    deliver("shipment.create.v1", message)
    erase_due(now=timezone.now() + timedelta(seconds=1))
    assert row(message).address["name"] == "Ada Lovelace"
    assert outbox.data("erasure.report.v1")[-1]["waits_for"]
    Shipment.objects.update(status="canceled")
    erase_due(now=timezone.now() + timedelta(minutes=3))
    assert row(message).address["name"] == ""


def test_a_parcel_that_the_carrier_refuses_may_be_tried_again_for_a_month(deliver, customer_id, deleted):
    message = create_message(customer_id=str(customer_id))
    deliver("shipment.create.v1", message)
    Shipment.objects.update(status="failed", updated_at=timezone.now() - timedelta(days=29))
    deleted()
    assert row(message).address["name"] == "Ada Lovelace"
    Shipment.objects.update(updated_at=timezone.now() - timedelta(days=31))
    deleted()
    assert row(message).address["name"] == ""


def test_a_lost_parcel_can_still_be_found(asked, deleted):
    number = row(asked).tracking_number
    Shipment.objects.update(status="lost")
    deleted()
    assert (row(asked).address["name"], row(asked).tracking_number) == ("", number)


def test_parcels_of_others_stay_as_they_are(asked, deliver):
    Shipment.objects.update(status="delivered")
    deliver("user.deleted.v1", {"user_id": uuid4()})
    assert row(asked).address["name"] == "Ada Lovelace"


def test_an_anonymous_parcel_can_still_be_read_by_staff(asked, deleted, staff):
    Shipment.objects.update(status="delivered")
    deleted()
    shipment_id = row(asked).id
    assert staff().get(f"/admin/shipping/shipping/shipment/{shipment_id}/change/").status_code == 200


def test_the_copy_of_the_data_holds_parcels_of_this_customer_only(asked, deliver, outbox, customer_id):
    deliver("shipment.create.v1", create_message())
    deliver("personal_data.export_requested.v1", {"export_id": uuid4(), "user_id": customer_id})
    document = json.loads(outbox.one("export.contribute.v1")["document"])
    assert [one["order_id"] for one in document["shipments"]] == [asked["order_id"]]
    assert document["shipments"][0]["address"]["name"] == "Ada Lovelace"
