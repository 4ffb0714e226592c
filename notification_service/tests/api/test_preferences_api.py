"""Choices, quiet hours, devices and unsubscription."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client
from tests.factories import a_contact

from notifications.domain.notification_kind import Category
from notifications.models import Contact, Delivery, Device, Preference
from notifications.rendering import UNSUBSCRIBE_SALT, unsubscribe_url

pytestmark = pytest.mark.django_db
URL = "/api/v1/notification-preferences/"
DEVICES = "/api/v1/devices/"
QUIET = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Berlin"}


def choice(answer, category: str, medium: str) -> dict:
    (found,) = [row for row in answer.json()["choices"] if (row["category"], row["medium"]) == (category, medium)]
    return found


def test_without_a_choice_the_defaults_are_shown(api):
    answer = api().get(URL)
    assert choice(answer, "orders", "email") == {
        "category": "orders",
        "medium": "email",
        "enabled": True,
        "changeable": False,
    }
    assert choice(answer, "promotions", "email")["enabled"] is False
    assert answer.json()["quiet_hours"] is None


def test_a_choice_is_kept_and_the_rest_stays(api):
    client = api()
    client.put(URL, {"choices": [{"category": "orders", "medium": "push", "enabled": False}], "quiet_hours": QUIET})
    answer = client.put(URL, {"choices": [{"category": "promotions", "medium": "email", "enabled": True}]})
    assert choice(answer, "orders", "push")["enabled"] is False
    assert choice(answer, "promotions", "email")["enabled"] is True
    assert answer.json()["quiet_hours"] == QUIET
    assert client.put(URL, {"quiet_hours": None}).json()["quiet_hours"] is None
    assert choice(api(uuid4()).get(URL), "orders", "push")["enabled"] is True


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"category": "orders", "medium": "email", "enabled": False}, "preference_not_changeable"),
        ({"category": "promotions", "medium": "sms", "enabled": True}, "preference_unknown"),
    ],
)
def test_an_invalid_choice_changes_nothing(api, row, code):
    good = {"category": "orders", "medium": "push", "enabled": False}
    answer = api().put(URL, {"choices": [good, row]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {"choices": "x"},
        {"choices": [{}]},
        {"choices": [{"category": "orders", "medium": "push", "enabled": "maybe"}]},
        {"choices": [{"category": "orders", "medium": "push", "enabled": True, "more": 1}]},
        {"choices": [{"category": "orders", "medium": "push", "enabled": True}] * 21},
        {"unknown": 1},
        {"quiet_hours": {"start": "22:00", "end": "22:00", "time_zone": "UTC"}},
        {"quiet_hours": {"start": "25:00", "end": "07:00", "time_zone": "UTC"}},
        {"quiet_hours": {**QUIET, "time_zone": "../../etc/passwd"}},
        {"quiet_hours": {**QUIET, "time_zone": "Mars/Base"}},
        {"quiet_hours": {**QUIET, "time_zone": "Europe"}},
        {"quiet_hours": {**QUIET, "time_zone": "\x00"}},
        {"quiet_hours": {**QUIET, "time_zone": "\ud800"}},
        {"quiet_hours": "night"},
    ],
)
def test_bad_input_is_named(api, body):
    answer = api().put(URL, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert not Preference.objects.exists()


def test_a_device_is_registered_once_and_shown_without_its_token(api):
    client, device = api(), {"token": "fcm:token-1234", "platform": "android", "label": "Phone"}
    assert client.post(DEVICES, device).status_code == 201
    again = client.post(DEVICES, device)
    assert again.status_code == 200
    assert client.get(DEVICES).json() == [again.json()]
    assert "token" not in again.json()


def test_a_phone_that_changes_hands_belongs_to_its_new_owner(api, customer_id):
    other = uuid4()
    device = {"token": "fcm:token-1234", "platform": "ios"}
    api(other).post(DEVICES, device)
    api().post(DEVICES, device)
    assert Device.objects.get().user_id == customer_id
    assert api(other).get(DEVICES).json() == []


def test_only_ones_own_device_can_be_removed(api):
    mine = api().post(DEVICES, {"token": "fcm:token-1234", "platform": "web"}).json()["id"]
    assert api(uuid4()).delete(f"{DEVICES}{mine}/").json()["code"] == "not_found"
    assert api().delete(f"{DEVICES}{mine}/").status_code == 204
    assert api().delete(f"{DEVICES}{mine}/").status_code == 404


def test_there_is_an_end_to_devices(api):
    client = api()
    for number in range(20):
        assert client.post(DEVICES, {"token": f"fcm:token-{number:04}", "platform": "web"}).status_code == 201
    assert client.post(DEVICES, {"token": "fcm:token-more", "platform": "web"}).json()["code"] == "too_many_devices"


STRANGE = ["", "short", "with space in it", "x" * 301, "nul\x00nul\x00", 5, None, [], "line\nline12"]


@pytest.mark.parametrize("token", STRANGE)
def test_a_strange_token_is_refused(api, token):
    assert api().post(DEVICES, {"token": token, "platform": "web"}, format="json").status_code == 400
    assert not Device.objects.exists()


@pytest.fixture
def link(customer_id):
    return unsubscribe_url(customer_id, Category.PROMOTIONS).removeprefix("http://127.0.0.1:8080")


def test_opening_the_link_only_asks(link, customer_id):
    page = Client().get(link, headers={"accept": "text/html"})
    assert (page.status_code, "Unsubscribe</button>" in page.content.decode()) == (200, True)
    assert not Preference.objects.exists()


def test_one_click_ends_promotional_mail_even_what_is_waiting(link, customer_id, api, deliver):
    a_contact(customer_id)
    answer = Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "no more offers" in answer.content.decode()
    assert choice(api().get(URL), "promotions", "email")["enabled"] is False
    assert Preference.objects.get().origin == "unsubscribe link"
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("token", ["", "nonsense", signing.dumps([str(uuid4()), "promotions"], salt="other")])
def test_a_forged_link_does_nothing(token):
    url = f"{URL}unsubscribe/"
    for answer in (
        Client().post(url, query_params={"token": token}),
        Client().get(url, {"token": token}, headers={"accept": "application/json"}),
    ):
        assert answer.status_code == 404
    assert not Preference.objects.exists()


def test_a_link_signed_for_something_that_is_always_sent_is_refused(customer_id):
    token = signing.dumps([str(customer_id), "orders"], salt=UNSUBSCRIBE_SALT)
    assert Client().post(f"{URL}unsubscribe/", query_params={"token": token}).status_code == 422
    assert not Preference.objects.exists()


def test_the_time_zone_of_mails_is_kept_and_comes_with_quiet_hours_too(api, customer_id):
    client = api()
    assert client.get(URL).json()["time_zone"] == ""
    assert client.put(URL, {"quiet_hours": QUIET}).json()["time_zone"] == "Europe/Berlin"
    assert client.put(URL, {"time_zone": "Asia/Kolkata"}).json()["time_zone"] == "Asia/Kolkata"
    assert client.put(URL, {"quiet_hours": None}).json()["time_zone"] == "Asia/Kolkata"
    assert Contact.objects.get(user_id=customer_id).time_zone == "Asia/Kolkata"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "/etc", "", 7, None, "x" * 65, "Europe/Ber\x00lin"])
def test_an_invalid_time_zone_is_refused_by_name(api, zone):
    answer = api().put(URL, {"time_zone": zone})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["time_zone"]
