"""Customers see only their own parcels."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from shipping import models
from testkit.project import queries_of
from tests.factories import create_message, make_calls, return_message, row

pytestmark = pytest.mark.django_db

URL = "/api/v1/shipments/"


@pytest.fixture
def order(deliver, courier, customer_id):
    message = create_message(customer_id=str(customer_id))
    deliver("shipment.create.v1", message)
    make_calls()
    return message


@pytest.fixture
def back(deliver, order):
    """Return the shipment of a return of that order."""
    message = return_message(order)
    deliver("return_shipment.create.v1", message)
    make_calls()
    return models.Shipment.objects.get(return_id=message["return_id"])


def test_the_list_shows_ones_own(api, order, back):
    shown = api().get(URL).json()["results"]
    assert [shipment["direction"] for shipment in shown] == ["return", "outbound"]
    assert api(uuid4()).get(URL).json()["results"] == []
    assert api(None).get(URL).status_code == 401


@pytest.mark.parametrize(
    ("wanted", "count"), [("order_id", 1), ("direction=return", 0), ("status=created", 1), ("status=delivered", 0)]
)
def test_the_list_can_be_narrowed(api, order, wanted, count):
    query = f"order_id={order['order_id']}" if wanted == "order_id" else wanted
    assert len(api().get(f"{URL}?{query}").json()["results"]) == count


@pytest.mark.parametrize("query", ["order_id=1", "order_id=%00", "status=gone", "cursor=%FF", "page_size=x"])
def test_a_bad_filter_is_never_our_error(api, order, query):
    assert api().get(f"{URL}?{query}").status_code < 500


def test_the_list_makes_the_same_number_of_statements_for_many(api, order, deliver, customer_id):
    client = api()
    few = queries_of(connection, lambda: client.get(URL))
    for _ in range(5):
        deliver("shipment.create.v1", create_message(customer_id=str(customer_id)))
    assert queries_of(connection, lambda: client.get(URL)) == few


def test_a_shipment_is_shown_with_its_timeline(api, order, courier):
    courier.move(row(order).tracking_number, steps=2)
    courier.tell_all()
    shown = api().get(f"{URL}{row(order).id}/").json()
    assert shown["status"] == "in_transit"
    assert shown["tracking_url"].endswith(shown["tracking_number"])
    assert [event["status"] for event in shown["timeline"]] == ["label_created", "picked_up", "in_transit"]


def test_another_customers_shipment_looks_like_none(api, order):
    others = api(uuid4()).get(f"{URL}{row(order).id}/")
    missing = api().get(f"{URL}{uuid4()}/")
    assert others.status_code == missing.status_code == 404
    assert others.json() == missing.json()


def test_the_sender_of_a_return_prints_its_label(api, back):
    answer = api().get(f"{URL}{back.id}/label/", HTTP_ACCEPT="image/svg+xml")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer.content.startswith(b"<svg")


def test_the_mailed_link_needs_no_sign_in(back):
    answer = Client().get(back.label_url.removeprefix("http://127.0.0.1:8080"))
    assert answer.status_code == 200


def test_the_mailed_link_ends_after_its_time_and_the_sender_still_sees_the_label(api, back, settings):
    settings.RETURN_LABEL_LINK_SECONDS = -1
    link = back.label_url.removeprefix("http://127.0.0.1:8080")
    assert api(None).get(link).status_code == 404
    assert api().get(f"{URL}{back.id}/label/").status_code == 200


def test_the_mailed_link_ends_with_the_return(api, back, courier):
    courier.move(back.tracking_number, steps=9)
    courier.tell_all()
    assert api(None).get(back.label_url.removeprefix("http://127.0.0.1:8080")).status_code == 404
    assert api().get(f"{URL}{back.id}/label/").status_code == 200


@pytest.mark.parametrize("signature", ["", "wrong", ":", "x:y", "é", "%00"])
def test_without_a_right_nobody_sees_a_label(api, back, signature):
    for client in (api(None), api(uuid4())):
        answer = client.get(f"{URL}{back.id}/label/", {"signature": signature})
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


def test_the_link_of_one_label_opens_no_other(api, back):
    signature = back.label_url.partition("signature=")[2]
    assert api(None).get(f"{URL}{uuid4()}/label/?signature={signature}").status_code == 404


def test_labels_of_parcels_to_customers_are_not_shown(api, order):
    assert api().get(f"{URL}{row(order).id}/label/").status_code == 404
